"""Fuzz the way from bytes of a file to bytes of a result: `python fuzz/reader_to_writer.py [SECONDS]` (needs atheris).

Whatever the input, it is refused with a ReadError of one line, or every format that is written decodes to just the
pixels that the result says, frame by frame if it is an animation. The corpus is that of the tests (tests/samples.py):
one small file of every format and mode. What fails is written beside this file as crash-*, to be given as an
argument: it is run again.
"""

import io
import sys
import tempfile
import warnings
from pathlib import Path

import atheris

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests"))

with atheris.instrument_imports(include=["huepress", "PIL"]):
    import numpy as np
    from PIL import Image, ImageSequence

    from huepress import Animation, IndexedAnimation, IndexedPicture, Picture, ReadError, quantize, read_whole
    from huepress.formats.names import FORMATS

    Image.init()  # all plug-ins now, so that they are instrumented too

import samples  # noqa: E402
from animations import same_frames  # noqa: E402

MOST_SIDE_OF_WEBP = 16383


def test_one_input(data: bytes) -> None:
    """The first byte chooses options, the rest is the file."""
    choice, file = (data[0], data[1:]) if data else (0, b"")
    keep = {"keep_profile": bool(choice & 1), "keep_hidden": bool(choice & 2), "keep_metadata": bool(choice & 4)}
    try:
        still = keep["keep_hidden"]  # of animations that is refused
        check(read_whole(file, first_frame=still, max_pixels=300_000, **keep), k=1 + (choice >> 3))
    except ReadError as error:
        if not str(error).isprintable():
            raise AssertionError("a sentence must be one printable line") from error


def check(picture: Picture | Animation, *, k: int) -> None:
    if isinstance(picture, Animation) and len(picture) * picture.width * picture.height > 1_000_000:
        return
    result = quantize(picture, k=k, effort="fast", threads=1)
    moves = isinstance(picture, Animation)
    expected = list(result.frames()) if moves else [result.to_array()]
    for format in FORMATS:
        if format == "webp" and max(picture.width, picture.height) > MOST_SIDE_OF_WEBP:
            refused(result, format)
            continue
        found = decode(result.encode(format))
        wanted = [opaque_or_clear(frame) for frame in expected] if format == "gif" else expected
        if not same_frames(found, wanted) or not (moves or format == "gif" or same_hidden(found[0], expected[0])):
            raise AssertionError(f"{format} decodes to other pixels")


def refused(result: IndexedPicture | IndexedAnimation, format: str) -> None:
    try:
        result.encode(format)
    except ValueError:
        return
    raise AssertionError(f"{format} holds no such side")


def decode(data: bytes) -> list[np.ndarray]:
    with Image.open(io.BytesIO(data)) as image:
        return [np.asarray(frame.convert("RGBA")) for frame in ImageSequence.Iterator(image)]


def opaque_or_clear(frame: np.ndarray) -> np.ndarray:
    """What a GIF can hold of a frame."""
    if frame.shape[2] == 3:
        return frame
    return np.where(frame[..., 3:] >= 128, frame | np.array([0, 0, 0, 255], np.uint8), 0).astype(np.uint8)


def same_hidden(found: np.ndarray, expected: np.ndarray) -> bool:
    return np.array_equal(found[..., : expected.shape[2]], expected)


def write_corpus(folder: Path) -> None:
    for number, (name, data) in enumerate(sorted(samples.corpus().items())):
        (folder / name).write_bytes(bytes([number * 37 % 256]) + data)


def main() -> None:
    warnings.simplefilter("ignore")
    given = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        write_corpus(Path(folder))
        files = [argument for argument in given if Path(argument).exists()]
        seconds = next((argument for argument in given if argument.isdigit()), "600")
        options = [f"-max_total_time={seconds}", "-timeout=20", "-rss_limit_mb=3000", f"-artifact_prefix={HERE}/"]
        atheris.Setup([sys.argv[0], *options, *(files or [folder])], test_one_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
