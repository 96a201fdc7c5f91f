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
    names = {re.match(r"\w+", path)[0] for path in re.findall(r"`(\w+/\S*|\w+\.py)`", text)}
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


def module_of(path):
    """The first part below the package: a package in it counts as one module."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


MODULES = [path for path in PACKAGE.rglob("*.py") if module_of(path) not in APART]


def imports(path):
    """The modules of huepress that a file imports when it is imported itself."""
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.ImportFrom) and node.module == "huepress":
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("huepress."):
            yield node.module.split(".")[1]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_follow_the_map(path):
    module = module_of(path)
    assert module in FLOORS, f"ARCHITECTURE.md does not name {module}"
    higher = {name for name in imports(path) if name not in APART and FLOORS[name] > FLOORS[module]}
    assert not higher


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(?:\w+/)*(\w+\.(?:py|cpp|h|js|css))`", MAP))))
def test_the_map_names_no_file_that_is_gone(name):
    assert any(list((ROOT / folder).rglob(name)) for folder in ("src", "native", "docs", "tests", "scripts"))
