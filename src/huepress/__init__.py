"""huepress makes images smaller by K-means: it keeps only k colours and writes an indexed picture."""

from typing import TYPE_CHECKING, Any

from huepress._version import __version__

if TYPE_CHECKING:
    from huepress.errors import HuepressError, MissingExtraError, ReadError, TargetError, WriteError
    from huepress.estimator import KMeans
    from huepress.palette import Palette
    from huepress.palette_files import load_palette

# Names are imported when first used (PEP 562), so that `import huepress` and `huepress --help` are instant.
_HOME = {
    "HuepressError": "errors",
    "KMeans": "estimator",
    "MissingExtraError": "errors",
    "Palette": "palette",
    "ReadError": "errors",
    "TargetError": "errors",
    "WriteError": "errors",
    "load_palette": "palette_files",
}

__all__ = [
    "HuepressError",
    "KMeans",
    "MissingExtraError",
    "Palette",
    "ReadError",
    "TargetError",
    "WriteError",
    "__version__",
    "load_palette",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'huepress' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"huepress.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
