import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from huepress.commands import huepress as command

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")


def blocks(language):
    found = re.findall(r"^```(\w*)\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    return [block for name, block in found if name == language]


@pytest.fixture
def folder(tmp_path, monkeypatch, photograph):
    monkeypatch.chdir(tmp_path)
    with Image.open(photograph) as whole:
        photo = whole.reduce(2)
    photo.save("photo.png")
    photo.crop((100, 50, 164, 114)).save("icon.png")
    Path("shots/icons").mkdir(parents=True)
    photo.crop((100, 50, 164, 114)).save("shots/icons/icon.png")
    return tmp_path


@pytest.mark.parametrize("code", blocks("python"))
def test_python_examples_run(folder, code):
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_shell_examples_are_taken(folder):
    lines = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("huepress")]
    assert len(lines) >= 4
    for line in lines:
        shell = line.replace("huepress", f"'{sys.executable}' -m huepress", 1)
        done = subprocess.run(shell, shell=True, capture_output=True, text=True)
        assert done.returncode == 0, (line, done.stderr)


def test_the_table_is_that_of_the_demo(folder, photograph, capsys):
    """Sizes may differ with the version of the deflate library, errors with that of the JPEG decoder, by a little."""
    Path("demo-output").mkdir()
    Path("demo-output/china.jpg").write_bytes(photograph.read_bytes())
    with pytest.raises(SystemExit, match="0"):
        command.main(["demo-output/china.jpg", "-k", "10,20"])
    shown = next(block for block in blocks("") if "china-k10" in block).splitlines()
    made = capsys.readouterr().err.splitlines()
    assert shown[0] == made[0]
    assert shown[1].split() == made[1].split()[:-1]
    for ours, theirs in zip(shown[2:], made[2:], strict=True):
        names, numbers = ours.split()[:2], [float(n.replace(",", "")) for n in ours.split()[2:]]
        measured = [float(n.replace(",", "")) for n in theirs.split()[2:-2]]
        assert names == theirs.split()[:2]
        assert measured == pytest.approx(numbers, rel=0.02, abs=1)
