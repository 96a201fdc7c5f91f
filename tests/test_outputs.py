import os
from pathlib import Path

import pytest

from huepress.exit_codes import CommandError, ExitCode
from huepress.outputs import plan


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("out").mkdir()
    Path("file").touch()
    return tmp_path


def names(*sources, ks=(), **options):
    return [output.path.replace(os.sep, "/") for output in plan(sources, ks, **options)]


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (lambda: names("photo.jpg"), ["photo-hp.png"]),
        (lambda: names("photo.jpg", ks=[10]), ["photo-k10.png"]),
        (lambda: names("a/photo.jpg", ks=[10, 20]), ["a/photo-k10.png", "a/photo-k20.png"]),
        (lambda: names("photo.jpg", format="webp"), ["photo-hp.webp"]),
        (lambda: names("photo.tar.jpg"), ["photo.tar-hp.png"]),
        (lambda: names("photo"), ["photo-hp.png"]),
        (lambda: names("."), ["-hp.png"]),
        (lambda: names("photo.jpg", output="new.png"), ["new.png"]),
        (lambda: names("photo.jpg", output="new"), ["new"]),
        (lambda: names("photo.jpg", output="out"), ["out/photo.png"]),
        (lambda: names("photo.jpg", output="new/"), ["new/photo.png"]),
        (lambda: names("photo.jpg", ks=[4], output="new/"), ["new/photo.png"]),
        (lambda: names("photo.jpg", ks=[4, 8], output="new"), ["new/photo-k4.png", "new/photo-k8.png"]),
        (lambda: names("a.jpg", "b.jpg", output="new"), ["new/a.png", "new/b.png"]),
        (lambda: names("-"), ["-"]),
        (lambda: names("a.jpg", output="-"), ["-"]),
        (lambda: names("-", output="new.png"), ["new.png"]),
        (lambda: names("-", ks=[2, 3], output="new"), ["new/stdin-k2.png", "new/stdin-k3.png"]),
        (lambda: names("a.png", "b.webp", in_place=True), ["a.png", "b.webp"]),
        (lambda: names("a.png", ks=[4], in_place=True), ["a.png"]),
    ],
)
def test_names(made, expected):
    assert made() == expected


@pytest.mark.parametrize(
    ("made", "format", "asked"),
    [
        (lambda: plan(["a.jpg"]), "png", False),
        (lambda: plan(["a.webp"]), "png", False),
        (lambda: plan(["a.jpg"], format="gif"), "gif", True),
        (lambda: plan(["a.jpg"], output="b.webp"), "webp", True),
        (lambda: plan(["a.jpg"], output="b.WEBP"), "webp", True),
        (lambda: plan(["a.jpg"], output="b"), "png", True),
        (lambda: plan(["a.jpg"], output="b", format="gif"), "gif", True),
        (lambda: plan(["a.gif"], output="b", default=lambda _: "gif"), "gif", True),
        (lambda: plan(["a.gif"], output="b.apng", default=lambda _: "gif"), "png", True),
        (lambda: plan(["a.jpg"], output="out"), "png", False),
        (lambda: plan(["-"], format="webp"), "webp", True),
        (lambda: plan(["a.webp"], in_place=True), "webp", False),
        (lambda: plan(["a.apng"], in_place=True), "png", False),
    ],
)
def test_formats(made, format, asked):
    assert [(output.format, output.format_asked) for output in made()] == [(format, asked)]


@pytest.mark.parametrize(
    ("made", "code", "sentence"),
    [
        (lambda: plan(["a.jpg", "a.png"]), 4, "a.jpg and a.png would both be written to a-hp.png"),
        (lambda: plan(["x/a.jpg", "y/a.jpg"], output="out"), 4, "would both be written to out/a.png"),
        (lambda: plan(["a.jpg", "./a.jpg"]), 4, "would both"),
        (lambda: plan(["a.png", "a.png"]), 4, "a.png would be written to a-hp.png twice: name each picture, and each"),
        (lambda: plan(["a.png"], [3, 3]), 4, "a.png would be written to a-k3.png twice: name each picture, and each k"),
        (lambda: plan(["-"], [8, 9]), 4, "several results of - cannot all go to stdout"),
        (lambda: plan(["-", "-"]), 4, "several results of -"),
        (lambda: plan(["-", "a.png"], output="-"), 4, "would both be written to stdout"),
        (lambda: plan(["a.jpg", "b.jpg"], output="file"), 4, "-o file: is a file"),
        (lambda: plan(["a.jpg", "b.jpg"], output="c.png"), 4, "-o c.png: is the name of a file: name a folder"),
        (lambda: plan(["a.jpg"], [8, 9], output="c.JPG"), 4, "-o c.JPG: is the name of a file: name a folder"),
        (lambda: plan(["a.png"], output="b.jpg"), 4, "-o b.jpg: huepress writes PNG"),
        (lambda: plan(["a.png"], output="b.gif", format="webp"), 4, "-o b.gif: its suffix"),
        (lambda: plan(["a.jpg"], in_place=True), 4, "a.jpg: cannot be replaced in place"),
        (lambda: plan(["a.png"], in_place=True, format="gif"), 4, "a.png: cannot be replaced in place by a gif"),
        (lambda: plan(["a.png"], in_place=True, output="b.png"), 4, "--in-place and -o"),
        (lambda: plan(["a.png"], [2, 3], in_place=True), 4, "--in-place and several -k"),
        (lambda: plan(["-"], in_place=True), 4, "--in-place and stdin"),
        (lambda: plan(["a.png"], output="a.png", force=True), 15, "a.png: would replace an input"),
        (lambda: plan(["a.png", "a-hp.png"], force=True), 15, "a-hp.png: would replace an input"),
    ],
)
def test_refusals(made, code, sentence):
    with pytest.raises(CommandError) as caught:
        made()
    assert caught.value.code == ExitCode(code)
    assert sentence in str(caught.value).replace(os.sep, "/")


def test_symbolic_links_are_seen_through():
    Path("a.png").touch()
    Path("link.png").symlink_to("a.png")
    with pytest.raises(CommandError, match="would replace an input"):
        plan(["a.png"], output="link.png", force=True)


def test_a_name_too_long_is_no_crash():
    assert names("a.png", output="x" * 5000) == ["x" * 5000]


@pytest.mark.parametrize("options", [{"force": True}, {}])
def test_check_finds_a_file_that_is_there(options):
    (output,) = plan(["a.jpg"], output="file", **options)
    if options:
        output.check()
    else:
        with pytest.raises(Exception, match="exists"):
            output.check()


def test_write_makes_the_folder_that_was_asked_for():
    (output,) = plan(["a.jpg"], output="new/deep/")
    output.check()
    output.write(b"data")
    assert Path("new/deep/a.png").read_bytes() == b"data"
