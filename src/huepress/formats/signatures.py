"""Signatures: what kind of file bytes are, told from their beginning, and what is said of kinds that are not read."""

from typing import Final

from huepress.errors import ReadError

HEAD: Final = 4096  # bytes that identify a format
_SIGNATURES: Final = (  # with the formats in Pillow's words
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    *((magic, "GIF") for magic in (b"GIF87a", b"GIF89a")),
    (b"BM", "BMP"),
    *((magic, "TIFF") for magic in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")),
    (b"\0\0\1\0", "ICO"),
    *((magic, "JPEG2000") for magic in (b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP  \r\n\x87\n")),
    (b"qoif", "QOI"),
    *((magic, "PPM") for magic in (b"P1", b"P2", b"P3", b"P4", b"P5", b"P6", b"Pf")),
    *((magic, "PCX") for magic in (b"\n\0", b"\n\2", b"\n\3", b"\n\5")),
)
_READABLE: Final = "PNG, JPEG, WebP, GIF, TIFF, BMP, AVIF, JPEG 2000, PPM, ICO, TGA, PCX and QOI"

_AVIF_BRANDS: Final = {b"avif", b"avis"}
_HEIC_BRANDS: Final = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}

# Known files that are no picture for us, and what to do.
_REFUSED: Final = (
    (b"%PDF", "a PDF document: convert its page to PNG first"),
    (b"%!PS", "a PostScript drawing: convert it to PNG first"),
    (b"8BPS", "a Photoshop document: export it as PNG first"),
    (b"\x1f\x8b", "packed by gzip, as an SVGZ drawing is: unpack it, and render a drawing to PNG first"),
    (b"gimp xcf", "a GIMP document: export it as PNG first"),
    (b"\xff\x0a", "a JPEG XL picture: convert it to PNG first, for example with djxl"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL picture: convert it to PNG first, for example with djxl"),
)


def format_of(head: bytes, name: str) -> str:
    """The format of a file, by its first bytes, in Pillow's words; ReadError with what else it is."""
    for magic, format in _SIGNATURES:
        if head.startswith(magic):
            return format
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if _brands(head) & _AVIF_BRANDS:
        return "AVIF"
    if _may_be_tga(head):
        return "TGA"
    raise ReadError(f"{name}: {what_it_is(head)}")


def _brands(head: bytes) -> set[bytes]:
    """The brands of an ISO base media file (HEIC, AVIF, MP4)."""
    if head[4:8] != b"ftyp":
        return set()
    return {head[i : i + 4] for i in range(8, min(int.from_bytes(head[:4], "big"), 256), 4)}


def _may_be_tga(head: bytes) -> bool:
    """TGA has no signature: its name or its end must agree too."""
    return len(head) >= 18 and head[1] < 2 and head[2] in (1, 2, 3, 9, 10, 11) and head[16] in (1, 8, 15, 16, 24, 32)


def what_it_is(data: bytes) -> str:
    """What is said of bytes that are no picture for us."""
    if _brands(data) & _HEIC_BRANDS:
        return "is a HEIC picture: convert it to JPEG or PNG first, for example with heif-convert"
    for magic, what in _REFUSED:
        if data.startswith(magic):
            return f"is {what}"
    if b"<svg" in data[:HEAD].lower():
        return "is an SVG drawing: render it to PNG first, for example with rsvg-convert"
    return f"is no picture that huepress reads ({_READABLE})"
