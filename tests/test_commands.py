import io
import json
import re
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import huepress
from runner import run


@pytest.fixture
def folder(tmp_path, monkeypatch, photograph):
    monkeypatch.chdir(tmp_path)
    with Image.open(photograph) as photo:
        photo.crop((60, 40, 188, 136)).save("photo.png")
        photo.crop((60, 40, 92, 72)).save("small.png")
    huepress.quantize("photo.png", k=8).save("eight.png")
    Path("text.png").write_text("no picture")
    Path("taken").write_bytes(b"precious")
    return tmp_path


def lines(text):
    return [line.split() for line in text.splitlines()]


def test_palette_lists_colours_and_shares(folder):
    done = run("palette", "photo.png", "-k", 4)
    expected = huepress.learn_palette("photo.png", 4)
    assert (done.exit_code, done.stderr) == (0, "")
    assert [line[0] for line in lines(done.stdout)] == list(expected.hex)
    assert sum(float(line[1].rstrip("%")) for line in lines(done.stdout)) == pytest.approx(100, abs=0.3)


def test_palette_of_several_pictures(folder):
    both = huepress.Histogram.of("photo.png") + huepress.Histogram.of("small.png")
    made = json.loads(run("palette", "photo.png", "small.png", "-k", 6, "--json").stdout)
    assert made["colors"] == list(huepress.learn_palette(both, 6).hex)
    assert sum(made["counts"]) == 128 * 96 + 32 * 32


@pytest.mark.parametrize("suffix", [".gpl", ".hex", ".pal", ".act", ".json", ".png"])
def test_palette_writes_a_file_that_maps_a_picture(folder, suffix):
    assert run("palette", "photo.png", "-k", 5, "-o", f"p{suffix}", "--fixed", "#d40000").exit_code == 0
    assert run("photo.png", "--palette", f"p{suffix}", "-o", "mapped.png").exit_code == 0
    colors = {
        tuple(color)
        for color in np.asarray(Image.open(io.BytesIO(Path("mapped.png").read_bytes())).convert("RGB"))
        .reshape(-1, 3)
        .tolist()
    }
    learned = huepress.learn_palette("photo.png", 5, fixed=["#d40000"])
    assert colors <= set(map(tuple, learned.colors.tolist()))
    assert (212, 0, 0) in set(map(tuple, huepress.load_palette(f"p{suffix}").colors[:, :3].tolist()))


def test_palette_tells_when_a_file_cannot_hold_alpha(folder):
    clear = np.zeros((4, 4, 4), np.uint8)
    clear[:2] = (200, 0, 0, 128)
    Image.fromarray(clear).save("clear.png")
    done = run("palette", "clear.png", "-o", "p.pal", "--quiet")
    assert done.exit_code == 0
    assert "p.pal" in done.stderr


def test_elbow_table(folder):
    done = run("elbow", "photo.png", "-k", "1-5")
    curve = huepress.elbow("photo.png", ks=range(1, 6))
    assert (done.exit_code, done.stdout) == (0, "")
    rows = lines(done.stderr)[2:]
    assert [int(row[0]) for row in rows] == [1, 2, 3, 4, 5]
    assert [int(row[1].replace(",", "")) for row in rows] == [round(inertia) for inertia in curve.inertias]
    assert [int(row[0]) for row in rows if "knee" in row] == [curve.knee]


def test_elbow_json(folder):
    made = json.loads(run("elbow", "photo.png", "-k", "8,2,2", "--channels", "rgba", "--json").stdout)
    assert (made["ks"], made["channels"]) == ([2, 8], "rgba")
    assert made["inertias"] == huepress.elbow("photo.png", ks=[2, 8], channels="rgba").inertias.tolist()


@pytest.mark.parametrize(("name", "magic"), [("e.png", b"\x89PNG"), ("e.svg", b"<?xml"), ("e.pdf", b"%PDF")])
def test_elbow_plot(folder, name, magic):
    pytest.importorskip("matplotlib", reason="needs matplotlib: pip install 'huepress[plot]'")
    assert run("elbow", "photo.png", "-k", "1-3", "-o", name).exit_code == 0
    assert Path(name).read_bytes().startswith(magic)


def test_compare_table(folder):
    done = run("compare", "photo.png", "eight.png", "photo.png")
    assert (done.exit_code, done.stdout) == (0, "")
    _, eight, same = lines(done.stderr)
    scores = huepress.compare("photo.png", "eight.png")
    size = Path("eight.png").stat().st_size
    assert eight[:4] == ["eight.png", "8", f"{size:,}", f"{scores.mse:.2f}"]
    assert float(eight[-1]) == pytest.approx(8 * size / (128 * 96), abs=0.005)
    assert same[3:7] == ["0.00", "exact", "1.0000", "100.0"]


def test_compare_json(folder):
    first, second = map(json.loads, run("compare", "photo.png", "eight.png", "photo.png", "--json").stdout.splitlines())
    assert first["mse"] == huepress.compare("photo.png", "eight.png").mse
    assert (second["result"], second["psnr"]) == ("photo.png", None)


def test_compare_picture(folder):
    assert run("compare", "photo.png", "eight.png", "-o", "diff.png").exit_code == 0
    assert Image.open(io.BytesIO(Path("diff.png").read_bytes())).width > 3 * 128


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc, where no file can be made")
def test_compare_tells_scores_even_if_the_picture_cannot_be_written(folder):
    Path("d.png").symlink_to("/proc/d.png")
    done = run("compare", "photo.png", "eight.png", "-o", "d.png")
    assert done.exit_code == 16
    *_, scores, failure = lines(done.stderr)
    assert scores[:2] == ["eight.png", "8"]
    assert failure[:3] == ["huepress:", "d.png:", "cannot"]


def test_compare_goes_on_after_a_failure(folder):
    done = run("compare", "photo.png", "small.png", "text.png", "eight.png")
    assert done.exit_code == 4
    assert "small.png: " in done.stderr
    assert "text.png: " in done.stderr
    assert lines(done.stderr)[-1][0] == "eight.png"


def test_a_picture_may_come_from_stdin(folder):
    data = Path("photo.png").read_bytes()

    piped = partial(run, stdin=data)

    assert piped("palette", "-", "-k", 3).stdout == run("palette", "photo.png", "-k", 3).stdout
    piped_elbow, elbow = piped("elbow", "-", "-k", "1-3").stderr, run("elbow", "photo.png", "-k", "1-3").stderr
    assert piped_elbow.replace("stdin", "photo.png", 1) == elbow
    assert lines(piped("compare", "-", "eight.png").stderr) == lines(run("compare", "photo.png", "eight.png").stderr)
    assert lines(piped("compare", "eight.png", "-").stderr)[1][0] == "stdin"
    assert piped("report", "-", "-k", 2).exit_code == 0
    assert Path("stdin-report.html").exists()
    assert "stdin: is empty" in piped("compare", "-", "-").stderr


def test_no_knee_is_told_of_a_straight_line(folder):
    assert "knee" not in run("elbow", "photo.png", "-k", "1,5").stderr


def test_a_name_is_no_mathematics(folder):
    Path("photo.png").rename("$\\frac{$.png")
    assert run("elbow", "$\\frac{$.png", "-k", "1,2", "-o", "elbow.svg").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (["palette"], 1, "PICTURE"),
        (["palette", "missing.png"], 2, "missing.png"),
        (["palette", "text.png"], 2, "text.png"),
        (["palette", "photo.png", "-k", "0"], 4, "0"),
        (["palette", "photo.png", "-k", "x"], 4, "'x'"),
        (["palette", "photo.png", "-o", "p.doc"], 4, "p.doc"),
        (["palette", "photo.png", "-o", "no/p.gpl"], 16, "no/p.gpl"),
        (["palette", ".", "-"], 4, "stdin"),
        (["elbow"], 1, "PICTURE"),
        (["elbow", "missing.png"], 2, "missing.png"),
        (["elbow", "photo.png", "-k", "5-2"], 4, "'5-2'"),
        (["elbow", "photo.png", "-k", "1-3", "-o", "e.doc"], 4, ".doc"),
        (["elbow", "photo.png", "-o", "eight.png"], 15, "eight.png"),
        (["elbow", "photo.png", "-o", "photo.png", "-f"], 15, "photo.png"),
        (["report", "photo.png", "-o", "r.pdf"], 4, "r.pdf"),
        (["compare", "photo.png"], 1, "RESULT"),
        (["compare", "missing.png", "photo.png"], 2, "missing.png"),
        (["compare", "photo.png", "small.png"], 4, "32 x 32"),
        (["compare", "photo.png", "eight.png", "eight.png", "-o", "d.png"], 4, "d.png"),
        (["compare", "photo.png", "eight.png", "-o", "taken"], 4, "taken"),
        (["compare", "photo.png", "eight.png", "-o", "small.png"], 15, "small.png"),
        (["compare", "photo.png", "eight.png", "-o", "eight.png", "-f"], 15, "eight.png"),
        (["compare", "photo.png", "eight.png", "--max-pixels", "100"], 2, "photo.png"),
    ],
)
def test_failures_are_one_sentence_and_a_code(folder, arguments, code, word):
    done = run(*arguments)
    assert (done.exit_code, done.stdout) == (code, "")
    assert done.stderr.count("\n") == 1
    assert word in done.stderr
    assert Path("taken").read_bytes() == b"precious"


def test_a_warning_is_one_sentence(folder):
    Image.fromarray(np.array([[[9, 9, 9, 255], [8, 8, 8, 100], [0, 0, 0, 0]]], np.uint8)).save("classes.png")
    call = [sys.executable, "-m", "huepress", "palette", "classes.png", "-k", "1"]
    done = subprocess.run(call, capture_output=True, text=True)
    assert done.returncode == 0
    assert re.fullmatch(r"huepress: k = 1 is too few to [^\n]*\n", done.stderr)


@pytest.mark.parametrize("name", ["palette", "elbow", "compare", "report"])
def test_each_has_help(name):
    done = run(name, "--help")
    assert done.exit_code == 0
    assert done.stdout.startswith(f"Usage: huepress {name}")


def test_a_missing_extra_is_named(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    done = run("elbow", "photo.png", "-k", "1-2", "-o", "e.png")
    assert done.exit_code == 4
    assert "huepress[plot]" in done.stderr
