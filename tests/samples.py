"""Small pictures, colour profiles and files that the tests make."""

import io
import struct

import numpy as np
from PIL import Image

from huepress import Histogram
from huepress.formats import png

SRGB_PRIMARIES = ((0.3127, 0.329), (0.64, 0.33), (0.3, 0.6), (0.15, 0.06))  # white, red, green, blue: x, y
P3_PRIMARIES = ((0.3127, 0.329), (0.68, 0.32), (0.265, 0.69), (0.15, 0.06))
D50 = np.array([0.9642, 1.0, 0.8249])


def gradient(width=64, height=48):
    """(H, W, 4) uint8 with every channel varied, alpha from 0 to 255."""
    y, x = np.mgrid[0:height, 0:width]
    channels = (x * 255 // max(width - 1, 1), y * 255 // max(height - 1, 1), (x ^ y) * 3 % 256, (x + y) * 9 % 256)
    return np.dstack(channels).astype(np.uint8)


def saved(image, format, **options):
    """The bytes of a Pillow image or an array in a format."""
    if isinstance(image, np.ndarray):
        image = Image.fromarray(image)
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def png_of(header, packed, *chunks):
    """A PNG file: a header (width, height, depth, colour type, interlaced or not), packed image data, other chunks."""
    whole = [png.chunk(b"IHDR", png.header(*header)), *chunks, png.chunk(b"IDAT", packed), png.chunk(b"IEND")]
    return png.joined(whole)


def decoded(data):
    """(H, W, 4) the pixels of a file, as Pillow reads it."""
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGBA"))


def srgb_encoded(linear):
    """sRGB values 0..1 of linear light (IEC 61966-2-1)."""
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def srgb_decoded(values):
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def to_xyz(primaries):
    """The matrix from linear RGB to XYZ for a white point and primaries."""
    white, *colors = (np.array([x / y, 1, (1 - x - y) / y]) for x, y in primaries)
    matrix = np.stack(colors, axis=1)
    return matrix * np.linalg.solve(matrix, white)


# -- ICC profiles (ICC.1:2010) -------------------------------------------------------------------------------


def fixed(*values):
    return struct.pack(f">{len(values)}i", *(round(float(v) * 65536) for v in values))


def xyz_tag(values):
    return b"XYZ \0\0\0\0" + fixed(*values)


def gamma_tag(gamma):
    return struct.pack(">4s4xIHxx", b"curv", 1, round(gamma * 256))


def profile(space, tags, kind=b"mntr", connection=b"XYZ "):
    """An ICC profile of version 2."""
    description = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"test\0" + b"\0" * 78
    tags = {b"desc": description, b"cprt": b"text\0\0\0\0CC0\0", b"wtpt": xyz_tag(D50), **tags}
    table, body = struct.pack(">I", len(tags)), b""
    start = 132 + 12 * len(tags)
    for name, data in tags.items():
        table += struct.pack(">4sII", name, start + len(body), len(data))
        body += data + b"\0" * (-len(data) % 4)
    head = struct.pack(">I4xI4s4s4s12x4s", start + len(body), 0x02400000, kind, space, connection, b"acsp")
    return (head.ljust(68, b"\0") + fixed(*D50)).ljust(128, b"\0") + table + body


def curve_tag(values):
    """A curve through values in 0..1."""
    return struct.pack(">4s4xI", b"curv", len(values)) + np.rint(np.asarray(values) * 65535).astype(">u2").tobytes()


def rgb_profile(primaries, gamma):
    return rgb_profile_of(primaries, gamma_tag(gamma))


def rgb_profile_of(primaries, curve):
    bradford = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
    matrix = to_xyz(primaries)
    scale = np.diag((bradford @ D50) / (bradford @ matrix.sum(axis=1)))
    adapted = np.linalg.solve(bradford, scale @ bradford) @ matrix
    colorants = {name: xyz_tag(adapted[:, i]) for i, name in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))}
    return profile(b"RGB ", colorants | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve))


def grey_profile(gamma):
    return profile(b"GRAY", {b"kTRC": gamma_tag(gamma)})


def cmyk_profile():
    """Ink without colour: lightness falls in proportion to each of C, M, Y and to K; no hue."""
    nodes = np.stack(np.meshgrid(*[[0, 1]] * 4, indexing="ij"), axis=-1).reshape(-1, 4)
    lightness = (1 - nodes[:, :3].mean(axis=1)) * (1 - nodes[:, 3])
    lab = np.stack([lightness * 255, np.full(16, 128), np.full(16, 128)], axis=1).round().astype(np.uint8)
    ramp = bytes(range(256))
    table = struct.pack(">4s4xBBBx", b"mft1", 4, 3, 2) + fixed(1, 0, 0, 0, 1, 0, 0, 0, 1)
    return profile(b"CMYK", {b"A2B0": table + ramp * 4 + lab.tobytes() + ramp * 3}, b"prtr", b"Lab ")


# -- files ---------------------------------------------------------------------------------------------------


def corpus():
    """One small file of every format and mode that is read, by name."""
    rgba = Image.fromarray(gradient(24, 18))
    rgb, grey = rgba.convert("RGB"), rgba.convert("L")
    modes = {
        "rgba": rgba,
        "rgb": rgb,
        "l": grey,
        "la": rgba.convert("LA"),
        "p": rgb.quantize(20),
        "1": grey.convert("1"),
    }
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "a description"
    files = {}
    for format in ("PNG", "TIFF", "TGA", "WEBP", "GIF", "BMP", "ICO", "JPEG2000", "AVIF", "PCX", "PPM", "JPEG"):
        for mode, image in modes.items():
            options = {"exif": exif} if format in ("PNG", "WEBP", "JPEG", "AVIF") else {}
            try:
                files[f"{format.lower()}-{mode}"] = saved(image, format, **options)
            except (OSError, KeyError, ValueError):
                continue  # no such mode in this format, or no such format in this Pillow
    cmyk = rgb.convert("CMYK")
    grey16 = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    frames = {"save_all": True, "append_images": [rgb.rotate(90), rgb.rotate(180)]}
    files |= {
        "jpeg-cmyk": saved(cmyk, "JPEG"),
        "jpeg-progressive": saved(rgb, "JPEG", progressive=True),
        "jpeg-mpo": saved(rgb, "MPO", **frames),
        "png-16": saved(grey16, "PNG"),
        "png-profile": saved(rgb, "PNG", icc_profile=rgb_profile(P3_PRIMARIES, 2.2), dpi=(300, 300)),
        "png-animated": saved(rgb, "PNG", **frames),
        "gif-animated": saved(rgb, "GIF", **frames),
        "webp-animated": saved(rgb, "WEBP", **frames),
        "webp-lossless": saved(rgba, "WEBP", lossless=True),
        "tga-rle": saved(rgba, "TGA", compression="tga_rle"),
        "tiff-cmyk": saved(cmyk, "TIFF"),
        "tiff-16": saved(grey16, "TIFF"),
        "tiff-float": saved(np.asarray(grey).astype(np.float32) / 255, "TIFF"),
        "tiff-group4": saved(modes["1"], "TIFF", compression="group4"),
    }
    for compression in ("tiff_lzw", "tiff_adobe_deflate", "jpeg", "packbits"):
        files[f"tiff-{compression}"] = saved(rgb, "TIFF", compression=compression)
    return files


def cleared(pixels):
    """What a picture holds of pixels (..., c): under alpha 0, where c is 4, no colour."""
    return pixels if pixels.shape[-1] != 4 else np.where(pixels[..., 3:] == 0, 0, pixels).astype(np.uint8)


def noise(height=40, width=50, channels=3, seed=0, levels=256):
    """(H, W, channels) uint8 of independent levels, but without hidden colours."""
    rng = np.random.default_rng(seed)
    return cleared(rng.integers(0, levels, (height, width, channels)).astype(np.uint8))


def blobs(height=90, width=120, seed=0, alpha=False):
    """A picture like a photograph: smooth colours with noise; with alpha, all three classes of it."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width] / (height, width)[0]
    pixels = np.zeros((height, width, 3))
    for _ in range(7):
        center, color = rng.random(2) * (1, width / height), rng.random(3) * 255
        pixels += np.exp(-((y - center[0]) ** 2 + (x - center[1]) ** 2)[..., None] * 12) * color
    pixels = np.clip(pixels + rng.normal(0, 6, pixels.shape), 0, 255).astype(np.uint8)
    if not alpha:
        return pixels
    ramp = np.clip(np.rint((x / x.max() * 1.6 - 0.3) * 255), 0, 255)
    return cleared(np.dstack([pixels, ramp]).astype(np.uint8))


def window_shot(seed, rare):
    """The histogram of a window: nearly all pixels have near-white shades, which a coarse level merges."""
    random = np.random.default_rng(seed)
    colors = np.vstack([255 - random.integers(0, 16, (40, 3)), random.integers(0, 240, (rare, 3))]).astype(np.uint8)
    counts = np.where(np.arange(len(colors)) < 40, random.integers(2000, 20000, len(colors)), 1)
    return Histogram(colors, counts)
