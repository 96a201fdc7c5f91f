import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "k-means.ipynb"


def outputs_of(path):
    return [output for cell in json.loads(path.read_text("utf-8"))["cells"] for output in cell.get("outputs", [])]


def text_of(path):
    outputs = outputs_of(path)
    shown = [output["data"].get("text/markdown", []) for output in outputs if "data" in output]
    printed = [output["text"] for output in outputs if output["output_type"] == "stream" and output["name"] == "stdout"]
    return "".join("".join(part) for part in (*shown, *printed))


def run(folder, picture=None):
    """Run a copy of the notebook from top to bottom; returns the copy."""
    pytest.importorskip("nbclient", reason="needs nbclient: pip install 'huepress[test]'")
    copy = Path(shutil.copy(NOTEBOOK, folder))
    environment = {name: value for name, value in os.environ.items() if name != "HUEPRESS_NOTEBOOK_IMAGE"}
    if picture:
        environment["HUEPRESS_NOTEBOOK_IMAGE"] = str(picture)
    command = [sys.executable, "-m", "jupyter", "execute", "--inplace", str(copy)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    return copy


def test_it_runs_on_a_photograph(tmp_path, photograph):
    """Half as wide and high as that of the demo, on which scikit-learn takes half a minute."""
    half = tmp_path / "half.jpg"
    with Image.open(photograph) as photo:
        photo.reduce(2).save(half, quality=95)
    copy = run(tmp_path, os.environ.get("HUEPRESS_NOTEBOOK_IMAGE") or half)
    text = text_of(copy)
    assert text.count("the kernel ends with the same colours") == 3
    assert "The elbow is at" in text
    for k in (10, 20):
        (saved,) = (tmp_path / "k-means-output").glob(f"*-k{k}.png")
        with Image.open(saved) as image:
            assert len(image.getcolors()) == k


def test_it_runs_on_a_picture_with_transparency(tmp_path, photograph):
    picture = tmp_path / "clear.png"
    with Image.open(photograph) as photo:
        small = np.asarray(photo.crop((100, 50, 160, 90)).convert("RGBA")).copy()
    small[:, :20, 3] = 0
    small[:, 20:40, 3] = 128
    Image.fromarray(small).save(picture)
    assert "K = 20: the kernel ends with the same colours" in text_of(run(tmp_path, picture))


def test_it_runs_on_a_drawing_of_four_colours_held_sideways(tmp_path):
    turned = Image.Exif()
    turned[0x0112] = 6  # turn right to see
    drawing = Image.new("RGB", (40, 24), "navy")
    for left, color in ((10, "white"), (20, "red"), (30, "gold")):
        drawing.paste(color, (left, 0, 40, 24))
    drawing.save(tmp_path / "drawing.png", exif=turned)
    text = text_of(run(tmp_path, tmp_path / "drawing.png"))
    assert "shape: (40, 24, 4)" in text
    assert "K = 20: the kernel ends with the same colours" in text
    assert "| drawing-k20.png | 4 |" in text


def test_the_outputs_are_in_it():
    cells = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    counts = [cell["execution_count"] for cell in cells if cell["cell_type"] == "code"]
    assert counts == list(range(1, len(counts) + 1))
    assert "size:   (640, 427)" in text_of(NOTEBOOK)  # of the photograph that it has for a picture
    assert sum("image/png" in output.get("data", {}) for output in outputs_of(NOTEBOOK)) >= 8
    assert NOTEBOOK.stat().st_size < 1_500_000


def test_nothing_of_the_machine_is_in_it():
    text = NOTEBOOK.read_text("utf-8")
    assert str(Path.home()) + os.sep not in text
    assert str(NOTEBOOK.parents[1]) not in text
    assert "WARNING" not in text
