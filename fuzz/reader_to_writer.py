"""Fuzz the way from bytes of a file to bytes of a result: `python fuzz/reader_to_writer.py [SECONDS]` (needs atheris).

Whatever the input, it is refused with a ReadError of one line, or every format that is written decodes to just the
pixels that the indexed picture says. The corpus is that of the tests (tests/samples.py): one small file of every
format and mode. What fails is written beside this file as crash-*, to be given as an argument: it is run again.
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
    from PIL import Image

    from huepress import ReadError, quantize, read
    from huepress.encode import FORMATS

    Image.init()  # all plug-ins now, so that they are instrumented too

import samples  # noqa: E402


def test_one_input(data: bytes) -> None:
    """The first byte chooses options, the rest is the file."""
    choice, file = (data[0], data[1:]) if data else (0, b"")
    keep = {"keep_profile": bool(choice & 1), "keep_hidden": bool(choice & 2), "keep_metadata": bool(choice & 4)}
    try:
        picture = read(file, max_pixels=300_000, **keep)
    except ReadError as error:
        if not str(error).isprintable():
            raise AssertionError("a sentence must be one printable line") from error
        return
    result = quantize(picture, k=1 + (choice >> 3), effort="fast", threads=1)
    expected = result.to_array()
    for format in FORMATS:
        decoded = decode(result.encode(format))
        if format == "gif":
            check_gif(decoded, expected)
        elif not np.array_equal(decoded[..., : expected.shape[2]], expected):
            raise AssertionError(f"{format} decodes to other pixels")


# ruff: noqa: D103


def decode(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGBA"))


def check_gif(decoded: np.ndarray, expected: np.ndarray) -> None:
    opaque = expected[..., 3] >= 128 if expected.shape[2] == 4 else np.ones(expected.shape[:2], bool)
    if not np.array_equal(decoded[..., 3] == 255, opaque):
        raise AssertionError("gif decodes to other transparency")
    if not np.array_equal(decoded[opaque][:, :3], expected[opaque][:, :3]):
        raise AssertionError("gif decodes to other pixels")


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
