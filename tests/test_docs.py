"""Every example of the documentation runs, in the order of its page, and every link leads somewhere."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

import huepress
from huepress.commands import _SUBCOMMANDS

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs").rglob("*.md"))
TEXTS = [*PAGES, *ROOT.glob("*.md")]
RUN = ("python", "sh", "make")
HOW_TO = [page for page in PAGES if page.parent.name == "how-to"]


def named(page):
    return str(page.relative_to(ROOT))


def blocks(page):
    """(language, code) of each fenced block."""
    return re.findall(r"^```(\w*)\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def chart():
    """A chart in greys whose only colour is a small red spot."""
    image = Image.new("RGB", (160, 100), "#fafafa")
    draw = ImageDraw.Draw(image)
    for i in range(12):
        draw.rectangle((10 + 12 * i, 90 - 6 * i, 18 + 12 * i, 90), fill=(40 + 15 * i,) * 3)
    draw.ellipse((74, 44, 80, 50), fill="#d40000")
    return image


@pytest.fixture
def folder(tmp_path, monkeypatch, photograph):
    """What the examples find: a photograph, an icon, a chart, folders of pictures, and the command."""
    monkeypatch.chdir(tmp_path)
    with Image.open(photograph) as image:
        photo = image.resize((320, 213), Image.Resampling.LANCZOS)
    photo.save("photo.png")
    photo.crop((50, 50, 82, 82)).save("icon.png")
    chart().save("chart.png")
    for name in ("assets", "sprites", "small"):
        Path(name).mkdir()
    for i in range(3):
        photo.crop((40 * i, 60, 40 * i + 96, 140)).save(f"assets/shot{i}.png")
        photo.crop((60 * i, 90, 60 * i + 24, 114)).save(f"sprites/tile{i}.png")
    chart().save("assets/logo.png")
    photo.crop((100, 20, 260, 160)).save("assets/shot.png")
    Path("bin").mkdir()
    command = Path("bin/huepress")
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m huepress "$@"\n')
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{command.parent.absolute()}{os.pathsep}{os.environ['PATH']}")


def run(language, code):
    if language == "python":
        exec(compile(code, "example", "exec"), {"__name__": "example"})
        return
    if language == "make":
        Path("Makefile").write_text(code)
    call = ["make", "all"] if language == "make" else ["sh", "-ec", code]
    done = subprocess.run(call, capture_output=True, text=True)
    assert done.returncode == 0, (code, done.stderr)


@pytest.mark.skipif(sys.platform == "win32" or not shutil.which("make"), reason="the examples need sh and make")
@pytest.mark.parametrize("page", [page for page in PAGES if {name for name, _ in blocks(page)} & set(RUN)], ids=named)
def test_examples_run_in_their_order(folder, page):
    for language, code in blocks(page):
        if language in RUN:
            run(language, code)


def test_what_is_not_run_installs_builds_or_measures():
    """Files that are named are there."""
    lines = [
        line for page in PAGES for name, code in blocks(page) if name == "console" for line in code.splitlines() if line
    ]
    assert lines
    for line in lines:
        found = re.match(r"\$ (pip install |make |python (?P<script>(benchmarks|docs)/\w+\.py))", line)
        assert found, line
        assert not found["script"] or (ROOT / found["script"]).is_file(), line


@pytest.mark.parametrize("page", TEXTS, ids=named)
def test_links_lead_somewhere(page):
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, anchor = target.partition("#")
        if path.startswith(("https:", "http:")):
            continue
        there = page.parent / path if path else page
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), target


def anchors(page):
    heads = re.findall(r"^#+ (.*)", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def test_each_how_to_is_one_click_from_the_readme():
    readme = (ROOT / "README.md").read_text("utf-8")
    assert len(HOW_TO) >= 7
    for page in HOW_TO:
        assert f"({named(page)})" in readme


def test_the_reference_names_all_that_is_public():
    library = (ROOT / "docs/reference/library.md").read_text("utf-8")
    documented = re.findall(r"^\.\. auto(?:function|class|exception):: huepress\.(\w+)$", library, re.MULTILINE)
    assert sorted(documented) == sorted(set(huepress.__all__) - {"__version__"}), "one line each, please"
    command = (ROOT / "docs/reference/command.md").read_text("utf-8")
    assert re.findall(r"^```\{command-help\} (\w+)$", command, re.MULTILINE) == ["compress", *_SUBCOMMANDS[1:]]


def test_figures_are_small_and_used():
    text = "".join(page.read_text("utf-8") for page in PAGES)
    files = {path.name: path.stat().st_size for path in (ROOT / "docs/figures").iterdir()}
    assert set(files) == set(re.findall(r"figures/([\w-]+\.\w+)\)", text))
    assert sum(files.values()) < 500_000


def test_the_figures_of_a_page_are_those_of_the_benchmark():
    measured = (ROOT / "docs/benchmarks/photographs.md").read_text("utf-8")
    told = (ROOT / "docs/when-not-to-use.md").read_text("utf-8")
    table = re.search(r"^\| picture.*?(?=^$)", told, re.MULTILINE | re.DOTALL)[0]
    sizes = re.findall(r"\d+,\d{3}", table)
    assert len(sizes) > 30
    assert set(sizes) <= set(re.findall(r"\d+,\d{3}", measured))
