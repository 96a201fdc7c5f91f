"""The frames of a GIF or an animated PNG as browsers show them, without huepress: for `conformance.py`.

Pillow decodes the pieces; they are put together here, as Pillow's own compositing differs from that of browsers where
no frame has drawn yet, and with some disposals.
"""

import io
import struct
import zlib

import numpy as np
from PIL import Image

from mutants import PNG, chunks_of

KEEP, CLEAR, RESTORE = range(3)


def composited(size, pieces):
    """(H, W, 4) of each piece: (left, top, (h, w, 4) pixels, whether drawn over what is there, disposal)."""
    width, height = size
    canvas = np.zeros((height, width, 4), np.uint8)
    shown = []
    for left, top, pixels, over, disposal in pieces:
        place = canvas[top : top + pixels.shape[0], left : left + pixels.shape[1]]
        before = place.copy()
        pixels = pixels[: place.shape[0], : place.shape[1]]
        place[:] = blended(place, pixels) if over else pixels
        shown.append(canvas.copy())
        if disposal != KEEP:
            place[:] = before if disposal == RESTORE else 0
    return shown


def blended(below, above):
    """`above` over `below`, not premultiplied."""
    low, high = below.astype(float), above.astype(float)
    share = high[..., 3:] / 255
    alpha = share + low[..., 3:] / 255 * (1 - share)
    color = high[..., :3] * share + low[..., :3] * low[..., 3:] / 255 * (1 - share)
    color = np.divide(color, alpha, out=np.zeros_like(color), where=alpha > 0)
    return np.rint(np.concatenate([color, 255 * alpha], axis=2)).astype(np.uint8)


# -- animated PNG (PNG, third edition) ---------------------------------------------------------------------------------


def frames_of_png(data):
    """Of an animated PNG; None if it is a still picture."""
    chunks = [chunk for chunk in chunks_of(data) if chunk[0] != b"IEND"]
    kinds = [kind for kind, _ in chunks]
    if b"acTL" not in kinds or kinds.index(b"acTL") > kinds.index(b"IDAT") or b"fcTL" not in kinds:
        return None
    header = chunks[0][1]
    shared = [chunk for chunk in chunks[1 : kinds.index(b"IDAT")] if chunk[0] in (b"PLTE", b"tRNS")]
    count = struct.unpack(">I", chunks[kinds.index(b"acTL")][1][:4])[0]
    if not 0 < count < 1 << 31:
        return None
    pieces = []
    for kind, body in chunks:
        if kind == b"fcTL":
            pieces.append((body, []))
        elif pieces and kind in (b"IDAT", b"fdAT"):
            pieces[-1][1].append(body if kind == b"IDAT" else body[4:])
    return composited(struct.unpack(">II", header[:8]), [piece_of_png(header, shared, *p) for p in pieces[:count]])


def piece_of_png(header, shared, control, parts):
    _, width, height, left, top, _, _, disposal, blend = struct.unpack(">IIIIIHHBB", control)
    chunks = [(b"IHDR", struct.pack(">II", width, height) + header[8:]), *shared, (b"IDAT", b"".join(parts))]
    return left, top, pixels_of(PNG + b"".join(packed(*chunk) for chunk in (*chunks, (b"IEND", b"")))), blend, disposal


def packed(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def pixels_of(data):
    with Image.open(io.BytesIO(data)) as image:
        if image.mode in ("I;16", "I"):
            key, values = image.info.get("transparency"), np.asarray(image).astype(float)
            grey = Image.fromarray(np.floor(values * 255 / 65535 + 0.5).astype(np.uint8))
            if key is not None:
                grey.putalpha(Image.fromarray(np.where(values == key, 0, 255).astype(np.uint8)))
            image = grey
        return np.asarray(image.convert("RGBA"))


# -- GIF (GIF89a, as browsers take it) ---------------------------------------------------------------------------------


def frames_of_gif(data):
    """Of a GIF with two frames or more; None of others."""
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    at = 13 + table_size(flags)
    table, control, pieces = data[13:at], b"\0\0\0\0", []
    while at < len(data):
        kind, at = data[at], at + 1
        if kind == 0x21:
            end = end_of_blocks(data, at + 1)
            if end and data[at] == 0xF9 and data[at + 1] == 4:
                control = data[at + 2 : at + 6]
            at = end or len(data)
        elif kind == 0x2C:
            left, top, w, h, flags = struct.unpack_from("<HHHHB", data, at)
            start = at + 9 + table_size(flags)
            own, at = data[at + 9 : start] or table, end_of_blocks(data, start + 1)
            pieces.append((left, top, w, h, flags & 0x40, own, control, data[start:at]))
            control = b"\0\0\0\0"
        elif kind:
            break
    if len(pieces) < 2:
        return None
    left, top, w, h = pieces[0][:4]
    return composited((max(width, left + w), max(height, top + h)), [piece_of_gif(*piece) for piece in pieces])


def table_size(flags):
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def end_of_blocks(data, at):
    """Where the empty block ends; None if the file ends before."""
    while at < len(data):
        size = data[at]
        at += 1 + size
        if not size:
            return at
    return None


def piece_of_gif(left, top, width, height, interlaced, table, control, codes):
    flags, _, transparent = struct.unpack("<BHB", control)
    disposal = {2: CLEAR, 3: RESTORE, 4: RESTORE}.get(flags >> 2 & 7, KEEP)
    if not width or not height:
        return left, top, np.zeros((0, 0, 4), np.uint8), True, disposal
    table = table.ljust(768, b"\0")
    screen = b"GIF89a" + struct.pack("<HHBBB", width, height, 0xF7, 0, 0) + table
    seen = b"!\xf9\4" + struct.pack("<BHB", flags & 1, 0, transparent) + b"\0"
    frame = b"," + struct.pack("<HHHHB", 0, 0, width, height, interlaced) + codes + b";"
    return left, top, pixels_of(screen + seen + frame), True, disposal
