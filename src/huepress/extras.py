"""Optional packages, imported when used; a missing one is named together with the extra that installs it."""

from importlib import import_module
from typing import Any

from huepress.errors import MissingExtraError


def require(module: str, *, extra: str) -> Any:
    """The module of that name, e.g. "matplotlib.colors"; `MissingExtraError` if it is not installed."""
    try:
        return import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise MissingExtraError(f"this needs {package}, which is not here: pip install 'huepress[{extra}]'") from error
