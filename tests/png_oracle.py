"""A PNG decoder for tests, from the specification alone: exact samples, slow, no checks."""

import struct
import zlib

import numpy as np

SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def chunks(data):
    position = 8
    while position < len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        yield kind, data[position + 8 : position + 8 + length]
        position += 12 + length


def decode(data):
    """(H, W, 4) RGBA as fractions of the full range, float64: no gamma, no profile."""
    found = list(chunks(data))
    parts = dict(reversed(found))
    width, height, depth, kind, _, _, interlaced = struct.unpack(">IIBBBBB", parts[b"IHDR"])
    raw = zlib.decompress(b"".join(body for name, body in found if name == b"IDAT"))
    samples = np.zeros((height, width, SAMPLES[kind]), np.int64)
    position = 0
    for x, y, dx, dy in ADAM7 if interlaced else ((0, 0, 1, 1),):
        w, h = len(range(x, width, dx)), len(range(y, height, dy))
        if w and h:
            rows, position = _unfiltered(raw, position, w, h, depth, SAMPLES[kind])
            samples[y::dy, x::dx] = rows
    return _rgba(samples, kind, depth, parts)


def _unfiltered(raw, position, width, height, depth, channels):
    row_bytes = (width * channels * depth + 7) // 8
    step = max(1, channels * depth // 8)
    above = [0] * row_bytes
    rows = []
    for _ in range(height):
        method, row = raw[position], list(raw[position + 1 : position + 1 + row_bytes])
        position += 1 + row_bytes
        for i in range(row_bytes):
            left = row[i - step] if i >= step else 0
            corner = above[i - step] if i >= step else 0
            row[i] = (row[i] + _predicted(method, left, above[i], corner)) & 255
        rows.append(row)
        above = row
    bits = np.unpackbits(np.array(rows, np.uint8), axis=1)[:, : width * channels * depth]
    weights = 1 << np.arange(depth)[::-1]
    return (bits.reshape(height, width, channels, depth) * weights).sum(axis=-1), position


def _predicted(method, left, above, corner):
    if method < 4:
        return (0, left, above, (left + above) // 2)[method]
    guess = left + above - corner
    return min((left, above, corner), key=lambda value: abs(guess - value))


def _rgba(samples, kind, depth, parts):
    full = (1 << depth) - 1
    if kind == 3:
        palette = np.zeros((256, 4))
        palette[:, 3] = 1
        colors = np.frombuffer(parts[b"PLTE"], np.uint8).reshape(-1, 3)
        palette[: len(colors), :3] = colors / 255
        alpha = np.frombuffer(parts.get(b"tRNS", b""), np.uint8)
        palette[: len(alpha), 3] = alpha / 255
        return palette[samples[..., 0]]
    rgba = np.ones((*samples.shape[:2], 4))
    colors = samples[..., :3] if kind in (2, 6) else samples[..., :1]
    rgba[..., :3] = colors / full
    if kind in (4, 6):
        rgba[..., 3] = samples[..., -1] / full
    elif b"tRNS" in parts:
        key = np.frombuffer(parts[b"tRNS"], ">u2")
        rgba[..., 3] = (samples != key).any(axis=-1)
    return rgba
