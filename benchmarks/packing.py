"""The bytes and the time of packed rows, beside libdeflate, zlib and zopfli.

    python benchmarks/packing.py PICTURE... [--quality 75]

The rows are those of `huepress -k 32` and `huepress -q`, as their files hold them. Each packer takes the same rows,
on one core; times are of the processor, the least of two.
"""

import contextlib
import math
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import deflate
import numpy as np

import huepress
from huepress.formats import png
from huepress.formats.packing import BEST_LEVEL, FAST_LEVEL, packed
from published import markdown, parser_of, publish

ABOUT = """
The same rows of pixels as zlib streams, each packer on one core. Bytes are those beyond libdeflate's level 12, in the
geometric mean; negative: smaller. "Quick": as without a target. Time is that of the processor for a byte of rows, the
least of two.
"""
HEAD = ("picture", "rows of", "bytes of rows", "libdeflate 12")
MEAN = "mean (of bytes: geometric)"


def packed_by_zopfli(rows: bytes) -> bytes:
    """By the extra `bench`, which `--help` can do without."""
    import zopfli.zlib

    stream: bytes = zopfli.zlib.compress(rows, numiterations=15)
    return stream


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "huepress": lambda rows: bytes(packed(np.frombuffer(rows, np.uint8), BEST_LEVEL, 1)),
    "huepress, quick": lambda rows: bytes(packed(np.frombuffer(rows, np.uint8), FAST_LEVEL, 1)),
    "libdeflate 10": lambda rows: bytes(deflate.zlib_compress(rows, 10)),
    "libdeflate 12": lambda rows: bytes(deflate.zlib_compress(rows, 12)),
    "zlib 9": lambda rows: zlib.compress(rows, 9),
    "zopfli, 15 iterations": packed_by_zopfli,
}
BASE = "libdeflate 12"


def rows_of(file: bytes) -> bytes:
    """The rows of a PNG, unpacked."""
    return zlib.decompress(b"".join(body for kind, body in png.chunks_of(file) if kind == b"IDAT"))


def measured(pack: Callable[[bytes], bytes], rows: bytes) -> tuple[int, float]:
    """Bytes, and nanoseconds of the processor for a byte of rows."""
    seconds = []
    for _ in range(2):
        start = time.process_time()
        stream = pack(rows)
        seconds.append(time.process_time() - start)
    if zlib.decompress(stream) != rows:
        sys.exit("a stream unpacks to something else")
    return len(stream), min(seconds) * 1e9 / len(rows)


def row(name: str, kind: str, rows: bytes) -> tuple[list[object], dict[str, tuple[float, float]]]:
    """A line of the table, and for each packer its bytes beside the base's and its time."""
    found = {packer: measured(pack, rows) for packer, pack in PACKERS.items()}
    base = found[BASE][0]
    beside = {packer: (size / base, time) for packer, (size, time) in found.items()}
    shares = [f"{100 * (beside[packer][0] - 1):+.1f} %" for packer in PACKERS if packer != BASE]
    print(name, kind, *shares, file=sys.stderr)
    return [name, kind, f"{len(rows):,}", f"{base:,}", *shares], beside


def table(paths: list[Path], quality: int) -> str:
    """A line for each picture and kind of file, and the means."""
    lines, all_found = [], []
    for path in paths:
        files = {"-k 32": huepress.quantize(path, k=32).encode("png")}
        with contextlib.suppress(huepress.TargetError):
            files[f"-q {quality}"] = huepress.compress(path, quality=quality).data
        for kind, file in files.items():
            line, found = row(path.stem, kind, rows_of(file))
            lines.append(line)
            all_found.append(found)
    means = {p: math.exp(sum(math.log(found[p][0]) for found in all_found) / len(all_found)) for p in PACKERS}
    times = {p: sum(found[p][1] for found in all_found) / len(all_found) for p in PACKERS}
    others = [p for p in PACKERS if p != BASE]
    lines.append([MEAN, "", "", "", *(f"{100 * (means[p] - 1):+.1f} %" for p in others)])
    lines.append(["mean ns a byte", "", "", f"{times[BASE]:.0f}", *(f"{times[p]:.0f}" for p in others)])
    return markdown((*HEAD, *others), lines)


def main() -> None:
    """Print the table; with --write, publish it."""
    parser = parser_of(__doc__)
    parser.add_argument("pictures", type=Path, nargs="+", metavar="PICTURE")
    parser.add_argument("--quality", type=int, default=75)
    options = parser.parse_args()
    publish("The bytes of packed rows", ABOUT, table(options.pictures, options.quality), options.write)


if __name__ == "__main__":
    main()
