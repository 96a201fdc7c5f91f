import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from samples import blobs, noise

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
pytest.importorskip("threadpoolctl")  # comes with scikit-learn

import counting
import kmeans_quality
import kmeans_speed
import published
import rivals


def test_a_table_in_markdown():
    assert published.markdown(("a", "b"), [(1, 2)]) == "| a | b |\n| --- | ---: |\n| 1 | 2 |"


def test_a_page_names_machine_and_command_but_no_folder(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["benchmarks/some.py", "/home/me/a.png", "--k", "4", "--write", "/home/me/b.md"])
    published.publish("A title", "About it.", "| table |", tmp_path / "new" / "page.md")
    page = (tmp_path / "new" / "page.md").read_text()
    assert "python benchmarks/some.py a.png --k 4\n" in page
    assert "/home" not in page
    assert published.machine() in page
    assert capsys.readouterr().out == "| table |\n"


def test_mean_square_is_numpys():
    pixels, colors = noise(50, 60), noise(1, 9)[0]
    indices = np.random.default_rng(3).integers(0, 9, (50, 60)).astype(np.uint8)
    expected = ((pixels.astype(float) - colors[indices]) ** 2).sum(-1).mean()
    assert kmeans_speed.mean_square(pixels, indices, colors) == pytest.approx(expected)


@pytest.mark.parametrize("method", [rivals.huepress("fast", 1), rivals.scikit_learn(5), rivals.pillow])
def test_rivals_make_indexed_pictures(method):
    pixels = blobs()
    seconds, indices, colors = method(pixels, 12, 0)
    assert seconds > 0
    assert indices.shape == pixels.shape[:2]
    assert indices.max() < len(colors)
    assert kmeans_speed.mean_square(pixels, indices, colors) < pixels.reshape(-1, 3).var(0).sum() / 4


def test_counting_is_timed_beside_numpy(tmp_path, monkeypatch):
    Image.fromarray(blobs()).save(tmp_path / "a.png")
    monkeypatch.setattr(counting, "REPEATS", 1)
    monkeypatch.setattr(counting, "two_processes", lambda path: (1.0, 1.0))
    found = list(counting.rows(tmp_path / "a.png"))
    assert [row[0] for row in found][:2] == ["table[keys], int64", "table[keys], uint32"]
    assert found[0][2] == found[1][3] == "1.00"
    assert all(len(row) == len(counting.HEAD) for row in found)


def test_the_worst_picture_is_named(tmp_path):
    folder = tmp_path / "cq100"
    folder.mkdir()
    for seed in range(3):
        Image.fromarray(blobs(seed=seed)).save(folder / f"p{seed}.png")
    ours = [kmeans_quality.measure(folder / f"p{seed}.png", 4, "fast").inertia for seed in range(3)]
    iokm = [ours[0] / 0.9, ours[1] / 1.1, ours[2]]
    lines = ["image,iokm4", *(f"p{seed},{value}" for seed, value in enumerate(iokm))]
    (folder / "iokm.csv").write_text("\n".join(lines))
    row = "\n".join(kmeans_quality.tables(tmp_path, [4], ["fast"])).splitlines()[-1]
    assert f"| fast | 4 | {np.mean(ours):.2f} | {np.mean(iokm):.2f} |" in row
    assert "+10.000 % (p1)" in row
