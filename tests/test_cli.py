import io
import json
import os
import platform
import re
import shutil
import signal
import struct
import subprocess
import sys
import sysconfig
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import huepress
from faults import heed_interrupts
from huepress import cli
from huepress.commands.compress import compress
from huepress.exit_codes import ExitCode
from huepress.help_text import HELP
from runner import run

COMMAND = (sys.executable, "-m", "huepress")


@pytest.fixture(scope="session")
def pictures(tmp_path_factory, photograph):
    """A folder with some pictures and some files that are none."""
    made = tmp_path_factory.mktemp("pictures")
    photo = opened(photograph).crop((60, 40, 220, 160))
    photo.save(made / "photo.jpg", quality=95)
    photo.save(made / "photo.png")
    photo.quantize(8).save(made / "eight.png")
    Image.new("L", (70_000, 1)).save(made / "wide.png")
    photo.convert("RGBA").save(made / "photo.webp", lossless=True)
    (made / "empty.png").touch()
    (made / "text.png").write_text("no picture")
    (made / "truncated.png").write_bytes((made / "photo.png").read_bytes()[:5000])
    (made / "directory").mkdir()
    (made / "taken.png").write_bytes(b"precious")
    return made


@pytest.fixture
def folder(tmp_path, monkeypatch, pictures):
    """A folder of them to work in."""
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(pictures, tmp_path, dirs_exist_ok=True))


def process(*arguments, stdin=b"", **options):
    return subprocess.run([*COMMAND, *map(str, arguments)], input=stdin, capture_output=True, timeout=60, **options)


def opened(path):
    return Image.open(io.BytesIO(Path(path).read_bytes()))


def pixels(path):
    return np.asarray(opened(path).convert("RGB"))


def test_the_table_leaves_out_what_says_nothing_of_perceived_quality(folder):
    done = run("photo.png", "-o", "out.png")
    assert done.exit_code == 0, done.stderr
    lines = done.stderr.splitlines()
    assert " ".join(lines[1].split()) == "file colours bytes ratio MSE PSNR dB SSIMULACRA2 time"
    assert len(lines[2].split()) == 9  # seconds have a unit
    told = json.loads(run("photo.png", "-o", "out.png", "--json", "-f").stdout)  # measured on the file
    assert 0 < told["ssim"] < 1
    figures = [f"{told['colors']}", f"{told['bytes']:,}", f"{told['ratio']:.2f}", f"{told['mse']:.2f}"]
    assert lines[2].split()[1:7] == [*figures, f"{told['psnr']:.2f}", f"{told['ssimulacra2']:.1f}"]


def test_the_main_job(folder):
    done = run("photo.jpg", "-k", "10,20")
    assert done.exit_code == 0
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert lines[0] == f"photo.jpg: 160 x 120 pixels, {Path('photo.jpg').stat().st_size:,} bytes"
    assert " ".join(lines[1].split()) == "file colours bytes ratio MSE PSNR dB SSIM SSIMULACRA2 time"
    for line, k in zip(lines[2:], (10, 20), strict=True):
        name, colors, size, *_ = line.split()
        assert (name, colors) == (f"photo-k{k}.png", str(k))
        assert int(size.replace(",", "")) == Path(name).stat().st_size
        assert opened(name).mode == "P"
        assert len(np.unique(pixels(name).reshape(-1, 3), axis=0)) == k


def test_it_writes_what_the_library_makes(folder):
    assert run("photo.jpg", "-k", 12, "--seed", 7, "--effort", "fast").exit_code == 0
    expected = huepress.quantize("photo.jpg", k=12, seed=7, effort="fast")
    assert Path("photo-k12.png").read_bytes() == expected.encode("png")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--space", "oklab"], lambda: huepress.quantize("photo.jpg", k=5, space="oklab")),
        (
            ["--fixed", "#d40000,rgb(1, 2, 3)"],
            lambda: huepress.quantize("photo.jpg", k=5, fixed=["#d40000", "#010203"]),
        ),
        (["--effort", "best"], lambda: huepress.quantize("photo.jpg", k=5, effort="best")),
        (["--threads", "1"], lambda: huepress.quantize("photo.jpg", k=5)),
        (["--strip", "--quiet"], lambda: huepress.quantize("photo.jpg", k=5)),
    ],
)
def test_options_reach_the_library(folder, options, expected):
    assert run("photo.jpg", "-k", 5, "-o", "out.png", *options).exit_code == 0
    assert Path("out.png").read_bytes() == expected().encode("png")


def test_a_palette_file(folder):
    Path("two.hex").write_text("000000\nffffff\n")
    assert run("photo.jpg", "--palette", "two.hex").exit_code == 0
    assert set(map(tuple, np.unique(pixels("photo-hp.png").reshape(-1, 3), axis=0).tolist())) == {
        (0, 0, 0),
        (255, 255, 255),
    }


def test_without_k_it_compresses(folder):
    assert run("photo.png").exit_code == 0
    assert Path("photo-hp.png").read_bytes() == huepress.compress("photo.png").data


def test_a_quality_target(folder):
    done = run("photo.png", "-q", 60, "--json")
    assert done.exit_code == 0
    assert 60 <= json.loads(done.stdout)["ssimulacra2"] <= 60.5
    assert Path("photo-hp.png").read_bytes() == huepress.compress("photo.png", quality=60).data


def test_a_byte_target(folder):
    assert run("photo.png", "--max-bytes", "5kB").exit_code == 0
    assert 4850 <= Path("photo-hp.png").stat().st_size <= 5000
    assert Path("photo-hp.png").read_bytes() == huepress.compress("photo.png", max_bytes=5000).data


def test_a_target_in_another_format(folder):
    assert run("photo.png", "--max-bytes", "5KiB", "-o", "small.webp").exit_code == 0
    assert Path("small.webp").stat().st_size <= 5120
    assert opened("small.webp").format == "WEBP"


def test_a_target_with_k_takes_at_most_k_colours(folder):
    assert run("photo.png", "-q", 40, "-k", "100,120").exit_code == 0
    assert len(opened("photo-k100.png").convert("RGB").getcolors()) <= 100
    assert Path("photo-k120.png").exists()


@pytest.mark.parametrize(("target", "word"), [(["-q", "99.9"], "99.9"), (["--max-bytes", "50"], "50 bytes")])
def test_a_target_out_of_reach(folder, target, word):
    done = run("photo.png", *target)
    assert done.exit_code == 99
    assert done.stderr.startswith("huepress: photo.png: ")
    assert word in done.stderr
    assert not Path("photo-hp.png").exists()


@pytest.mark.parametrize(("name", "format"), [("a.png", "PNG"), ("a.webp", "WEBP"), ("a.gif", "GIF")])
def test_the_format_is_that_of_the_name(folder, name, format):
    assert run("photo.png", "-k", 4, "-o", name).exit_code == 0
    assert opened(name).format == format


def test_several_files_into_a_folder(folder):
    assert run("photo.jpg", "eight.png", "-k", 4, "-o", "new").exit_code == 0
    assert sorted(path.name for path in Path("new").iterdir()) == ["eight.png", "photo.png"]


def test_json_is_a_line_for_each_file(folder):
    done = run("photo.jpg", "text.png", "eight.png", "-k", 8, "--json")
    assert done.exit_code == 2
    first, second, third = map(json.loads, done.stdout.splitlines())
    assert (first["input"], first["output"], first["k"], first["colors"]) == ("photo.jpg", "photo-k8.png", 8, 8)
    assert first["bytes"] == Path("photo-k8.png").stat().st_size
    assert first["original_bytes"] == Path("photo.jpg").stat().st_size
    assert first["ratio"] == pytest.approx(first["original_bytes"] / first["bytes"])
    error = np.square(pixels("photo.jpg").astype(float) - pixels("photo-k8.png")).sum(axis=2).mean()
    assert first["mse"] == pytest.approx(error)
    assert first["psnr"] == pytest.approx(10 * np.log10(3 * 255**2 / error))
    assert (second["input"], second["exit_code"]) == ("text.png", 2)
    assert second["error"].startswith("text.png: ")
    assert (third["mse"], third["psnr"]) == (0, None)  # an exact copy


def test_quiet_says_nothing(folder):
    done = run("photo.jpg", "-k", 4, "--quiet")
    assert (done.exit_code, done.output) == (0, "")


def test_quiet_tells_failures(folder):
    done = run("text.png", "--quiet")
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)


def test_stdin_to_stdout(folder):
    done = process("-", "-k", "16", "--json", stdin=Path("photo.png").read_bytes())
    assert done.returncode == 0
    assert done.stdout == huepress.quantize("photo.png", k=16).encode("png")
    assert json.loads(done.stderr)["colors"] == 16


def test_stdout_with_a_table(folder):
    done = process("photo.png", "-k", "16", "-o", "-")
    assert Image.open(io.BytesIO(done.stdout)).format == "PNG"
    assert b"stdout" in done.stderr


def test_in_place(folder):
    before = pixels("photo.png")
    assert run("photo.png", "--in-place", "-k", 256).exit_code == 0
    assert opened("photo.png").mode == "P"
    assert pixels("photo.png").shape == before.shape


def test_hidden_colours_are_kept(folder):
    pixels = np.zeros((40, 50, 4), np.uint8)
    pixels[:, 10:20] = 200, 30, 40, 0
    pixels[:, 20:] = 30, 40, 200, 255
    Image.fromarray(pixels).save("hidden.png")
    assert run("hidden.png", "-k", 3, "-o", "kept.png", "--keep-hidden").exit_code == 0
    assert np.array_equal(np.asarray(opened("kept.png").convert("RGBA")), pixels)
    assert run("hidden.png", "-k", 3, "-o", "dropped.png").exit_code == 0
    assert np.asarray(opened("dropped.png").convert("RGBA"))[0, 15].tolist() == [0, 0, 0, 0]


def test_force_overwrites(folder):
    assert run("photo.png", "-k", 4, "-o", "taken.png", "-f").exit_code == 0
    assert opened("taken.png").mode == "P"


def test_a_larger_result_is_not_written(folder):
    run("photo.png", "-k", 8, "-o", "small.png")
    opened("small.png").convert("RGB").save("small.webp", lossless=True, quality=100, method=6)
    done = run("small.webp")
    assert done.exit_code == 98
    assert not Path("small-hp.png").exists()
    assert "small.webp" in done.stderr
    assert "larger" in done.stderr
    assert run("small.webp", "--force").exit_code == 0
    assert Path("small-hp.png").stat().st_size > Path("small.webp").stat().st_size


@pytest.mark.parametrize("options", [["-k", 8], ["--format", "png"], ["-o", "b.png"]])
def test_a_larger_result_is_written_if_asked_for(folder, options):
    opened("eight.png").convert("RGB").save("small.webp", lossless=True, quality=100, method=6)
    done = run("small.webp", *options)
    assert done.exit_code == 0
    assert "larger" in done.stderr


def test_no_file_is_left_where_nothing_is_written(folder):
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    for arguments in (["text.png"], ["photo.png", "-o", "taken.png"], ["photo.png", "-o", "no/folder.png"]):
        assert run(*arguments).exit_code != 0
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


NO_ROOT = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may write anywhere")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([], 1, ["PICTURE", "huepress --help"]),
        (["-k", "4"], 1, ["PICTURE"]),
        (["missing.png"], 2, ["missing.png"]),
        (["empty.png"], 2, ["empty.png", "empty"]),
        (["text.png"], 2, ["text.png"]),
        (["truncated.png"], 2, ["truncated.png"]),
        (["directory"], 2, ["directory"]),
        ([""], 2, ["'': cannot be read"]),
        (["report", ""], 2, ["'': cannot be read"]),
        (["."], 2, ["."]),
        (["missing.png", "-k", "3,4"], 2, ["missing.png"]),
        (["photo.png", "--max-pixels", "10k"], 2, ["photo.png", "160 x 120", "10,000"]),
        (["photo.png", "--palette", "missing.gpl"], 2, ["missing.gpl"]),
        (["photo.png", "-k", "0"], 4, ["-k", "'0'", "1 to 256"]),
        (["photo.png", "-k", "257"], 4, ["-k", "'257'"]),
        (["photo.png", "-k", "-3"], 4, ["-k", "'-3'"]),
        (["photo.png", "-k", "x"], 4, ["-k", "'x'"]),
        (["photo.png", "-k", ""], 4, ["-k", "''"]),
        (["photo.png", "-k", "8,"], 4, ["-k", "''"]),
        (["photo.png", "-k", "2.5"], 4, ["-k", "'2.5'"]),
        (["photo.png", "-k", "٣"], 4, ["-k", "'٣'"]),
        (["photo.png", "-k"], 4, ["-k"]),
        (["photo.png", "--unknown"], 4, ["--unknown"]),
        (["photo.png", "--effort", "much"], 4, ["--effort", "'much'"]),
        (["photo.png", "--format", "jpeg"], 4, ["--format", "'jpeg'"]),
        (["photo.png", "--dither", "2"], 4, ["--dither", "2"]),
        (["photo.png", "--threads", "0"], 4, ["--threads", "0"]),
        (["photo.png", "--seed", "x"], 4, ["--seed", "'x'"]),
        (["photo.png", "-q", "101"], 4, ["-q", "101"]),
        (["photo.png", "-q", "high"], 4, ["-q", "'high'"]),
        (["photo.png", "--max-bytes", "0"], 4, ["--max-bytes", "'0'"]),
        (["photo.png", "--max-bytes", "12 pounds"], 4, ["--max-bytes", "'12 pounds'"]),
        (["photo.png", "--space", "oklab"], 4, ["--space oklab", "-k"]),
        (["photo.png", "-k", "9", "-q", "50", "--space", "oklab"], 4, ["--space oklab"]),
        (["photo.png", "--max-pixels", "0"], 4, ["--max-pixels", "'0'"]),
        (["photo.png", "--fixed", "red,reddish"], 4, ["--fixed", "'reddish'"]),
        (["photo.png", "-k", "1", "--fixed", "red,blue"], 4, ["2 fixed", "1"]),
        (["wide.png", "--format", "gif"], 4, ["wide.png: GIF holds at most 65535 pixels a side, not 70000 x 1"]),
        (["photo.png", "-o", "a.jpg"], 4, ["a.jpg"]),
        (["photo.png", "photo.jpg"], 4, ["photo.png", "photo.jpg", "photo-hp.png"]),
        (["photo.png", "--palette", "missing.gpl", "-k", "4"], 4, ["--palette", "-k"]),
        (["photo.png", "-o", "taken.png"], 15, ["taken.png", "--force"]),
        (["photo.png", "-o", "photo.png", "-f"], 15, ["photo.png", "--in-place"]),
        (["photo.png", "-o", "no/folder.png"], 16, ["no/folder.png"]),
        (["photo.png", "-o", "taken.png/a/"], 16, ["taken.png/a"]),
        (["photo.png", "-o", "x" * 300 + ".png"], 16, ["xxx.png"]),
        pytest.param(["photo.png", "-o", "/a.png"], 16, ["/a.png"], marks=NO_ROOT),
    ],
)
def test_failures_are_one_sentence_and_a_code(folder, arguments, code, words):
    done = run(*arguments)
    assert done.exit_code == ExitCode(code)
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("huepress: ")
    assert all(word in done.stderr for word in words), done.stderr
    assert Path("taken.png").read_bytes() == b"precious"


def test_out_of_memory(folder, monkeypatch):
    def hungry(*_, **__):
        raise MemoryError

    monkeypatch.setattr("huepress.pressing.quantize", hungry)
    done = run("photo.png", "-k", "4")
    assert done.exit_code == 17
    assert done.stderr == "huepress: photo.png: out of memory\n"


def test_the_first_failure_counts_and_the_others_go_on(folder):
    done = run("photo.png", "taken.png", "missing.png", "eight.png", "-k", 4)
    assert done.exit_code == 2
    assert done.stderr.count("huepress: ") == 2
    assert Path("photo-k4.png").exists()
    assert Path("eight-k4.png").exists()


def test_a_taken_name_does_not_stop_the_other_k(folder):
    Path("photo-k4.png").touch()
    assert run("photo.png", "-k", "4,8").exit_code == 15
    assert Path("photo-k4.png").stat().st_size == 0
    assert Path("photo-k8.png").exists()


def test_strange_names_are_shown_escaped(folder):
    done = run("a\n\x1b[31mb.png")
    assert done.exit_code == 2
    assert "a\\n\\x1b[31mb.png" in done.stderr


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="file names are text there")
def test_names_that_are_no_text(folder):
    name = os.fsdecode(b"caf\xe9.png")
    Path("photo.png").rename(name)
    done = process(name, "-k", "3", "--json")
    assert done.returncode == 0
    assert Path(os.fsdecode(b"caf\xe9-k3.png")).exists()
    assert json.loads(done.stdout)["input"] == name


def test_a_file_named_like_a_subcommand(folder):
    Path("photo.png").rename("compress")
    assert run("./compress", "-k", 3).exit_code == 0
    assert Path("compress-k3.png").exists()


def test_compress_can_be_named(folder):
    assert run("compress", "photo.png", "-k", 3).exit_code == 0
    assert Path("photo-k3.png").exists()


def unread(pipe):
    """Bytes that wait in a pipe, where the system tells it of the end that writes."""
    import fcntl
    import termios

    return struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)))[0]


@pytest.mark.parametrize("module", ["click", "numpy", "huepress.commands.compare"])
def test_an_interrupt_is_heard_wherever_imports_are(folder, module):
    """In a callback, where Python would only print it, as importlib has some of."""
    code = (
        "import signal, sys, weakref\n"
        "class Finder:\n"
        "    def find_spec(self, name, *_):\n"
        f"        if name == {module!r}:\n"
        "            end = weakref.ref(set(), lambda _: signal.raise_signal(signal.SIGINT))\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "sys.meta_path.insert(0, Finder())\n"
        "from huepress.cli import main\n"
        "main()\n"
    )
    line = ["compare", "photo.png", "photo.jpg"] if "compare" in module else ["photo.png"]
    done = subprocess.run([sys.executable, "-c", code, *line], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr.split()) == (130, ["huepress:", "interrupted"])
    assert not Path("photo-hp.png").exists()


WITHOUT_THREADS = """
import _thread, threading
def start(*_, **__):
    raise RuntimeError("can't start new thread")
for module in (_thread, threading):
    for name in vars(module).keys() & {"start_new_thread", "_start_new_thread", "_start_joinable_thread"}:
        setattr(module, name, start)
from huepress.cli import main
main()
"""


def test_where_no_threads_can_be_had_pictures_are_pressed_and_batches_refused(folder):
    def without_threads(*arguments):
        run = [sys.executable, "-c", WITHOUT_THREADS, *arguments]
        return subprocess.run(run, capture_output=True, text=True, timeout=60, check=False)

    assert without_threads("photo.png", "--threads", "2", "--quiet").returncode == 0
    assert without_threads("photo.png", "-o", "usual.png", "--quiet").returncode == 0
    assert Path("photo-hp.png").read_bytes() == Path("usual.png").read_bytes()
    done = without_threads("photo.png", "eight.png", "-o", "made/", "-j", "2")
    assert done.returncode == ExitCode.BAD_OPTION
    assert done.stderr == "huepress: a batch of 2 jobs at a time cannot begin (can't start new thread)\n"


def without_site(path, *arguments):
    """What the command says on stderr, with the packages of the tests but another huepress."""
    paths = os.pathsep.join((str(path), sysconfig.get_paths()["platlib"]))
    return subprocess.run(
        [sys.executable, "-S", "-m", "huepress", *arguments], env={**os.environ, "PYTHONPATH": paths},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_from_an_archive_the_command_says_why_it_cannot_run(tmp_path):
    package = Path(huepress.__file__).parent
    archive = tmp_path / "huepress.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in package.rglob("*.py"):
            file.write(path, path.relative_to(package.parent))
    done = without_site(archive, "a.png")
    assert done.returncode == ExitCode.BAD_OPTION
    assert done.stderr.startswith(f"huepress: {archive}")
    assert done.stderr.endswith(": an archive, from which no kernel can be loaded: unpack it or install it\n")


def test_a_damaged_kernel_is_named(tmp_path):
    shutil.copytree(Path(huepress.__file__).parent, tmp_path / "huepress")
    kernel = tmp_path / "huepress" / ("_kernel.dll" if sys.platform == "win32" else "_kernel.so")
    kernel.write_bytes(b"damaged")
    done = without_site(tmp_path, "a.png")
    assert (done.returncode, done.stderr.count("\n")) == (ExitCode.BAD_OPTION, 1)
    assert done.stderr.startswith(f"huepress: {kernel}: the kernel of huepress cannot be loaded here (")


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_an_interruption_leaves_nothing(folder):
    pipes = {"stdin": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([*COMMAND, "-", "-o", "a.png"], **pipes, preexec_fn=heed_interrupts) as child:
        child.stdin.write(Path("photo.png").read_bytes() + bytes(1 << 20))  # more than a pipe holds: it is being read
        child.stdin.flush()
        while unread(child.stdin):
            time.sleep(0.01)
        time.sleep(0.5)  # it waits for more: a signal between two reads of the system would be seen only after the next
        child.send_signal(signal.SIGINT)
        assert child.wait(20) == 130
        assert child.stderr.read().split() == [b"huepress:", b"interrupted"]
    assert not Path("a.png").exists()
    assert not list(folder.glob(".huepress*"))


@pytest.mark.skipif(sys.platform == "win32", reason="pipes")
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["*.png", "-k", "8"], ["a.png", "b.png", "c[1].png", "-k", "8"]),
        (["./?.png", "in/*/*.png"], ["./a.png", "./b.png", "in/x/d.png"]),
        (["c[1].*", "*.jpg"], ["c[1].png", "*.jpg"]),
        (["c[1].png", "[ab].png"], ["c[1].png", "[ab].png"]),
    ],
)
def test_names_are_found_where_the_shell_leaves_it_to_programs(tmp_path, monkeypatch, given, expected):
    monkeypatch.chdir(tmp_path)
    for name in ("b.png", "a.png", "c[1].png", ".hidden.png", "in/x/d.png", "e.gif"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()
    assert [name.replace(os.sep, "/") for name in cli.expanded(given)] == expected


@pytest.mark.skipif(sys.platform != "win32", reason="shells of other systems expand")
def test_names_are_found_by_the_command(folder):
    assert process("eight.*", "-k", 2, "-o", "out").returncode == 0
    assert Path("out/eight.png").exists()


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_what_an_encoding_lacks_is_spelled_out(folder, encoding):
    """Windows has such encodings where stdout is no terminal."""
    Path("photo.png").rename("directory/写真.png")
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    done = process("directory", "-r", "-o", "out", "--dry-run", env=environment)
    assert done.returncode == 0
    name = "写真.png".encode(encoding, "backslashreplace")
    assert name in done.stdout
    done = process("compare", "--help", env=environment)
    assert done.returncode == 0
    assert b"E: mean, 95th percentile" in done.stdout


def test_a_closed_stdout_is_a_sentence(folder):
    pipe = f"'{sys.executable}' -m huepress - < photo.png | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(pipe, shell=True, executable="/bin/bash", capture_output=True)
    assert done.returncode in (0, 16)  # 0 if the pipe held it all
    assert b"Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="pipes")
@pytest.mark.parametrize("line", ["photo.png -k 2 --json", "palette photo.png", "compare photo.png photo.jpg --json"])
def test_a_reader_that_is_gone_is_a_sentence(folder, line):
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([*COMMAND, *line.split()], stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert (done.returncode, done.stderr) == (16, "huepress: stdout: cannot be written (Broken pipe)\n")


@pytest.mark.parametrize(
    ("arguments", "help"), [((), "huepress"), (("compress",), "huepress"), (("elbow",), "huepress elbow")]
)
def test_what_is_missing_is_said_with_the_help_that_tells_of_it(arguments, help):
    done = run(*arguments)
    assert done.exit_code == 1
    assert done.stderr.endswith(f"({help} --help)\n")


def shell(line, unbuffered):
    """Exit code and stderr of a command line."""
    line = line.replace("huepress", f"'{sys.executable}' -m huepress", 1)
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    done = subprocess.run(line, shell=True, executable="/bin/bash", capture_output=True, text=True, env=environment)
    return done.returncode, done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("unbuffered", ["1", ""])
@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("--help > /dev/full", 16),
        ("--version > /dev/full", 16),
        ("elbow --help > /dev/full", 16),
        ("photo.png -k 2,3 -f --json > /dev/full", 16),
        ("photo.png -k 2 -o - > /dev/full", 16),
        ("compare photo.png photo.jpg --json > /dev/full", 16),
        ("palette photo.png -k 2 > /dev/full", 16),
        ("photo.png -k 2 -o - >&-", 16),
        ("- -k 2 <&-", 2),
        ("- -k 2 0> written-only", 2),
    ],
)
def test_streams_that_are_full_or_closed_are_a_sentence(folder, line, code, unbuffered):
    found, said = shell(f"huepress {line}", unbuffered)
    assert found == code
    assert said.count("\n") == 1
    assert said.startswith(("huepress: stdout: cannot be written (", "huepress: stdin: cannot be read ("))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("photo.png -k 2 -f", 0),
        ("missing.png photo.png -k 2 -f", 2),
        ("photo.png -k 2 -f --json >&-", 0),
        ("palette photo.png -k 2 -f -o photo-k2.png >&-", 0),
    ],
)
@pytest.mark.parametrize(
    ("stderr", "unbuffered"), [("2> /dev/full", "1"), ("2> /dev/full", ""), ("2>&-", ""), ("<&- >&- 2>&-", "")]
)
def test_files_are_written_whoever_listens(folder, line, code, stderr, unbuffered):
    assert shell(f"huepress {line} {stderr}", unbuffered) == (code, "")
    assert opened("photo-k2.png").mode in ("P", "1")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("unbuffered", ["1", ""])
@pytest.mark.parametrize("line", ["--help", "palette photo.png -k 2"])
def test_a_full_stdout_has_its_code_even_if_nobody_can_be_told(folder, line, unbuffered):
    assert shell(f"huepress {line} > /dev/full 2> /dev/full", unbuffered) == (16, "")


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["-k", "3", "--help"], ["compress", "--help"]])
def test_help(arguments):
    done = process(*arguments)
    assert done.returncode == 0
    assert done.stdout.decode() == HELP


@pytest.mark.parametrize("arguments", [["--version"], ["photo.png", "--version"]])
def test_version(arguments):
    assert process(*arguments).stdout.decode() == f"huepress {huepress.__version__}\n"


def test_help_and_options_agree():
    shown = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", HELP))
    real = {flag for parameter in compress.params if parameter.param_type_name == "option" for flag in parameter.opts}
    assert shown - {"--help"} == real - {"-V"}


def test_help_shows_the_codes():
    shown = set(map(int, re.findall(r"\b(\d+) [a-z]+", HELP.partition("Exit codes:")[2])))
    assert shown == set(map(int, ExitCode))


def test_help_fits_a_terminal():
    assert max(map(len, HELP.splitlines())) <= 100


def test_help_imports_nothing_heavy():
    code = """
import sys, huepress.cli
sys.argv[1:] = ["--help"]
try:
    huepress.cli.main()
finally:
    print(*sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    imported = set(done.stdout.removeprefix(HELP).split())
    assert "huepress.help_text" in imported
    assert not {"numpy", "PIL", "rich", "click"} & imported


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="a setting of glibc")
def test_memory_that_was_freed_is_used_again_by_other_threads():
    program = """
import resource, threading
from huepress import cli
cli._keep_freed_memory()
def use():
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    bytearray(16 << 20)
    found.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - faults)
found = []
use()
thread = threading.Thread(target=use)
thread.start()
thread.join()
print(*found)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    first, second = map(int, done.stdout.split())
    assert second < first / 4
