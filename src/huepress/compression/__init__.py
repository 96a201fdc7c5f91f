"""Compression: results of a picture at prices of a bit, and the one that meets a target."""

from huepress.compression.compressed import Compressed
from huepress.compression.compression import compress

__all__ = ["Compressed", "compress"]
