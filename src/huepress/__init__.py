"""huepress makes images smaller by K-means: it keeps only k colours and writes an indexed picture."""

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from huepress._version import __version__

if TYPE_CHECKING:
    from huepress.comparison import compare
    from huepress.errors import HuepressError, MissingExtraError, OverwriteError, ReadError, TargetError, WriteError
    from huepress.estimator import KMeans
    from huepress.histogram import Histogram
    from huepress.image import Picture, read
    from huepress.indexed import IndexedPicture
    from huepress.learn import learn_palette
    from huepress.palette import Palette
    from huepress.palette_files import load_palette
    from huepress.quality import Scores
    from huepress.quantize import quantize

# Names are imported when first used (PEP 562), so that `import huepress` and `huepress --help` are instant.
_HOME = {
    "Histogram": "histogram",
    "HuepressError": "errors",
    "IndexedPicture": "indexed",
    "KMeans": "estimator",
    "MissingExtraError": "errors",
    "OverwriteError": "errors",
    "Palette": "palette",
    "Picture": "image",
    "ReadError": "errors",
    "Scores": "quality",
    "TargetError": "errors",
    "WriteError": "errors",
    "compare": "comparison",
    "learn_palette": "learn",
    "load_palette": "palette_files",
    "quantize": "quantize",
    "read": "image",
}

__all__ = [
    "Histogram",
    "HuepressError",
    "IndexedPicture",
    "KMeans",
    "MissingExtraError",
    "OverwriteError",
    "Palette",
    "Picture",
    "ReadError",
    "Scores",
    "TargetError",
    "WriteError",
    "__version__",
    "compare",
    "learn_palette",
    "load_palette",
    "quantize",
    "read",
]


class _Package(ModuleType):
    """Python binds a module to its package when it is imported, whoever imports it; here the functions own their names.

    Without this, `huepress.quantize` would be the module `huepress.quantize` once another module had imported it.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        if _HOME.get(name) == name and isinstance(value, ModuleType):
            value = getattr(value, name)
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'huepress' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"huepress.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
