"""huepress makes images smaller by K-means: it keeps only k colours and writes an indexed picture."""

from typing import TYPE_CHECKING, Any

from huepress._version import __version__

if TYPE_CHECKING:
    from huepress.errors import (
        HuepressError,
        MissingExtraError,
        OverwriteError,
        ReadError,
        TargetError,
        WriteError,
    )
    from huepress.image import Metadata, Picture, read

# Names are imported when first used (PEP 562), so that `import huepress` and `huepress --help` are instant.
_HOME = {
    "HuepressError": "errors",
    "Metadata": "image",
    "MissingExtraError": "errors",
    "OverwriteError": "errors",
    "Picture": "image",
    "ReadError": "errors",
    "TargetError": "errors",
    "WriteError": "errors",
    "read": "image",
}

__all__ = [
    "HuepressError",
    "Metadata",
    "MissingExtraError",
    "OverwriteError",
    "Picture",
    "ReadError",
    "TargetError",
    "WriteError",
    "__version__",
    "read",
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
