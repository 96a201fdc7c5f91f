import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from huepress.ahead import Ahead
from huepress.animation import read_whole
from huepress.decode import MAX_PIXELS
from runner import run


def noise(width=40, height=30, channels=4):
    return Image.fromarray(np.random.default_rng(1).integers(0, 256, (height, width, channels), np.uint8))


@pytest.mark.parametrize(("name", "channels"), [("a.png", 4), ("a.png", 3), ("a.jpg", 3), ("no-suffix", 3)])
def test_a_picture_decoded_ahead_is_the_one_that_is_read(tmp_path, name, channels):
    path = str(tmp_path / name)
    noise(channels=channels).save(path, "JPEG" if name.endswith("jpg") else "PNG", dpi=(96, 96))
    ahead, usual = read_whole(Ahead(path, MAX_PIXELS).source(path)), read_whole(path)
    np.testing.assert_array_equal(ahead.pixels, usual.pixels)
    for field in ("name", "format", "mode", "source_bytes", "frames", "resolution"):
        assert getattr(ahead, field) == getattr(usual, field)


def test_options_of_reading_hold(tmp_path):
    path = str(tmp_path / "a.png")
    pixels = np.full((4, 4, 4), [9, 8, 7, 0], np.uint8)
    Image.fromarray(pixels).save(path)
    kept = read_whole(Ahead(path, MAX_PIXELS).source(path), keep_hidden=True)
    np.testing.assert_array_equal(kept.pixels, pixels)


def test_it_is_given_once_and_for_its_path_only(tmp_path):
    path = str(tmp_path / "a.png")
    noise().save(path)
    ahead = Ahead(path, MAX_PIXELS)
    assert ahead.source(path)
    assert ahead.source(path) is None
    assert Ahead(path, MAX_PIXELS).source(f"{path}2") is None


def test_a_file_with_the_name_of_stdin_is_not_read_in_its_place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    noise(8, 8).save("-", "PNG")
    assert Ahead("-", MAX_PIXELS).source("-") is None
    noise(40, 30).save("a.png")
    assert run("-", "-k", 4, "-o", "b.png", stdin=Path("a.png").read_bytes()).exit_code == 0
    with Image.open("b.png") as result:
        assert result.size == (40, 30)


def test_nothing_is_read_ahead_for_outputs_in_chunks(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("huepress.commands.compress.Ahead", None)  # a picture may be larger than memory
    noise(channels=3).save("a.tif")
    assert run("a.tif", "-k", 4, "-o", "b.tif").exit_code == 0


def test_what_may_move_or_fails_is_left_to_be_read_as_usual(tmp_path):
    frames = [noise(), noise(8, 8).resize((40, 30))]
    for format in ("gif", "png", "webp"):
        frames[0].save(tmp_path / f"moving.{format}", save_all=True, append_images=frames[1:])
    (tmp_path / "damaged.png").write_bytes((tmp_path / "moving.png").read_bytes()[:200])
    noise(200, 200).save(tmp_path / "large.png")
    paths = [*(f"moving.{format}" for format in ("gif", "png", "webp")), "damaged.png", "large.png", "missing.png", "."]
    for path in (str(tmp_path / name) for name in paths):
        assert Ahead(path, max_pixels=30_000).source(path) is None


def test_the_options_of_a_command_are_known_before_numpy_is_imported():
    code = "import sys, huepress.commands.compress; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "click" in done.stdout.split()
    assert not {"numpy", "huepress.compression"} & set(done.stdout.split())
