import errno
import os
import random
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from huepress import files, temporary
from huepress.errors import OverwriteError, WriteError
from samples import saved

posix = pytest.mark.skipif(os.name == "nt", reason="needs POSIX")
not_root = pytest.mark.skipif(getattr(os, "geteuid", lambda: 1)() == 0, reason="the superuser may write anywhere")


@pytest.fixture(autouse=True)
def _forget_swept_folders(monkeypatch):
    monkeypatch.setattr(temporary, "_swept", set())


def left_over(folder):
    return [p.name for p in folder.iterdir() if p.name.startswith(".huepress-")]


def noise_png():
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    return saved(pixels, "PNG")


def dead_process():
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def test_writes_a_new_file_with_the_usual_mode(tmp_path):
    target = tmp_path / "a.png"
    files.write(target, b"bytes")
    (tmp_path / "b").write_bytes(b"")
    assert target.read_bytes() == b"bytes"
    assert target.stat().st_mode == (tmp_path / "b").stat().st_mode
    assert left_over(tmp_path) == []


def test_an_existing_file_is_replaced_only_by_force(tmp_path):
    target = tmp_path / "a.png"
    target.write_bytes(b"old")
    for call in (files.check_writable, lambda path: files.write(path, b"new")):
        with pytest.raises(OverwriteError, match="exists already"):
            call(target)
    assert target.read_bytes() == b"old"
    files.write(target, b"new", force=True)
    assert target.read_bytes() == b"new"


@pytest.mark.parametrize("hard_links", [True, False])
def test_a_file_made_after_the_check_is_safe(tmp_path, monkeypatch, hard_links):
    target = tmp_path / "a.png"
    fill = files._fill

    def meanwhile(*arguments):
        fill(*arguments)
        target.write_bytes(b"other's")

    def no_links(*arguments):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(files, "_fill", meanwhile)
    if not hard_links:
        monkeypatch.setattr(Path, "hardlink_to", no_links)
    with pytest.raises(OverwriteError):
        files.write(target, b"ours")
    assert target.read_bytes() == b"other's"
    assert left_over(tmp_path) == []


@posix
def test_without_hard_links_a_new_file_is_written_all_the_same(tmp_path, monkeypatch):
    def no_links(*arguments):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", no_links)
    files.write(tmp_path / "a.png", b"ours")
    assert (tmp_path / "a.png").read_bytes() == b"ours"
    assert left_over(tmp_path) == []


@pytest.mark.parametrize("force", [False, True])
def test_the_input_is_replaced_only_in_place(tmp_path, force):
    source = tmp_path / "a.png"
    source.write_bytes(b"old")
    with pytest.raises(OverwriteError, match="is the input"):
        files.write(tmp_path / "." / "a.png", b"new", source=source, force=force)
    files.write(source, b"new", source=source, in_place=True)
    assert source.read_bytes() == b"new"


@posix
def test_the_input_is_recognised_through_links(tmp_path):
    source = tmp_path / "a.png"
    source.write_bytes(b"old")
    (tmp_path / "hard.png").hardlink_to(source)
    (tmp_path / "soft.png").symlink_to(source)
    for name in ("hard.png", "soft.png"):
        with pytest.raises(OverwriteError, match="is the input"):
            files.check_writable(tmp_path / name, source=source, force=True)


@posix
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755, 0o444])
def test_a_replaced_file_passes_its_mode_on(tmp_path, mode):
    target = tmp_path / "a.png"
    target.write_bytes(b"old")
    target.chmod(mode)
    files.write(target, b"new", force=True)
    assert stat.S_IMODE(target.stat().st_mode) == mode


@posix
def test_a_symbolic_link_is_followed_and_stays(tmp_path):
    (tmp_path / "there").mkdir()
    real = tmp_path / "there" / "real.png"
    real.write_bytes(b"old")
    link = tmp_path / "link.png"
    link.symlink_to(real)
    with pytest.raises(OverwriteError):
        files.write(link, b"new")
    files.write(link, b"new", force=True)
    assert link.is_symlink()
    assert real.read_bytes() == b"new"


def test_times_are_those_of_the_source_on_request(tmp_path):
    source = tmp_path / "a.png"
    source.write_bytes(b"old")
    os.utime(source, ns=(10**18, 10**18 + 123_456_700))
    files.write(tmp_path / "b.png", b"new", source=source, preserve=True)
    assert (tmp_path / "b.png").stat().st_mtime_ns == source.stat().st_mtime_ns
    files.write(source, b"new", source=source, in_place=True, preserve=True)
    assert source.stat().st_mtime_ns == 10**18 + 123_456_700


@pytest.mark.parametrize(
    "name", ["missing/a.png", "a" * 300 + ".png", "nul\0.png", "file/a.png", ".", "new\nline/a.png"]
)
def test_what_cannot_be_written_is_said_in_one_line(tmp_path, name):
    (tmp_path / "file").write_bytes(b"")
    for options in ({}, {"force": True}):
        with pytest.raises(WriteError) as caught:
            files.write(f"{tmp_path}/{name}", b"", **options)
        assert "\n" not in str(caught.value)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file"]


@posix
def test_devices_and_pipes_are_left_alone(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in ("/dev/null", tmp_path / "pipe"):
        with pytest.raises(WriteError, match="not a regular file"):
            files.write(path, b"", force=True)


@pytest.mark.skipif(not Path("/dev/fd").is_dir(), reason="needs /dev/fd")
def test_a_pipe_that_a_link_leads_to_is_left_alone():
    """As /dev/stdout leads to one, where stdout is a pipe."""
    ends = os.pipe()
    try:
        with pytest.raises(WriteError, match="not a regular file"):
            files.write(f"/dev/fd/{ends[1]}", b"x")
    finally:
        for end in ends:
            os.close(end)


@posix
@not_root
def test_a_read_only_folder_is_refused_before_the_work(tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(WriteError, match="read-only"):
            files.check_writable(tmp_path / "a.png")
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_leaves_the_original_whole(tmp_path, monkeypatch):
    target = tmp_path / "a.png"
    target.write_bytes(b"old")
    monkeypatch.setattr(files.os, "open", lambda path, *rest, real=os.open: real("/dev/full", os.O_WRONLY))
    with pytest.raises(WriteError, match="No space left"):
        files.write(target, b"new", force=True)
    assert target.read_bytes() == b"old"


@posix
@pytest.mark.parametrize("options", [["--in-place"], ["-o", "new.webp"], ["-o", "new.gif"]])
def test_the_command_on_a_full_disk(tmp_path, options):
    """A limit on the size of files ends a write in its midst, as a disk that is full does."""
    import resource

    original = noise_png()
    (tmp_path / "a.png").write_bytes(original)
    done = subprocess.run(
        [sys.executable, "-m", "huepress", "a.png", "-k", "200", "--quiet", *options],
        cwd=tmp_path, capture_output=True, text=True, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000)),
    )  # fmt: skip
    target = "a.png" if options == ["--in-place"] else options[-1]
    assert (done.returncode, done.stdout) == (16, "")
    assert done.stderr == f"huepress: {target}: cannot be written ({os.strerror(errno.EFBIG)})\n"
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
    assert (tmp_path / "a.png").read_bytes() == original


@posix
def test_a_signal_during_the_write_leaves_nothing_behind(tmp_path, monkeypatch):
    def interrupted(*arguments):
        Path(arguments[0]).write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(files, "_fill", interrupted)
    with pytest.raises(KeyboardInterrupt):
        files.write(tmp_path / "a.png", b"new")
    assert list(tmp_path.iterdir()) == []


@posix
def test_only_temporary_files_of_dead_processes_are_removed(tmp_path):
    def left(host, process):
        path = tmp_path / f".huepress-{host}-{process}-0123456789abcdef.tmp"
        path.write_bytes(b"")
        return path

    stale = left(temporary._HOST, dead_process())
    mine = left(temporary._HOST, os.getpid())
    foreign = left("0badcafe" if temporary._HOST != "0badcafe" else "00000000", dead_process())
    old = left(temporary._HOST, 1)
    os.utime(old, (time.time() - 10**6,) * 2)
    unlike = tmp_path / f".huepress-{temporary._HOST}-{dead_process()}-mine.tmp"
    unlike.write_bytes(b"")
    files.write(tmp_path / "a.png", b"new")
    assert {p.name for p in tmp_path.iterdir()} == {"a.png", mine.name, foreign.name, unlike.name}
    assert not stale.exists()


# For each line a process that writes until it is killed: to fork one takes less than to start Python.
WRITERS = """
import os, sys
from pathlib import Path
from huepress import files

target, size = Path(sys.argv[1]), 300_000

def write():
    number = 0
    while True:
        number += 1
        files.write(target, bytes([number % 251]) * size, source=target, in_place=True)
        files.write(target.with_name("new.png"), b"new" * size)
        target.with_name("new.png").unlink()

for _ in sys.stdin:
    child = os.fork() or write()
    print(child, flush=True)
    os.waitpid(child, 0)
    print("ended", flush=True)
"""


@posix
def test_killed_at_100_random_moments_the_original_is_whole(tmp_path):
    target = tmp_path / "a.png"
    target.write_bytes(b"\0" * 300_000)
    chance = random.Random(0)
    met = 0
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
    with subprocess.Popen([sys.executable, "-c", WRITERS, str(target)], **pipes) as writers:
        for _ in range(100):
            writers.stdin.write("\n")
            child = int(writers.stdout.readline())
            time.sleep(chance.uniform(0, 0.03))
            os.kill(child, signal.SIGKILL)
            assert writers.stdout.readline() == "ended\n"
            whole = target.read_bytes()
            assert len(whole) == 300_000
            assert len(set(whole)) == 1
            new = tmp_path / "new.png"
            assert not new.exists() or new.read_bytes() == b"new" * 300_000
            new.unlink(missing_ok=True)
            met += bool(left_over(tmp_path))
    assert met > 0, "no kill fell into a write: the test shows nothing"
    files.write(target, b"end", source=target, in_place=True)
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]
