import json

import numpy as np
import pytest
from PIL import Image

import huepress
from huepress.commands import huepress as command
from huepress.commands.check import parse_share
from samples import blobs, saved

CHART = np.kron(np.arange(48, dtype=np.uint8).reshape(6, 8) * 5, np.ones((20, 20), np.uint8))


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A folder with one picture that wastes, two that do not, and a file that is no picture."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "site" / "icons").mkdir(parents=True)
    Image.fromarray(blobs(120, 160)).save("site/wasteful.png")
    Image.fromarray(blobs(60, 80)).save("site/photo.jpg")
    huepress.compress(CHART).save("site/icons/chart.png")
    (tmp_path / "site" / "notes.txt").write_text("no picture")
    return tmp_path


def run(*arguments):
    with pytest.raises(SystemExit) as ended:
        command.main(list(arguments))
    return int(ended.value.code or 0)


def test_a_wasteful_picture_fails_the_check(tree, capsys):
    before = (tree / "site/wasteful.png").read_bytes()
    assert run("check", "site") == 98
    told = capsys.readouterr().err
    assert "site/wasteful.png" in told
    assert "photo.jpg" not in told
    assert told.splitlines()[-1] == "huepress: 3 pictures, 1 could be smaller by more than 10 %"
    assert (tree / "site/wasteful.png").read_bytes() == before
    assert run("check", "site/wasteful.png") == 98
    assert capsys.readouterr().err.splitlines()[-1].startswith("huepress: 1 picture, 1 could be smaller")


def test_fix_makes_it_smaller_once(tree, capsys):
    size = (tree / "site/wasteful.png").stat().st_size
    assert run("check", "site", "--fix", "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["original_bytes"] == size
    assert facts["bytes"] == (tree / "site/wasteful.png").stat().st_size < 0.9 * size
    assert facts["saving"] == pytest.approx(1 - facts["bytes"] / size)
    fixed = (tree / "site/wasteful.png").read_bytes()
    assert run("check", "site", "--fix") == run("check", "site") == 0
    assert (tree / "site/wasteful.png").read_bytes() == fixed


def test_how_much_may_be_wasted(tree):
    assert run("check", "site", "--max-saving", "99%", "--quiet") == 0
    assert run("check", "site/icons", "--max-saving", "0%", "--quiet") == 0


def test_a_quality_out_of_reach_saves_nothing(tree):
    assert run("check", "site/wasteful.png", "-q", "99.9", "--quiet") == 0


def test_an_animation_is_left_alone(tree):
    frames = [Image.fromarray(blobs(50, 50, seed=seed)) for seed in range(3)]
    (tree / "moving.png").write_bytes(saved(frames[0], "PNG", save_all=True, append_images=frames[1:]))
    assert run("check", "moving.png", "--fix") == 0
    with Image.open("moving.png") as image:
        assert image.n_frames == 3


def test_a_damaged_picture_is_told_and_the_others_are_checked(tree, capsys):
    (tree / "site/icons/broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    assert run("check", "site") == 2
    told = capsys.readouterr().err
    assert "icons/broken.png: " in told
    assert told.splitlines()[-1].startswith("huepress: 3 pictures, 1 ")  # what was judged
    assert "wasteful.png" in told


@pytest.mark.parametrize(("arguments", "code"), [([], 1), (["gone.png"], 2), (["site", "--max-saving", "1.5"], 4)])
def test_bad_arguments(tree, arguments, code):
    assert run("check", *arguments) == code


def test_shares():
    assert [parse_share(text) for text in ("0%", "12.5 %", "100%")] == [0, 0.125, 1]
    for text in ("", "10", "101%", "-1%", "ten%"):
        with pytest.raises(ValueError, match="a saving is like 10%"):
            parse_share(text)
