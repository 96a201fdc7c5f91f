"""The arrows of ARCHITECTURE.md against the imports of the code."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAP = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
PACKAGE = ROOT / "src" / "huepress"
APART = {"__init__", "__main__", "_version"}  # the lazy door, `python -m huepress`, a number


def section(title):
    return MAP.split(f"## {title}\n")[1].split("\n## ")[0]


def named(text):
    """The modules and packages that a text names in backquotes: `x.py`, `folder/`, `folder/x.py`."""
    names = {path.removesuffix(".py").rstrip("/") for path in re.findall(r"`(\w+/|(?:\w+/)?\w+\.py)`", text)}
    return {name for name in names if (PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").is_file()}


def floors():
    """The floor of each module: it may import from its own floor and those below."""
    shared = named(re.search(r"and\n?\s*(`errors\.py`.*?)\.\s", section("What may import what"), re.DOTALL)[1])
    stages, runners = section("Stages").split("What runs the stages")
    rows = [named(line) for line in stages.splitlines() if line.startswith("|")]
    faces = named(section("Faces"))
    placed = {}
    for floor, modules in enumerate([shared, *rows, named(runners), faces]):
        for module in modules:
            placed.setdefault(module, floor)
    return placed


FLOORS = floors()
FILES = [path for path in PACKAGE.rglob("*.py") if path.relative_to(PACKAGE).parts[0].removesuffix(".py") not in APART]


def name_of(path):
    """`x`, `folder/x`, or `folder` for its `__init__.py`."""
    return path.relative_to(PACKAGE).with_suffix("").as_posix().removesuffix("/__init__")


def floor(name):
    """That of a module, or else of the package that it is in, which counts as one module if its own are not placed."""
    found = FLOORS.get(name, FLOORS.get(name.partition("/")[0]))
    assert found is not None, f"ARCHITECTURE.md does not name {name}"
    return found


def imports(path):
    """The modules of huepress that a file imports when it is imported itself."""
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "huepress":
            place = "/".join(node.module.split(".")[1:])
            for alias in node.names:
                inner = f"{place}/{alias.name}".lstrip("/")
                yield inner if (PACKAGE / f"{inner}.py").is_file() or (PACKAGE / inner).is_dir() else place


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_imports_follow_the_map(path):
    own = floor(name_of(path))
    assert not {name for name in imports(path) if name not in APART and floor(name) > own}


def test_what_the_map_places_apart_it_places_whole():
    """A package with files of several stages: one that the map does not name would count as of the first of these."""
    several = {name.partition("/")[0] for name in FLOORS if floor(name) != floor(name.partition("/")[0])}
    assert several == {"animation"}
    assert {name_of(path) for path in (PACKAGE / "animation").glob("*.py")} <= set(FLOORS)


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(?:\w+/)*(\w+\.(?:py|cpp|h|js|css))`", MAP))))
def test_the_map_names_no_file_that_is_gone(name):
    assert any(list((ROOT / folder).rglob(name)) for folder in ("src", "native", "docs", "tests", "scripts"))
