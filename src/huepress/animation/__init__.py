"""Animations: the stages of a picture once more, for pictures that move, frame by frame."""

from huepress.animation.animation import Animation
from huepress.animation.reading import default_format, read_whole

__all__ = ["Animation", "default_format", "read_whole"]
