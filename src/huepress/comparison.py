"""Judge one image against another."""

from huepress.image import ImageLike, read
from huepress.quality import Scores, judge


def compare(image_a: ImageLike, image_b: ImageLike, *, threads: int | None = None) -> Scores:
    """The scores of `image_b` as a result of compressing `image_a`; both are read as sRGB.

    `bytes` is the size of `image_b` if that is a file or bytes. Raises ReadError if one cannot be read and
    ValueError if their sizes differ.
    """
    original, result = read(image_a), read(image_b)
    return judge(original.pixels, result.pixels, bytes=result.source_bytes, threads=threads)
