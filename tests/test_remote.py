from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageColor

from huepress import quantize
from huepress.batch.inputs import Inputs
from huepress.batch.job import copy_of
from huepress.batch.run import LEVEL, run
from huepress.encode import encode
from huepress.errors import OverwriteError, ReadError, WriteError
from huepress.kmeans import BATCH_STRATEGY
from huepress.outputs import Output
from huepress.pressing import Options
from huepress.remote import files_below, is_url, read_bytes, write_bytes
from runner import run as run_command

fsspec = pytest.importorskip("fsspec")


@pytest.mark.parametrize(
    "path", ["memory://", "s3://bucket/a.png", "https://host/a.png", "memory://a", "simplecache::s3://b/a"]
)
def test_urls(path):
    assert is_url(path)


@pytest.mark.parametrize("path", ["a.png", "/a/b.png", "C:\\a.png", "c:/a.png", "a:b//c.png", "-", "://a"])
def test_paths(path):
    assert not is_url(path)


def test_bytes_go_and_come():
    write_bytes("memory://test/in/a.bin", b"data")
    assert read_bytes("memory://test/in/a.bin", 4) == b"data"
    with pytest.raises(OverwriteError, match="exists already"):
        write_bytes("memory://test/in/a.bin", b"other")
    write_bytes("memory://test/in/a.bin", b"other", force=True)
    assert read_bytes("memory://test/in/a.bin", 10) == b"other"


def test_what_is_below():
    assert files_below("memory://nothing/there") == frozenset()
    for name in ("a.bin", "deep/b.bin"):
        write_bytes(f"memory://below/it/{name}", b"data", force=True)
    assert files_below("memory://below/it/") == {"memory://below/it/a.bin", "memory://below/it/deep/b.bin"}


@pytest.mark.parametrize("folder", ["memory://out/in", "memory://root/", "memory://"])
def test_a_batch_to_urls(tmp_path, monkeypatch, folder):
    monkeypatch.chdir(tmp_path)  # where a folder "memory:" would be made
    there = folder if folder.endswith("/") else f"{folder}/"
    values = np.random.default_rng(0).integers(0, 256, (30, 30, 3)).astype(np.uint8)
    Image.fromarray(values).save(tmp_path / "a.png")
    options = Options({"max_pixels": 10**8}, {"effort": "fast", "threads": 1}, plain=True)

    def outcomes():
        results = run(Inputs([str(tmp_path)], [4], folder), options, Here())
        return [outcome for result in results for outcome in result.outcomes]

    (told,) = outcomes()
    assert (told.status, told.path) == ("written", f"{there}a.png")
    assert read_bytes(f"{there}a.png", 10**6) == encode(quantize(values, k=4, effort=BATCH_STRATEGY), level=LEVEL)
    (told,) = outcomes()
    assert (told.status, told.code) == ("failed", 15)
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_a_copy_at_the_root():
    output = Output("photo.jpg", None, "memory://photo.png", "png")
    assert copy_of(output) == "memory://photo.jpg"
    assert copy_of(replace(output, path="s3://bucket/in/photo.png")) == "s3://bucket/in/photo.jpg"


def test_what_has_a_url_may_have_changed_since_the_last_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    url = (tmp_path / "a.png").as_uri()
    for color in ("red", "blue"):
        Image.new("RGB", (30, 30), color).save("a.png")
        assert run_command(url, "-r", "-o", "out", "-k", 2, "-j", 1).exit_code == 0
        with Image.open("out/a.png") as image:
            assert image.convert("RGB").getpixel((0, 0)) == ImageColor.getrgb(color)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["{url}", "-r", "-o", "out", "--preserve"], "{url}: is a URL, which has no times for --preserve"),
        (["a.png", "-j", 1, "-o", "s3://b/out", "--preserve"], "s3://b/out: is a URL, which has no times"),
        (["{url}", "-o", "a.tif"], "{url}: is a URL, which is neither read nor written in chunks"),
        (["a.png", "-o", "s3://b/a.zarr"], "s3://b/a.zarr: is a URL, which is neither read nor written in chunks"),
    ],
)
def test_options_that_urls_do_not_have(tmp_path, monkeypatch, arguments, sentence):
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (3, 3)).save("a.png")
    url = (tmp_path / "a.png").as_uri()
    done = run_command(*(str(argument).format(url=url) for argument in arguments), "-k", 2)
    assert done.exit_code == 4
    assert done.stderr.startswith(f"huepress: {sentence.format(url=url)}")
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


class Here:
    """A pool that does its jobs in this process, which holds the files of memory://."""

    processors = group_files = group_bytes = 1

    def __init__(self):
        self.jobs = []

    def submit(self, jobs):
        self.jobs += jobs

    def next(self):
        job = self.jobs.pop(0)
        return [(job, job.run(1, 1))]


def test_refusals():
    with pytest.raises(ReadError, match=r"memory://test/none: cannot be read"):
        read_bytes("memory://test/none", 10)
    write_bytes("memory://test/long", b"12345", force=True)
    with pytest.raises(ReadError, match="more than 4 bytes"):
        read_bytes("memory://test/long", 4)
    with pytest.raises(ReadError, match="nosuch://a: cannot be reached"):
        read_bytes("nosuch://a", 4)
    with pytest.raises(WriteError, match="nosuch://a: cannot be reached"):
        write_bytes("nosuch://a", b"")
