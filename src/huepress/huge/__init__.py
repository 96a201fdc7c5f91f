"""Huge pictures, beyond memory: TIFF, BigTIFF and Zarr, chunk by chunk, in two passes.

The first pass counts the colours, the second maps the pixels; each chunk is read once a pass. As histograms add and
mapping looks at one pixel at a time, the indices are those of `quantize` on the whole picture.
"""

from huepress.huge.picture import HugePicture, open_huge
from huepress.huge.press import Pressed, count, press

__all__ = ["HugePicture", "Pressed", "count", "open_huge", "press"]
