"""huepress makes images smaller by K-means: it keeps only k colours and writes an indexed picture."""

from typing import TYPE_CHECKING, Any

from huepress._version import __version__

if TYPE_CHECKING:
    from huepress.animation import Animation, read_whole
    from huepress.animation.indexed import IndexedAnimation
    from huepress.comparison import compare
    from huepress.compression import Compressed, compress
    from huepress.compression.compressed_animation import CompressedAnimation
    from huepress.curve import Elbow, elbow
    from huepress.errors import (
        HuepressError,
        MissingExtraError,
        OverwriteError,
        ReadError,
        TargetError,
        WriteError,
    )
    from huepress.estimator import KMeans
    from huepress.histogram import Histogram
    from huepress.image import Picture, read
    from huepress.indexed import IndexedPicture
    from huepress.iteration import Iteration
    from huepress.learn import learn_palette
    from huepress.palette import Palette
    from huepress.palette_files import load_palette
    from huepress.quality import Scores
    from huepress.quantization import quantize

# Names are imported when first used (PEP 562), so that `import huepress` and `huepress --help` are instant.
_HOME = {
    "Animation": "animation",
    "Compressed": "compression",
    "CompressedAnimation": "compression.compressed_animation",
    "Elbow": "curve",
    "Histogram": "histogram",
    "HuepressError": "errors",
    "IndexedAnimation": "animation.indexed",
    "IndexedPicture": "indexed",
    "KMeans": "estimator",
    "Iteration": "iteration",
    "MissingExtraError": "errors",
    "OverwriteError": "errors",
    "Palette": "palette",
    "Picture": "image",
    "ReadError": "errors",
    "Scores": "quality",
    "TargetError": "errors",
    "WriteError": "errors",
    "compare": "comparison",
    "compress": "compression",
    "elbow": "curve",
    "learn_palette": "learn",
    "load_palette": "palette_files",
    "quantize": "quantization",
    "read": "image",
    "read_whole": "animation",
}

__all__ = [
    "Animation",
    "Compressed",
    "CompressedAnimation",
    "Elbow",
    "Histogram",
    "HuepressError",
    "IndexedAnimation",
    "IndexedPicture",
    "Iteration",
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
    "compress",
    "elbow",
    "learn_palette",
    "load_palette",
    "quantize",
    "read",
    "read_whole",
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
