"""Judge one image against another."""

from PIL import Image

from huepress.animation import Animation, read_whole
from huepress.animation.quality import judge_whole
from huepress.contents import MAX_BYTES, contents
from huepress.decode import MAX_PIXELS
from huepress.image import ImageLike, Picture, read
from huepress.quality import Scores


def compare(image_a: ImageLike | Animation, image_b: ImageLike | Animation, *, threads: int | None = None) -> Scores:
    """The scores of `image_b` as a result of compressing `image_a`; both are read as sRGB.

    Of two animations all frames count: MSE, PSNR and mean CIEDE2000 are of all their pixels, SSIM and SSIMULACRA2 the
    lowest frame's, `delta_e_95` the highest's. Beside a still picture the first frame of an animation counts.

    Args:
        image_a: the original, a path, bytes, binary file, Pillow image, `Picture`, or array as in `read`.
        image_b: the result, as the original; its size is that of the scores if it is a file or bytes.
        threads: by default the usable processors; changes no score.

    Raises:
        ReadError: one cannot be read.
        ValueError: their sizes, or numbers of frames, differ.

    """
    return judge_whole(read_compared(image_a), read_compared(image_b), threads=threads)


def read_compared(
    image: ImageLike | Animation, *, name: str | None = None, max_pixels: int = MAX_PIXELS
) -> Picture | Animation:
    """An animation with all its frames; of a document the first page, as `read` does; `name` is for messages."""
    if isinstance(image, Animation):
        return image
    if isinstance(image, Picture | Image.Image) or hasattr(image, "__array__"):
        return read(image, name=name, max_pixels=max_pixels)
    data, name, format = contents(image, name, MAX_BYTES)
    return read_whole(data, name=name, first_frame=format == "TIFF", max_pixels=max_pixels)
