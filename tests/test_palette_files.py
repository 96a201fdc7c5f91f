import contextlib
import io
import json
import re
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from PIL import Image
from PIL.GimpPaletteFile import GimpPaletteFile

from huepress.errors import OverwriteError, ReadError, WriteError
from huepress.palette import Palette
from huepress.palette_files import FORMATS, alpha_lost, dump_palette, load_palette
from samples import saved
from test_palette import palettes

RED, WHITE = (0xD4, 0, 0), (255, 255, 255)
TWO = Palette([RED, WHITE])
CLEAR = Palette([(*RED, 255), (0, 0, 0, 0), (1, 2, 3, 128)])
READABLE = [suffix for suffix, kind in FORMATS.items() if kind.load]

# Every byte written by hand from the formats' descriptions.
BYTES = {
    ".hex": b"d40000\nffffff\n",
    ".gpl": b"GIMP Palette\nName: two\nColumns: 2\n#\n212   0   0\t#d40000\n255 255 255\t#ffffff\n",
    ".pal": b"JASC-PAL\r\n0100\r\n2\r\n212 0 0\r\n255 255 255\r\n",
    ".act": b"\xd4\0\0\xff\xff\xff" + bytes(762) + b"\0\x02\xff\xff",
    ".json": b'{\n "colors": [\n  "#d40000",\n  "#ffffff"\n ]\n}\n',
    ".css": b":root {\n  --color-1: #d40000;\n  --color-2: #ffffff;\n}\n",
    ".ase": b"ASEF\0\1\0\0\0\0\0\2"
    + b"\0\1\0\0\0\x24\0\x08\0#\0d\0004\0000\0000\0000\0000\0\0RGB \x3f\x54\xd4\xd5\0\0\0\0\0\0\0\0\0\2"
    + b"\0\1\0\0\0\x24\0\x08\0#\0f\0f\0f\0f\0f\0f\0\0RGB \x3f\x80\0\0\x3f\x80\0\0\x3f\x80\0\0\0\2",
}

CLEAR_BYTES = {
    ".hex": b"d40000\n00000000\n01020380\n",
    ".gpl": b"GIMP Palette\nName: two\nColumns: 3\nChannels: RGBA\n#\n"
    b"212   0   0 255\t#d40000\n  0   0   0   0\t#00000000\n  1   2   3 128\t#01020380\n",
    ".pal": b"JASC-PAL\r\n0100\r\n3\r\n212 0 0\r\n0 0 0\r\n1 2 3\r\n",
    ".act": b"\xd4\0\0\0\0\0\1\2\3" + bytes(759) + b"\0\x03\0\1",
    ".css": b":root {\n  --color-1: #d40000;\n  --color-2: #00000000;\n  --color-3: #01020380;\n}\n",
}


def png_chunks(data):
    """The chunks of a PNG, their checksums checked, by a reader that owes nothing to Pillow."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, position = {}, 8
    while position < len(data):
        (size,), name = struct.unpack_from(">I", data, position), data[position + 4 : position + 8]
        body = data[position + 8 : position + 8 + size]
        assert struct.unpack_from(">I", data, position + 8 + size)[0] == zlib.crc32(name + body)
        chunks[name], position = body, position + 12 + size
    return chunks


def png(mode, pixels, **options):
    image = Image.fromarray(np.array(pixels, np.uint8))
    return saved(image if mode is None else image.convert(mode), "PNG", **options)


def deep_png(levels):
    """A grey PNG of 16 bits a pixel."""
    return saved(np.array(levels, np.uint16), "PNG")


@pytest.mark.parametrize(
    ("palette", "suffix", "data"),
    [(TWO, suffix, data) for suffix, data in BYTES.items()]
    + [(CLEAR, suffix, data) for suffix, data in CLEAR_BYTES.items()],
)
def test_bytes_are_those_of_the_format(palette, suffix, data, tmp_path):
    path = tmp_path / f"two{suffix.upper()}"
    palette.save(path)
    assert path.read_bytes() == data


@pytest.mark.parametrize("suffix", READABLE)
@given(palette=palettes)
def test_what_is_written_is_read_back(suffix, palette, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / f"round{suffix}"
    path.write_bytes(dump_palette(palette, suffix))
    read = load_palette(path)
    assert read.colors[:, :3].tolist() == palette.rgba[:, :3].tolist()
    if not alpha_lost(palette, suffix):
        assert read.rgba.tolist() == palette.rgba.tolist()
    assert read.counts.tolist() == (palette.counts.tolist() if suffix == ".json" else [0] * len(palette))


@given(palette=palettes)
def test_pillow_reads_the_gimp_palette(palette):
    reader = GimpPaletteFile.frombytes(dump_palette(palette, ".gpl"))
    assert reader.getpalette() == (palette.rgba[:, :3].tobytes(), "RGB")


@given(palette=palettes)
def test_png_strip_holds_the_palette_and_shows_it(palette):
    data = dump_palette(palette, ".png")
    chunks = png_chunks(data)
    assert chunks[b"PLTE"] == palette.rgba[:, :3].tobytes()
    assert chunks.get(b"tRNS", b"").ljust(len(palette), b"\xff") == palette.rgba[:, 3].tobytes()
    picture = np.asarray(Image.open(io.BytesIO(data)).convert("RGBA"))
    assert picture.shape == (16, 16 * len(palette), 4)
    assert (picture == palette.rgba.repeat(16, axis=0)).all()


@given(palette=palettes)
def test_swatch_exchange_is_decoded_by_its_description(palette):
    data = io.BytesIO(dump_palette(palette, ".ase"))
    assert data.read(8) == b"ASEF\0\1\0\0"
    (blocks,) = struct.unpack(">I", data.read(4))
    colors = []
    for _ in range(blocks):
        kind, size = struct.unpack(">HI", data.read(6))
        block = data.read(size)
        (length,) = struct.unpack_from(">H", block)
        name = block[2 : 2 + 2 * length].decode("utf-16-be")
        assert (kind, name[0], name[-1], block[2 + 2 * length :][:4]) == (1, "#", "\0", b"RGB ")
        *values, style = struct.unpack(">fffH", block[6 + 2 * length :])
        colors.append([round(value * 255) for value in values])
        assert style == 2
    assert (colors, data.read()) == (palette.rgba[:, :3].tolist(), b"")


def test_colour_table_of_256_opaque_colours_has_no_appendix():
    colors = np.arange(768, dtype=np.uint16).astype(np.uint8).reshape(-1, 3)
    assert dump_palette(Palette(colors), ".act") == colors.tobytes()


def test_counts_are_kept_in_json(tmp_path):
    Palette([RED, WHITE], [7, 3]).save(tmp_path / "a.json")
    assert json.loads((tmp_path / "a.json").read_text()) == {
        "colors": ["#d40000", "#ffffff"],
        "counts": [7, 3],
    }


@pytest.mark.parametrize(
    ("name", "data", "colors"),
    [
        ("lospec.hex", b"\xef\xbb\xbfD40000\r\n\r\n#ffffff", [RED, WHITE]),
        ("bare.gpl", b"GIMP Palette\n212 0 0 7 of hearts\n255\t255 255 white 7", [RED, WHITE]),
        ("latin1.gpl", b"GIMP Palette\nName: caf\xe9\nColumns: 0\n#x\n# y\n  212 0 0\tcaf\xe9 noir\n", [RED]),
        (
            "aseprite.gpl",
            b"GIMP Palette\nChannels: RGBA\n#\n  0   0   0   0 Transparent\n212  0  0 255 Red\n",
            [(0, 0, 0, 0), (*RED, 255)],
        ),
        ("unix.pal", b"JASC-PAL\n0100\n1\n212 0 0\n", [RED]),
        ("alpha.pal", b"JASC-PAL\n0100\n2\n212 0 0 128\n255 255 255 255\n", [(*RED, 128), (*WHITE, 255)]),
        ("full.act", bytes(RED) * 256, [RED] * 256),
        ("part.act", bytes(RED) * 256 + b"\0\2\0\1", [(*RED, 255), (0, 0, 0, 0)]),
        ("none.act", bytes(RED) * 256 + b"\0\1\0\7", [RED]),
        ("lospec.json", b'{"name":"x","author":"","colors":["d40000","ffffff"]}', [RED, WHITE]),
        ("numbers.json", b'{"colors":[[212,0,0,255],"#ffffff80"]}', [(*RED, 255), (*WHITE, 128)]),
        ("strip.png", png(None, [[WHITE] * 8 + [RED] * 8] * 8), [WHITE, RED]),
        ("clear.png", png(None, [[(*WHITE, 0), (*RED, 255)]]), [(0, 0, 0, 0), (*RED, 255)]),
        ("grey.png", png("L", [[WHITE, WHITE, (9, 9, 9)]]), [WHITE, (9, 9, 9)]),
        ("deep.png", deep_png([[0, 65535, 32768]]), [(0, 0, 0), WHITE, (128, 128, 128)]),
        ("one.png", png("1", [[WHITE, (0, 0, 0)]]), [WHITE, (0, 0, 0)]),
    ],
)
def test_files_of_other_programs_are_read(name, data, colors, tmp_path):
    (tmp_path / name).write_bytes(data)
    assert load_palette(tmp_path / name).colors.tolist() == [list(color) for color in colors]


@pytest.mark.parametrize("transparency", [None, 1, b"\x07", b"\xff\x00\x80"])
def test_palette_of_an_indexed_png_is_its_chunks(transparency, tmp_path):
    image = Image.fromarray(np.zeros((3, 3), np.uint8))
    image.putpalette(bytes(range(12)))
    image.save(tmp_path / "a.png", **({} if transparency is None else {"transparency": transparency}))
    chunks = png_chunks((tmp_path / "a.png").read_bytes())
    assert chunks[b"IHDR"][9] == 3
    alpha = chunks.get(b"tRNS", b"").ljust(len(chunks[b"PLTE"]) // 3, b"\xff")
    rgba = np.column_stack([np.frombuffer(chunks[b"PLTE"], np.uint8).reshape(-1, 3), list(alpha)])
    rgba[rgba[:, 3] == 0] = 0
    assert load_palette(tmp_path / "a.png").rgba.tolist() == rgba.tolist()


def indexed_png(table):
    """An indexed PNG of one pixel, with a palette chunk of these bytes (none: without the chunk)."""
    plte = [] if table is None else [(b"PLTE", table)]
    header, pixels = struct.pack(">IIBBBBB", 1, 1, 8, 3, 0, 0, 0), zlib.compress(b"\0\0")
    chunks = [(b"IHDR", header), *plte, (b"IDAT", pixels), (b"IEND", b"")]
    sums = [struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks]
    parts = (struct.pack(">I", len(body)) + name + body + crc for (name, body), crc in zip(chunks, sums, strict=True))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


NO_HUES = b"GIMP Palette\nName: none\n#\n"
MANY = b"1 2 3\n" * 300
TINY = png(None, [[WHITE]])


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("none.hex", b"\n", "1 to 256 colours, not 0"),
        ("many.hex", b"010203\n" * 300, "1 to 256 colours, not 300"),
        ("nonsense.hex", b"d40000\nhello\n", "line 2 is no colour like d40000: 'hello'"),
        ("binary.hex", bytes(range(256)), "is no colour"),
        ("none.gpl", NO_HUES, "1 to 256 colours, not 0"),
        ("many.gpl", NO_HUES + MANY, "1 to 256 colours, not 300"),
        ("nonsense.gpl", b"hello", "first line must be 'GIMP Palette'"),
        ("empty.gpl", b"", "first line must be 'GIMP Palette'"),
        ("row.gpl", NO_HUES + b"1 2\n", "line 4 is no colour: '1 2'"),
        ("big.gpl", NO_HUES + b"1 2 300\n", "0 to 255, not 300"),
        ("huge.gpl", NO_HUES + b"1 2 3" + b"0" * 9999, "line 4 is no colour"),
        ("rgba.gpl", b"GIMP Palette\nChannels: RGBA\n1 2 3\n", "line 3 is no colour"),
        ("none.pal", b"JASC-PAL\n0100\n0\n", "1 to 256 colours, not 0"),
        ("many.pal", b"JASC-PAL\n0100\n300\n" + MANY, "1 to 256 colours, not 300"),
        ("riff.pal", b"RIFF\x10\0\0\0PAL data", "'JASC-PAL' and '0100'"),
        ("short.pal", b"JASC-PAL\n0100\n3\n1 2 3\n", "is 1, but 3 is announced"),
        ("cut.pal", b"JASC-PAL\n0100\n", "is 0, but nothing is announced"),
        ("none.act", bytes(768) + b"\0\0\xff\xff", "1 to 256 colours, not 0"),
        ("many.act", bytes(768) + b"\1\x2c\xff\xff", "1 to 256 colours, not 300"),
        ("short.act", bytes(767), "768 or 772 bytes, not 767"),
        ("none.json", b'{"colors": []}', "1 to 256 colours, not 0"),
        ("many.json", json.dumps({"colors": ["red"] * 300}).encode(), "1 to 256 colours, not 300"),
        ("nonsense.json", b"hello", r"is no JSON \(Expecting value"),
        ("bytes.json", b"\xff\xfe\xff", "is no JSON"),
        ("list.json", b'["red"]', "is like"),
        ("text.json", b'{"colors": "red"}', "is like"),
        ("color.json", b'{"colors": ["reddish"]}', "'reddish' is no colour"),
        ("number.json", b'{"colors": [[1, 2, 1e999]]}', "not .1, 2, inf."),
        ("counts.json", b'{"colors": ["red"], "counts": [1, 2]}', "palette counts must have 1 values"),
        ("half.json", b'{"colors": ["red"], "counts": [0.5]}', "whole numbers"),
        ("deep.json", b"[" * 100_000, "nested too deeply"),
        ("many.png", png(None, [[(n // 2, n % 2, 0) for n in range(300)]]), "1 to 256 colours, not 300"),
        ("missing.png", indexed_png(None), "its palette is missing or damaged"),
        ("none.png", indexed_png(b""), "its palette is missing or damaged"),
        ("plte.png", indexed_png(bytes(900)), "its palette is missing or damaged"),
        (
            "flipped.png",
            indexed_png(bytes(3)).replace(b"PLTE\0", b"PLTE\1"),
            "the checksum of its PLTE chunk is wrong",
        ),
        ("nonsense.png", b"hello", "is no picture"),
        ("cut.png", TINY[:45], "it is truncated"),
        ("palette.xyz", b"", "known are .hex, .gpl, .pal, .act, .json, .png"),
        ("palette.ase", b"", "known are .hex, .gpl, .pal, .act, .json, .png"),
        ("palette", b"", "known are .hex, .gpl, .pal, .act, .json, .png"),
    ],
)
def test_damage_is_one_sentence_that_names_the_file(name, data, words, tmp_path):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ReadError, match=f"^{re.escape(str(tmp_path / name))}: .*{words}") as caught:
        load_palette(tmp_path / name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", READABLE)
def test_files_cut_at_any_byte_raise_nothing_but_read_error(suffix, tmp_path):
    path = tmp_path / f"cut{suffix}"
    data = dump_palette(CLEAR, suffix)
    for length in range(len(data)):
        path.write_bytes(data[:length])
        with contextlib.suppress(ReadError):
            load_palette(path)


def test_missing_and_unwritable_files_are_named(tmp_path):
    with pytest.raises(ReadError, match=r"none\.hex: cannot be read \(No such file"):
        load_palette(tmp_path / "none.hex")
    with pytest.raises(WriteError, match=r"a\.hex: cannot be written .its folder does not exist"):
        TWO.save(tmp_path / "none" / "a.hex")
    with pytest.raises(ValueError, match=r"'\.xyz'; known are .*\.css"):
        TWO.save(tmp_path / "a.xyz")
    assert not list(tmp_path.iterdir())


def test_names_that_are_no_text_are_titles_all_the_same(tmp_path):
    path = tmp_path / "caf\udce9\n.gpl"
    TWO.save(path)
    assert load_palette(path) == TWO
    assert "Name: caf\\udce9" in path.read_text().splitlines()


def test_existing_files_are_kept_on_request(tmp_path):
    TWO.save(tmp_path / "a.hex")
    with pytest.raises(OverwriteError):
        CLEAR.save(tmp_path / "a.hex", force=False)
    assert load_palette(tmp_path / "a.hex") == TWO


def test_too_large_a_file_is_not_read_to_its_end(tmp_path, monkeypatch):
    monkeypatch.setattr("huepress.palette_files._MOST_BYTES", 13)
    (tmp_path / "a.hex").write_bytes(b"d40000\nd40000\n")
    with pytest.raises(ReadError, match="too large"):
        load_palette(tmp_path / "a.hex")


@pytest.mark.parametrize(
    ("colors", "lost"),
    [
        ([RED], []),
        ([(*RED, 255)], []),
        ([(*RED, 255), (0, 0, 0, 0)], [".pal", ".ase"]),
        ([(0, 0, 0, 0), (0, 0, 0, 0)], [".pal", ".act", ".ase"]),
        ([(*RED, 128)], [".pal", ".act", ".ase"]),
        ([(*RED, 1)], [".pal", ".act", ".ase"]),
    ],
)
def test_loss_of_alpha_is_told(colors, lost):
    assert [suffix for suffix in FORMATS if alpha_lost(Palette(colors), suffix)] == lost
