import json
import os
import stat
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageColor

import huepress
from huepress import huge
from huepress.errors import OverwriteError, ReadError, WriteError
from huepress.huge import grid as grids
from huepress.huge.grid import Grid
from runner import run
from samples import P3_PRIMARIES, rgb_profile

tifffile = pytest.importorskip("tifffile")
zarr = pytest.importorskip("zarr")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(grids, "_GROUP_PIXELS", 1000)  # chunks in groups, but many of these
    return tmp_path


@pytest.fixture(scope="module")
def scene():
    """A picture of two chunks and a bit each way, in odd sizes, with some thousand colours."""
    y, x = np.mgrid[0:611, 0:1100]
    noise = np.random.default_rng(3).integers(0, 12, (611, 1100, 3))
    return np.clip(np.dstack([x / 5, y / 3, (x + y) / 8]) + noise, 0, 255).astype(np.uint8)


def save_zarr(path, array, chunks):
    stored = zarr.open_array(path, mode="w", shape=array.shape, chunks=chunks, dtype=array.dtype)
    stored[:] = array


def indices(path):
    if Path(path).is_dir():
        array = zarr.open_array(path, mode="r")
        return array[:], array.attrs["palette"]
    with tifffile.TiffFile(path) as file:
        page = file.pages[0]
        colors = (page.colormap.T[:, :3] >> 8).astype(np.uint8)
        return page.asarray(), colors


SOURCES = {
    "tiles.tif": {"tile": (64, 128), "compression": "zlib"},
    "strips.tif": {"rowsperstrip": 37, "compression": "zlib"},
    "rows.tif": {"rowsperstrip": 1, "compression": "zlib", "bigtiff": True},
    "plain.tif": {},
    "big.tif": {"tile": (256, 256), "bigtiff": True, "byteorder": ">"},
}


@pytest.mark.parametrize("output", ["out.tif", "out.zarr"])
@pytest.mark.parametrize("source", [*SOURCES, "chunks.zarr"])
def test_indices_are_those_of_the_whole_picture(scene, source, output):
    if source in SOURCES:
        tifffile.imwrite(source, scene, photometric="rgb", **SOURCES[source])
    else:
        save_zarr(source, scene, (100, 90, 3))
    pressed = huge.press(source, output, k=20, effort="fast", threads=3)
    expected = huepress.quantize(scene, k=20, effort="fast")
    found, palette = indices(output)
    assert np.array_equal(found, expected.indices)
    assert pressed.palette == expected.palette
    assert (pressed.mse, pressed.inertia, pressed.n_iter) == (expected.mse, expected.inertia, expected.n_iter)
    if output.endswith(".zarr"):
        assert palette == list(expected.palette.hex)
    else:
        assert np.array_equal(palette[:20], expected.palette.colors)
        assert not palette[20:].any()


@pytest.mark.parametrize(("kind", "is_told"), [(0, True), (2, True), (1, False)])
def test_pages_beside_the_first_are_told_of(scene, kind, is_told):
    with tifffile.TiffWriter("a.tif") as file:
        file.write(scene, photometric="rgb", tile=(64, 64))
        file.write(scene[::2, ::2], photometric="rgb", tile=(64, 64), subfiletype=kind)
    with pytest.warns(match=r"^a\.tif: has several pages, of which the first") if is_told else nullcontext():
        huge.press("a.tif", "out.tif", k=7)
    assert np.array_equal(indices("out.tif")[0], huepress.quantize(scene, k=7).indices)


def test_the_written_file_is_a_palette_bigtiff_in_tiles_that_pillow_reads(scene):
    tifffile.imwrite("a.tif", scene, photometric="rgb", tile=(128, 128))
    huge.press("a.tif", "out.tif", k=7, effort="fast")
    with tifffile.TiffFile("out.tif") as file:
        page = file.pages[0]
        assert file.is_bigtiff
        assert page.is_tiled
        assert (page.photometric.name, page.compression.name) == ("PALETTE", "ADOBE_DEFLATE")
    with Image.open("out.tif") as image:
        assert np.array_equal(np.asarray(image.convert("RGB")), huepress.quantize(scene, k=7, effort="fast").to_array())


@pytest.mark.parametrize(
    ("array", "options"),
    [
        (np.arange(48 * 32, dtype=np.uint8).reshape(48, 32), {"photometric": "minisblack"}),
        (np.arange(48 * 32, dtype=np.uint8).reshape(48, 32), {"photometric": "miniswhite"}),
        (np.arange(0, 48 * 32 * 40, 40, dtype=np.uint16).reshape(48, 32), {"photometric": "minisblack"}),
        (np.random.default_rng(0).integers(0, 65536, (48, 32, 3)).astype(np.uint16), {"photometric": "rgb"}),
        (np.random.default_rng(1).integers(0, 2, (48, 32)).astype(bool), {"photometric": "minisblack"}),
        (
            np.random.default_rng(2).integers(0, 256, (48, 32)).astype(np.uint8),
            {"photometric": "palette", "colormap": np.random.default_rng(3).integers(0, 256, (3, 256)) * 257},
        ),
        (
            np.random.default_rng(4).integers(0, 256, (48, 32, 3)).astype(np.uint8),
            {"photometric": "rgb", "iccprofile": rgb_profile(P3_PRIMARIES, 2.2)},
        ),
        (
            np.random.default_rng(5).integers(0, 256, (48, 32, 4)).astype(np.uint8),
            {"photometric": "rgb", "extrasamples": ["unassalpha"]},
        ),
        (
            np.tril(np.full((48, 48), 200, np.uint8))[..., np.newaxis].repeat(4, 2),
            {"photometric": "rgb", "extrasamples": ["assocalpha"]},
        ),
        (
            np.tril(np.full((48, 48), 200, np.uint8))[..., np.newaxis].repeat(2, 2),
            {"photometric": "minisblack", "planarconfig": "contig", "extrasamples": ["assocalpha"]},
        ),
        (
            np.random.default_rng(6).integers(0, 256, (48, 32, 2)).astype(np.uint8),
            {"photometric": "minisblack", "planarconfig": "contig", "extrasamples": ["unspecified"]},
        ),
        (
            np.random.default_rng(7).integers(0, 256, (48, 32, 4)).astype(np.uint8),
            {"photometric": "rgb", "extrasamples": ["unspecified"]},
        ),
        (
            np.random.default_rng(8).integers(0, 65536, (48, 32, 4)).astype(np.uint16),
            {"photometric": "rgb", "extrasamples": ["unspecified"]},
        ),
    ],
)
@pytest.mark.parametrize("layout", [{"tile": (16, 16), "compression": "zlib"}, {}])
def test_kinds_of_tiff_are_read_as_by_pillow(array, options, layout):
    if "colormap" in options:
        options = {**options, "colormap": options["colormap"].astype(np.uint16)}
    tifffile.imwrite("a.tif", array, **options, **layout)
    huge.press("a.tif", "out.zarr", k=9, effort="fast")
    expected = huepress.quantize("a.tif", k=9, effort="fast")
    found, palette = indices("out.zarr")
    assert palette == list(expected.palette.hex)
    assert np.array_equal(found, expected.indices)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_kinds_of_zarr_are_read_as_arrays(dtype, channels):
    values = np.random.default_rng(channels).random((40, 50, channels)) ** 0.3
    array = values.astype(dtype) if dtype == "float32" else (values * np.iinfo(dtype).max).astype(dtype)
    if channels in (2, 4):
        array[:20, :, -1] = np.iinfo(dtype).max if dtype != "float32" else 1
        array[30:, :, -1] = 0
    save_zarr("a.zarr", array, (7, 50, channels))
    huge.press("a.zarr", "out.zarr", k=11, effort="fast")
    expected = huepress.quantize(array, k=11, effort="fast")
    found, palette = indices("out.zarr")
    assert palette == list(expected.palette.hex)
    assert np.array_equal(found, expected.indices)


def test_what_is_written_is_read_with_its_colours(scene):
    save_zarr("a.zarr", scene, (100, 90, 3))
    huge.press("a.zarr", "out.zarr", k=9, effort="fast")
    found, palette = indices("out.zarr")
    expected = np.array([ImageColor.getrgb(color) for color in palette], np.uint8)[found]
    with huge.open_huge("out.zarr") as picture:
        for chunk in picture.grid.chunks():
            assert np.array_equal(picture.read(chunk), expected[chunk.rows, chunk.columns])
    zarr.open_array("out.zarr", mode="a").attrs["palette"] = ["mauve-ish"]
    with pytest.raises(ReadError, match=r"out.zarr: its palette is none \('mauve-ish' is no colour"):
        huge.press("out.zarr", "new.tif")
    zarr.open_array("out.zarr", mode="a").attrs["palette"] = ["red"]
    with pytest.raises(ReadError, match=r"out.zarr: the chunk at row 0, column 0 is damaged"):
        huge.press("out.zarr", "new.tif")


def test_each_chunk_is_read_once_a_pass(scene, monkeypatch):
    save_zarr("a.zarr", scene, (100, 90, 3))
    read, told = [], []
    from huepress.huge.zarrs import ZarrPicture

    whole = ZarrPicture.read

    def reading(self, chunk):
        read.append((chunk.rows, chunk.columns))
        return whole(self, chunk)

    monkeypatch.setattr(ZarrPicture, "read", reading)
    huge.press("a.zarr", "out.tif", k=4, effort="fast", progress=lambda *now: told.append(now))
    with huge.open_huge("a.zarr") as picture:
        expected = [(chunk.rows, chunk.columns) for chunk in picture.grid.chunks()]
        assert picture.grid.rows % 100 == picture.grid.columns % 90 == 0
    assert len(read) == 2 * len(expected)
    assert {str(part) for part in read} == {str(part) for part in expected}
    assert {doing for doing, *_ in told} == {"counting", "mapping"}


@pytest.mark.parametrize(("chunk", "fits"), [((1 << 14, 1 << 14), True), ((1 << 14, (1 << 14) + 1), False)])
def test_chunks_that_memory_does_not_hold(chunk, fits):
    size = (1 << 20, 1 << 20)
    if fits:
        assert grids.grid_of("a.tif", size, chunk) == Grid(*size, *chunk)
        assert grids.grid_of("a.tif", (99, 1 << 14), (1 << 20, 1 << 20)).shape == (1, 1)  # no larger than the picture
    else:
        with pytest.raises(ReadError, match=r"^a\.tif: its chunks of 16384 x 16385 pixels are too large to be read"):
            grids.grid_of("a.tif", size, chunk)


def test_shards_are_read_whole(scene):
    """Each is a file, of which a chunk is a part."""
    options = {"shape": scene.shape, "chunks": (50, 45, 3), "shards": (200, 450, 3), "dtype": "uint8"}
    zarr.create_array("a.zarr", **options)[:] = scene
    with huge.open_huge("a.zarr") as picture:
        assert picture.grid == Grid(611, 1100, 200, 450)
        assert all(np.array_equal(picture.read(c), scene[c.rows, c.columns]) for c in picture.grid.chunks())


def test_a_grid_covers_all_pixels_once():
    grid = Grid(100, 70, 32, 16)
    covered = np.zeros((100, 70), int)
    for chunk in grid.chunks():
        covered[chunk.rows, chunk.columns] += 1
    assert (covered == 1).all()
    assert len(list(grid.chunks())) == np.prod(grid.shape)


@pytest.mark.parametrize(
    "options", [{"palette": huepress.Palette([[0, 0, 0], [255, 255, 255]])}, {"k": 6, "fixed": ["#d40000"]}]
)
def test_options_are_those_of_quantize(scene, options):
    tifffile.imwrite("a.tif", scene, photometric="rgb", tile=(64, 64))
    pressed = huge.press("a.tif", "out.tif", effort="fast", **options)
    expected = huepress.quantize(scene, effort="fast", **options)
    assert np.array_equal(indices("out.tif")[0], expected.indices)
    assert pressed.palette == expected.palette


# -- what cannot be done -----------------------------------------------------------------------------------------------


def damaged(path):
    data = bytearray(Path(path).read_bytes())
    data[len(data) // 2 : len(data) // 2 + 400] = b"\xff" * 400
    Path(path).write_bytes(data)


@pytest.mark.parametrize("name", ["a.tif", "a.zarr"])
def test_a_chunk_that_fails_to_decode(scene, name):
    if name == "a.tif":
        tifffile.imwrite(name, scene, photometric="rgb", tile=(64, 64), compression="zlib")
        damaged(name)
    else:
        save_zarr(name, scene, (100, 90, 3))
        stored = next(path for path in sorted(Path(name).rglob("*")) if path.is_file() and path.stat().st_size > 2000)
        stored.write_bytes(stored.read_bytes()[:1000])
    done = run(name, "-k", 8, "-o", "out.tif")
    assert done.exit_code == 2
    assert done.stderr.startswith(f"huepress: {name}: the chunk at row ")
    assert len(done.stderr.splitlines()) == 1
    assert [path.name for path in Path().iterdir()] == [name]


def test_refusals_of_the_library(scene):
    tifffile.imwrite("a.tif", scene, photometric="rgb", tile=(64, 64))
    with pytest.raises(ValueError, match="palette and k do not go together"):
        huge.press("a.tif", "out.tif", k=6, palette=huepress.Palette([[0, 0, 0]]))
    with pytest.raises(ValueError, match="passes errors on from pixel to pixel"):
        huge.press("a.tif", "out.tif", dither=0.5)
    Path("out.tif").write_bytes(b"precious")
    with pytest.raises(OverwriteError):
        huge.press("a.tif", "out.tif")
    with pytest.raises(OverwriteError, match=r"^a\.tif: is the input$"):  # for which there is no --in-place
        huge.press("a.tif", "a.tif", force=True)
    for missing in ("missing.tif", "missing.zarr"):
        with pytest.raises(ReadError, match=rf"^{missing}: cannot be read \(No such file or directory\)"):
            huge.press(missing, "new.tif")
    with pytest.raises(WriteError, match="folder does not exist"):
        huge.press("a.tif", "nowhere/new.tif")
    Path("text.tif").write_text("no picture")
    with pytest.raises(ReadError, match=r"text.tif: is no TIFF file"):
        huge.press("text.tif", "new.tif")
    Path("empty.zarr").mkdir()
    with pytest.raises(ReadError, match=r"empty.zarr: is no Zarr array"):
        huge.press("empty.zarr", "new.tif")
    zarr.open_group("group.zarr", mode="w").create_group("0")
    with pytest.raises(ReadError, match=r"group.zarr: is a group of Zarr arrays: name one of them"):
        huge.press("group.zarr", "new.tif")
    tifffile.imwrite("deep.tif", np.zeros((64, 64), np.float32))
    with pytest.raises(ReadError, match="its samples are float32"):
        huge.press("deep.tif", "new.tif")
    save_zarr("five.zarr", np.zeros((8, 8, 5), np.uint8), (8, 8, 5))
    with pytest.raises(ReadError, match="must have the shape"):
        huge.press("five.zarr", "new.tif")
    save_zarr("wild.zarr", np.full((8, 8), 7.5), (8, 8))
    with pytest.raises(ReadError, match=r"0\.\.1"):
        huge.press("wild.zarr", "new.tif")
    assert Path("out.tif").read_bytes() == b"precious"
    assert not Path("new.tif").exists()


def test_a_file_that_changes_between_the_passes(scene):
    tifffile.imwrite("a.tif", scene, photometric="rgb", tile=(64, 64), compression="zlib")

    def change(doing, done, total):
        if doing == "mapping" and not done:
            tifffile.imwrite("a.tif", scene[::-1], photometric="rgb", tile=(64, 64), compression="zlib")

    with pytest.raises(ReadError, match=r"a\.tif: (was changed|the chunk at row)"):
        huge.press("a.tif", "out.tif", k=4, progress=change)
    with pytest.raises(ReadError, match=r"a\.tif: was changed while"), huge.open_huge("a.tif"):
        os.utime("a.tif", (1, 1))
    assert not Path("out.tif").exists()


def test_an_array_that_changes_between_the_passes(scene):
    save_zarr("a.zarr", scene, (100, 90, 3))

    def change(doing, done, total):
        if doing == "mapping" and not done:
            zarr.open_array("a.zarr", mode="a")[300:350, 500:600] = scene[:50, :100]

    with pytest.raises(ReadError, match=r"^a\.zarr: was changed while it was read$"):
        huge.press("a.zarr", "out.zarr", k=4, progress=change)
    assert [path.name for path in Path().iterdir()] == ["a.zarr"]


@pytest.mark.parametrize(
    ("source", "output", "words"),
    [
        ("group.zarr", "group.zarr", "group.zarr: is the input"),
        ("group.zarr/0", "group.zarr", "group.zarr: holds the input"),
        ("group.zarr/0", "group.zarr/0/small.zarr", "small.zarr: lies inside of the input"),
        ("group.zarr", "group.zarr/small.tif", "small.tif: lies inside of the input"),
    ],
)
def test_an_output_around_or_inside_of_the_input(scene, source, output, words):
    array = zarr.open_group("group.zarr", mode="w").create_array("0", shape=(8, 8, 3), chunks=(8, 8, 3), dtype="uint8")
    array[:] = scene[:8, :8]
    before = sorted(Path("group.zarr").rglob("*"))
    done = run(source, "-k", 4, "-o", output, "-f")
    assert done.exit_code == 15
    assert words in done.stderr.replace(os.sep, "/")
    assert sorted(Path("group.zarr").rglob("*")) == before


def test_a_damaged_directory_is_one_sentence(scene):
    tifffile.imwrite("a.tif", scene, photometric="rgb", tile=(64, 64))
    data = bytearray(Path("a.tif").read_bytes())
    data[100:400] = bytes(300)
    Path("a.tif").write_bytes(data)
    command = [sys.executable, "-m", "huepress", "a.tif", "-k", "4", "-o", "out.tif"]
    done = subprocess.run(command, capture_output=True, text=True)  # apart: pytest takes what is logged
    assert done.returncode == 2
    assert done.stderr.startswith("huepress: a.tif: ")
    assert done.stderr.count("\n") == 1


def test_a_picture_with_alpha_is_written_as_zarr_only():
    save_zarr("a.zarr", np.full((20, 20, 4), 100, np.uint8), (20, 20, 4))
    done = run("a.zarr", "-k", 2, "-o", "out.tif")
    assert done.exit_code == 4
    assert "no transparency" in done.stderr
    assert run("a.zarr", "-k", 2, "-o", "out.zarr").exit_code == 0
    assert indices("out.zarr")[1] == ["#64646464"]


def test_replacing(scene):
    tifffile.imwrite("a.tif", scene[:100, :100], photometric="rgb", tile=(64, 64))
    for name in ("out.tif", "out.zarr"):
        assert run("a.tif", "-k", 2, "-o", name).exit_code == 0
        done = run("a.tif", "-k", 3, "-o", name)
        assert done.exit_code == 15
        assert "--force" in done.stderr
        assert run("a.tif", "-k", 3, "-o", name, "-f").exit_code == 0
        assert indices(name)[0].max() == 2
    Path("folder.zarr").mkdir()
    Path("folder.zarr/precious").touch()
    done = run("a.tif", "-k", 3, "-o", "folder.zarr", "-f")
    assert done.exit_code == 16
    assert "is no Zarr array" in done.stderr
    assert Path("folder.zarr/precious").exists()
    Path("folder.zarr/precious").rename("file.zarr")
    done = run("a.tif", "-k", 3, "-o", "file.zarr", "-f")
    assert (done.exit_code, done.stderr) == (16, "huepress: file.zarr: is no Zarr array, so it is not replaced\n")
    assert Path("file.zarr").is_file()
    assert sorted(path.name for path in Path().iterdir()) == [
        "a.tif",
        "file.zarr",
        "folder.zarr",
        "out.tif",
        "out.zarr",
    ]


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX")
@pytest.mark.parametrize("name", ["out.tif", "out.zarr"])
def test_what_is_replaced_passes_its_mode_on(scene, name):
    tifffile.imwrite("a.tif", scene[:100, :100], photometric="rgb", tile=(64, 64))
    huge.press("a.tif", name, k=2)
    mode = 0o700 if name == "out.zarr" else 0o600
    Path(name).chmod(mode)
    huge.press("a.tif", name, k=3, force=True)
    assert stat.S_IMODE(Path(name).stat().st_mode) == mode
    assert indices(name)[0].max() == 2


@pytest.mark.parametrize("name", ["out.tif", "out.zarr"])
def test_what_is_made_meanwhile_is_not_replaced(scene, name):
    tifffile.imwrite("a.tif", scene[:100, :100], photometric="rgb", tile=(64, 64))

    def meanwhile(doing, done, total):
        if doing == "mapping" and not done:
            if name == "out.zarr":
                Path(name).mkdir()
                Path(name, "precious").touch()
            else:
                Path(name).write_bytes(b"precious")

    with pytest.raises(OverwriteError, match=rf"^{name}: exists already"):
        huge.press("a.tif", name, k=2, progress=meanwhile)
    assert Path("out.zarr/precious").exists() if name == "out.zarr" else Path(name).read_bytes() == b"precious"
    assert sorted(path.name for path in Path().iterdir()) == ["a.tif", name]


# -- the command -------------------------------------------------------------------------------------------------------


def test_the_command(scene):
    tifffile.imwrite("a.tif", scene, photometric="rgb", tile=(128, 128))
    done = run("a.tif", "-k", 5, "-o", "out.tif", "--effort", "fast", "--json")
    assert done.exit_code == 0
    told = json.loads(done.stdout)
    expected = huepress.quantize(scene, k=5, effort="fast")
    assert told["mse"] == pytest.approx(expected.mse)
    assert (told["colors"], told["width"], told["height"]) == (5, 1100, 611)
    assert told["bytes"] == Path("out.tif").stat().st_size
    done = run("a.tif", "-k", 5, "-o", "again.tif", "--effort", "fast")
    assert "again.tif: 1100 x 611 pixels, 5 colours" in done.stderr
    assert np.array_equal(indices("out.tif")[0], expected.indices)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--dither", 0.5], "passes errors on from pixel to pixel"),
        (["-q", 50], "-q"),
        (["-q", 0], "--quality 0"),
        (["--max-bytes", 5000], "--max-bytes"),
        (["-k", "2,3"], "several"),
        (["--format", "png"], "--format png"),
        (["b.tif"], "one picture"),
        (["--keep-profile"], "--keep-profile"),
    ],
)
def test_options_that_chunks_do_not_have(scene, options, words):
    tifffile.imwrite("a.tif", scene[:64, :64], photometric="rgb")
    done = run("a.tif", "-o", "out.tif", *(["-k", 4] if "-k" not in options else []), *options)
    assert done.exit_code == 4
    assert words in done.stderr
    assert not Path("out.tif").exists()


def test_a_zarr_array_is_no_folder_of_pictures(scene):
    save_zarr("a.zarr", scene[:64, :64], (64, 64, 3))
    done = run("a.zarr", "-k", 4, "-o", "out.png")
    assert (done.exit_code, done.stderr) == (2, "huepress: a.zarr: is a Zarr array; -o .tif or .zarr takes it\n")


def test_a_palette_of_a_huge_picture(scene):
    save_zarr("a.zarr", scene, (100, 90, 3))
    done = run("palette", "a.zarr", "-k", 6, "--json")
    assert done.exit_code == 0
    assert tuple(json.loads(done.stdout)["colors"]) == huepress.learn_palette(scene, 6).hex


def test_a_palette_of_huge_pictures_and_folders(scene):
    save_zarr("a.zarr", scene, (100, 90, 3))
    save_zarr("b.zarr", 255 - scene, (100, 90, 3))
    Path("shots").mkdir()
    Image.fromarray(scene[:50, :60] // 2).save("shots/c.png")
    for names in (["a.zarr", "shots", "b.zarr"], ["shots/c.png", "a.zarr", "b.zarr"]):
        done = run("palette", *names, "-k", 6, "--json")
        assert done.exit_code == 0
        parts = [huepress.Histogram.of(pixels) for pixels in (scene, 255 - scene, scene[:50, :60] // 2)]
        assert tuple(json.loads(done.stdout)["colors"]) == huepress.learn_palette(sum(parts[1:], parts[0]), 6).hex
