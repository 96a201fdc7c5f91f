"""Animations that the tests make, and what Pillow says of files."""

import io
import struct

import numpy as np
from PIL import Image, ImageDraw, ImageSequence

from samples import blobs, saved

DURATIONS = (40, 70, 100, 130, 160, 190, 220, 250)


def sprite(frames=6, size=(48, 32), background=(0, 0, 0, 0)):
    """A disc that moves past a square; (H, W, 4) arrays."""
    shown = []
    for number in range(frames):
        image = Image.new("RGBA", size, background)
        draw = ImageDraw.Draw(image)
        draw.ellipse((2 + 5 * number, 4, 16 + 5 * number, 18), fill=(200, 40 * number % 256, 40, 255))
        draw.rectangle((30, 20, 40, 30), fill=(0, 200, 0, 255))
        shown.append(np.asarray(image))
    return shown


def film(frames=5, width=64, height=48, alpha=False):
    """A part of a still picture like a photograph moves; more colours than 256; (H, W, 4) arrays."""
    still, large = blobs(height, width, seed=1), blobs(2 * height, 2 * width, seed=2)
    shown = []
    for number in range(frames):
        frame = np.dstack([still, np.full((height, width), 255, np.uint8)])
        y, x = 4 + 2 * number, 6 + 3 * number
        frame[y : y + 20, x : x + 24, :3] = large[2 * y : 2 * y + 20, x : x + 24]
        if alpha:
            frame[:, : 4 + 2 * number] = 0
        shown.append(frame)
    return shown


def saved_frames(frames, format, durations=DURATIONS, loop=3, **options):
    """A file by Pillow."""
    first, *others = map(Image.fromarray, frames)
    lossless = {"lossless": True, "exact": True} if format == "WEBP" else {}
    options |= {"save_all": True, "append_images": others, "duration": list(durations[: len(frames)]), "loop": loop}
    return saved(first, format, **lossless, **options)


def decoded_frames(data):
    """The frames as Pillow composites them, (H, W, 4) with no colour under transparency, durations and loop."""
    with Image.open(io.BytesIO(data)) as image:
        found = [(clean(np.asarray(frame.convert("RGBA"))), frame.info.get("duration", 0)) for frame in
                 ImageSequence.Iterator(image)]  # fmt: skip
        loop = image.info.get("loop")
    frames, durations = zip(*found, strict=True)
    return list(frames), list(durations), loop


def clean(pixels):
    """(H, W, 4) with no colour under transparency."""
    if pixels.shape[2] == 3:
        pixels = np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
    return pixels * (pixels[..., 3:] > 0)


def same_frames(result, expected):
    """Whether two lists of frames are equal where they are seen."""
    result, expected = list(map(clean, result)), list(map(clean, expected))
    return len(result) == len(expected) and all(map(np.array_equal, result, expected))


def gif_file(size, frames, *, loops=None, trailer=b";"):
    """A GIF written by hand: frames are (left, top, indices, disposal, delay, transparent); 4 colours, not packed.

    Codes of 3 bits with a clear code before each pair of pixels never grow.
    """
    table = bytes((255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255))
    parts = [b"GIF89a", struct.pack("<HHBBB", *size, 0xF1, 1, 0), table]
    if loops is not None:
        parts.append(b"!\xff\x0bNETSCAPE2.0\3\1" + struct.pack("<H", loops) + b"\0")
    for left, top, indices, disposal, delay, transparent in frames:
        indices = np.asarray(indices, np.uint8)
        seen = transparent is not None
        parts.append(struct.pack("<3BBHBB", 0x21, 0xF9, 4, disposal << 2 | seen, delay, transparent or 0, 0))
        parts.append(struct.pack("<BHHHHB", 0x2C, left, top, indices.shape[1], indices.shape[0], 0) + b"\2")
        parts += [bytes([len(block)]) + block for block in _blocks(indices)] + [b"\0"]
    return b"".join((*parts, trailer))


def _blocks(indices):
    codes = []
    for pixel in indices.reshape(-1).tolist():
        codes += [4, pixel]
    number = sum(code << 3 * place for place, code in enumerate([*codes, 5]))
    packed = number.to_bytes(-(-3 * (len(codes) + 1) // 8), "little")
    return [packed[start : start + 255] for start in range(0, len(packed), 255)]
