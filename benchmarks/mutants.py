"""Damaged files, made from sound ones: cut, flipped, spliced, with huge numbers; some with their checksums mended.

    python benchmarks/mutants.py OUTPUT [--count 4300] [--seed 0] [FOLDER ...]

Writes OUTPUT/NUMBER-KIND-NAME for `benchmarks/conformance.py OUTPUT`. The sound files are those of the folders, by
default one small file of every format and mode that huepress reads (tests/samples.py).
"""

import argparse
import random
import struct
import sys
import zlib
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent / "tests"
PNG = b"\x89PNG\r\n\x1a\n"
EXTREMES = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
HEAD = 96  # bytes that hold most of the numbers that matter
MOST_BYTES = 300_000


def main():
    options = arguments()
    sources = read_folders(options.folders) if options.folders else corpus()
    options.output.mkdir(parents=True, exist_ok=True)
    names = sorted(sources)
    for number in range(options.count):
        chance = random.Random(f"{options.seed} {number}")
        name = names[number % len(names)]
        kind, data = mutant(sources[name], sources[chance.choice(names)], chance)
        (options.output / f"{number:05}-{kind}-{name}").write_bytes(data)
    print(f"{options.count} files, from {len(names)} sound ones")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    parser.add_argument("folders", nargs="*", type=Path, metavar="FOLDER")
    parser.add_argument("--count", type=int, default=4300)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_intermixed_args()


def corpus():
    sys.path.insert(0, str(TESTS))
    import samples

    return samples.corpus()


def read_folders(folders):
    paths = (path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.name: path.read_bytes() for path in paths if 0 < path.stat().st_size <= MOST_BYTES}


def mutant(data, other, chance):
    """The name of what was done, and the damaged bytes."""
    if data.startswith(PNG) and chance.random() < 0.5:
        return "chunks", mutated_png(data, chance)
    change = chance.choice((cut, flip, flip, overwrite, overwrite, enlarge, drop, repeat, insert, splice))
    return change.__name__, change(data, other, chance)


def cut(data, _, chance):
    return data[: chance.randrange(len(data))]


def flip(data, _, chance):
    changed = bytearray(data)
    for _ in range(2 ** chance.randrange(6)):
        changed[position(data, chance)] ^= 1 << chance.randrange(8)
    return bytes(changed)


def overwrite(data, _, chance):
    changed = bytearray(data)
    for _ in range(2 ** chance.randrange(4)):
        changed[position(data, chance)] = chance.choice((0, 0x7F, 0x80, 0xFF, chance.randrange(256)))
    return bytes(changed)


def enlarge(data, _, chance):
    """An extreme number somewhere, most often where the header is."""
    form = chance.choice(("<H", ">H", "<I", ">I"))
    at = position(data, chance)
    number = chance.choice(EXTREMES) & (0xFFFF if "H" in form else 0xFFFFFFFF)
    return data[:at] + struct.pack(form, number) + data[at + struct.calcsize(form) :]


def drop(data, _, chance):
    at = position(data, chance)
    return data[:at] + data[at + 1 + chance.randrange(64) :]


def repeat(data, _, chance):
    start = position(data, chance)
    return data[:start] + data[start : start + 1 + chance.randrange(256)] * (2 ** chance.randrange(1, 7)) + data[start:]


def insert(data, _, chance):
    at = position(data, chance)
    return data[:at] + chance.randbytes(1 + chance.randrange(64)) + data[at:]


def splice(data, other, chance):
    return data[: position(data, chance)] + other[chance.randrange(len(other)) :]


def position(data, chance):
    return chance.randrange(min(HEAD, len(data)) if chance.random() < 0.5 else len(data))


def mutated_png(data, chance):
    """Damage inside of chunks, behind right checksums, sometimes behind the packing of the pixels too."""
    chunks = list(chunks_of(data))
    for _ in range(1 + chance.randrange(3)):
        index = chance.randrange(len(chunks))
        kind, body = chunks[index]
        if kind == b"IDAT" and chance.random() < 0.5:
            body = repacked(body, chance)
        elif body:
            body = chance.choice((cut, flip, overwrite, enlarge, drop, insert))(body, b"", chance)
        chunks[index] = (kind, body)
        if chance.random() < 0.2:
            chunks.insert(chance.randrange(len(chunks)), chance.choice(chunks))
    return PNG + b"".join(packed(*chunk) for chunk in chunks)


def chunks_of(data):
    at = len(PNG)
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        yield kind, data[at + 8 : at + 8 + length]
        at += 12 + length


def packed(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def repacked(body, chance):
    try:
        rows = zlib.decompress(body)
    except zlib.error:  # one of several IDAT chunks
        return flip(body, b"", chance)
    return zlib.compress(chance.choice((cut, flip, overwrite, insert))(rows, b"", chance))


if __name__ == "__main__":
    main()
