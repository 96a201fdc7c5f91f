import errno
import io
import json
import os
import pickle
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import huepress
from animations import decoded_frames, same_frames, saved_frames, sprite
from faults import Fault, heed_interrupts
from huepress.batch import job as jobs
from huepress.batch.dispatcher import Dispatcher
from huepress.batch.inputs import Inputs, Totals
from huepress.batch.job import Job, Outcome, TooLarge
from huepress.batch.manifest import NAME, Manifest
from huepress.batch.pool import Looking, Processors, Workers
from huepress.batch.progress import Progress
from huepress.batch.run import LEVEL, Result
from huepress.batch.run import run as run_batch
from huepress.batch.telling import Telling
from huepress.batch.tree import File, walk
from huepress.batch.worker import Worker
from huepress.encode import encode
from huepress.errors import WriteError
from huepress.exit_codes import CommandError, ExitCode
from huepress.kmeans import BATCH_STRATEGY
from huepress.pressing import Options
from runner import run
from samples import noise

PLAIN = Options({"max_pixels": 10**8}, {"effort": "fast", "threads": None}, plain=True)


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A folder with six pictures in a tree, and a file that is none."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    for number, name in enumerate(["a.png", "b.bmp", "in/c.png", "in/deep/d.png", "in/deep/e.tif", "z.jpg"]):
        path = Path("shots", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        picture(number).save(path)
    Path("shots/notes.txt").write_text("no picture")
    return tmp_path


def picture(seed, size=24):
    """Noise of many colours, which K-means makes smaller."""
    values = np.random.default_rng(seed).integers(0, 256, (size, size, 3))
    return Image.fromarray(values.astype(np.uint8))


def batch(*arguments):
    """With one worker, as each takes longer to start than all the pictures."""
    return run("shots", "-r", "-o", "out", "-j", 1, *arguments)


def press(*arguments):
    return batch("-k", 8, *arguments)


def pressed(source):
    """What a fast batch of -k 8 makes of a picture."""
    return encode(quickly(source, k=8), "png", level=LEVEL)


def quickly(source, k):
    return huepress.quantize(source, k=k, effort=BATCH_STRATEGY)


def lines(done):
    return {line["input"]: line for line in map(json.loads, done.stdout.splitlines())}


def statuses(done):
    return {name.replace(os.sep, "/").removeprefix("shots/"): line["status"] for name, line in lines(done).items()}


def files(folder):
    found = (path for path in Path(folder).rglob("*") if path.is_file() and path.name != NAME)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


OUTPUTS = ["a.png", "b.png", "in/c.png", "in/deep/d.png", "in/deep/e.png", "z.png"]


def test_a_tree_of_results(tree):
    done = press("--json")
    assert done.exit_code == 0
    assert sorted(files("out")) == OUTPUTS
    for source in ("a.png", "in/deep/e.tif"):
        expected = quickly(f"shots/{source}", k=8)
        assert files("out")[source.replace("tif", "png")] == pressed(f"shots/{source}")
        line = lines(done)[str(Path("shots", source))]
        assert line["mse"] == pytest.approx(expected.mse)
        assert line["bytes"] == len(pressed(f"shots/{source}"))
        assert line["original_bytes"] == Path("shots", source).stat().st_size
        assert (line["colors"], line["k"], line["format"]) == (8, 8, "png")
    assert statuses(done)["notes.txt"] == "skipped"
    assert "7 files: 6 written, 1 skipped" in done.stderr
    assert re.search(r"; \d+\.\d kB -> \d+\.\d kB, \d+\.\d % saved, in ", done.stderr)


def test_the_number_of_jobs_changes_no_byte(tree):
    assert run("shots", "-r", "-o", "one", "-j", 1, "--quiet").stderr == ""
    assert run("shots", "-r", "-o", "three", "-j", 3).exit_code == 0
    assert files("one") == files("three")


@pytest.mark.parametrize("options", [("-k", 8), ("-k", "4,8", "--effort", "fast"), ("-q", 60), ()])
def test_without_folders_jobs_change_nothing(tree, options):
    Image.new("RGB", (64, 64), "red").resize((300, 200)).save("shots/flat.webp", lossless=True)  # would be larger
    named = [path for path in sorted(Path("shots").iterdir()) if path.is_file() and path.suffix != ".txt"]
    done = [run(*named, "-o", f"out{number}", *options, *jobs) for number, jobs in enumerate([(), ("-j", 2)])]
    assert done[0].exit_code == done[1].exit_code == (0 if "-k" in options else 98)
    assert files("out0") == files("out1")


def test_a_second_run_does_only_what_is_new_or_changed(tree):
    press()
    before = {path: path.stat().st_mtime_ns for path in Path("out").rglob("*.png")}
    assert set(statuses(press("--json")).values()) == {"unchanged", "skipped"}
    picture(50).save("shots/a.png")
    picture(51).save("shots/new.png")
    Path("out/in/c.png").unlink()
    Path("out/b.png").write_bytes(b"half")
    done = statuses(press("--json"))
    assert {name for name, status in done.items() if status == "written"} == {"a.png", "new.png", "in/c.png", "b.bmp"}
    kept = Path("out/in/deep/d.png")
    assert kept.stat().st_mtime_ns == before[kept]
    assert files("out")["a.png"] == pressed("shots/a.png")


def test_more_effort_packs_as_the_library_does(tree):
    press("--effort", "balanced")
    assert files("out")["a.png"] == huepress.quantize("shots/a.png", k=8).encode("png")


def test_other_options_make_all_anew(tree):
    press()
    assert set(statuses(press("--seed", 1, "--json")).values()) == {"written", "skipped"}
    assert set(statuses(press("--seed", 1, "--force", "--json")).values()) == {"written", "skipped"}


def test_a_run_that_is_to_preserve_times_does(tree):
    os.utime("shots/a.png", (10**9, 10**9))
    press()
    assert Path("out/a.png").stat().st_mtime > 10**9
    assert set(statuses(press("--preserve", "--json")).values()) == {"written", "skipped"}
    assert Path("out/a.png").stat().st_mtime == 10**9
    assert set(statuses(press("--preserve", "--json")).values()) == {"unchanged", "skipped"}


def test_another_k_makes_all_anew(tree):
    press()
    done = batch("-k", 5, "--json")
    assert set(statuses(done).values()) == {"written", "skipped"}
    assert {line["k"] for line in lines(done).values() if line["status"] == "written"} == {5}
    assert set(statuses(batch("-k", 5, "--json")).values()) == {"unchanged", "skipped"}


def test_a_killed_run_is_taken_up(tree):
    for number in range(60):
        picture(100 + number, 200).save(f"shots/in/{number:03}.png")
    arguments = [sys.executable, "-m", "huepress", "shots", "-r", "-o", "out", "-k", "8", "-j", "2", "--json"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        told = [json.loads(process.stdout.readline())["output"] for _ in range(8)]
        process.kill()
    complete = {path: Path(path).stat().st_mtime_ns for path in told if path}
    assert len(files("out")) < 66
    done = press("--json")
    assert done.exit_code == 0
    assert len([name for name in files("out") if name.endswith(".png")]) == 66
    assert {path: Path(path).stat().st_mtime_ns for path in complete} == complete
    assert not [name for name in files("out") if name.endswith(".tmp")]


def test_what_a_kill_leaves_at_any_moment_tells_what_was_begun_and_what_is_complete(tree):
    """A copy of the files is what a kill would leave of the manifest."""

    def entry(path):
        with tempfile.TemporaryDirectory() as left:
            for file in Path("out").glob(f"{NAME}*"):
                shutil.copy(file, left)
            with Manifest(left) as manifest:
                return manifest.entry(os.path.relpath(path, "out"))

    class Observed(Looking):
        def submit(self, jobs):
            begun.extend(entry(output.path) for job in jobs for output in job.outputs)
            super().submit(jobs)

        def next(self):
            job = self._jobs.pop(0)
            return [(job, job.run(1, 1))]

    begun, told = [], []
    with Manifest("out") as manifest:
        for result in run_batch(Inputs(["shots"], [8], "out"), PLAIN, Observed(), manifest):
            told += [(entry(outcome.path), outcome) for outcome in result.outcomes if outcome.status == "written"]
    assert [found.written for found in begun] == [None] * 7  # of notes.txt, too
    assert len(told) == 6
    for found, outcome in told:
        assert (found.written, found.bytes) == (os.path.relpath(outcome.path, "out"), outcome.bytes)


def test_what_was_there_before_is_not_overwritten(tree):
    Path("out/in").mkdir(parents=True)
    Path("out/in/c.png").write_bytes(b"precious")
    done = press("--json")
    assert done.exit_code == 15
    assert statuses(done)["in/c.png"] == "failed"
    assert len(files("out")) == 6
    assert Path("out/in/c.png").read_bytes() == b"precious"
    assert press().exit_code == 15
    assert press("--force").exit_code == 0
    assert Path("out/in/c.png").read_bytes() != b"precious"


def test_failures_stop_nothing_and_the_first_in_order_counts(tree):
    Path("shots/b.bmp").write_bytes(Path("shots/b.bmp").read_bytes()[:500])
    Path("shots/in/empty.png").touch()
    Path("out").mkdir()
    Path("out/a.png").write_bytes(b"precious")
    done = press("--json")
    assert done.exit_code == 15  # of a.png, which is first
    assert sorted(line["exit_code"] for line in lines(done).values() if line["status"] == "failed") == [2, 2, 15]
    assert len(files("out")) == 5
    assert "3 failed" in done.stderr
    assert not any("Traceback" in line for line in done.stderr.splitlines())
    again = press("--json")
    assert statuses(again)["in/empty.png"] == "failed"


def test_what_would_be_larger_is_copied(tree):
    Image.new("RGB", (64, 64), "red").resize((300, 200)).save("shots/flat.webp", lossless=True)
    done = batch("--json")
    assert done.exit_code == 0
    assert statuses(done)["flat.webp"] == "copied"
    assert files("out")["flat.webp"] == Path("shots/flat.webp").read_bytes()
    assert "flat.png" not in files("out")
    again = batch("--json")
    assert set(statuses(again).values()) == {"unchanged", "skipped"}
    named = {name: line["output"] for name, line in lines(again).items()}
    assert named == {name: line["output"] for name, line in lines(done).items()}


def test_with_a_palette_all_are_mapped_even_if_larger(tree):
    Path("four.hex").write_text("000000\n0000ff\n00ff00\nffffff\n")
    Image.new("RGB", (64, 64), "red").resize((300, 200)).save("shots/flat.webp", lossless=True)
    done = batch("--palette", "four.hex", "--json")
    assert set(statuses(done).values()) == {"written", "skipped"}
    allowed = {(0, 0, 0), (0, 0, 255), (0, 255, 0), (255, 255, 255)}
    for path in Path("out").rglob("*.png"):
        pixels = np.asarray(Image.open(path).convert("RGBA"))
        assert set(map(tuple, pixels[pixels[..., 3] > 0][:, :3].tolist())) <= allowed


def test_after_a_forced_run_only_what_force_made_larger_is_made_anew(tree):
    Image.new("RGB", (64, 64), "red").resize((300, 200)).save("shots/flat.webp", lossless=True)
    assert statuses(batch("--force", "--json"))["flat.webp"] == "written"
    done = statuses(batch("--json"))
    assert {done.pop("flat.webp"), done.pop("z.jpg")} == {"copied"}
    assert set(done.values()) == {"unchanged", "skipped"}


def test_another_format_is_written_where_the_input_was_copied(tree):
    Image.new("RGB", (64, 64), "red").resize((300, 200)).save("shots/flat.webp", lossless=True)
    assert statuses(batch("--json"))["flat.webp"] == "copied"
    assert statuses(batch("--format", "png", "--json"))["flat.webp"] == "written"
    assert run("shots", "-r", "-o", "new", "--format", "png").exit_code == 0
    assert files("out")["flat.png"] == files("new")["flat.png"]


def test_a_file_that_somebody_makes_meanwhile_stays_whatever_runs_follow(tree):
    Path("shots/in").rename("elsewhere")

    class Meddled(Looking):
        def next(self):
            Path("out/a.png").write_bytes(b"precious")
            job = self._jobs.pop(0)
            return [(job, job.run(1, 1))]

    with Manifest("out") as manifest:
        results = [*run_batch(Inputs(["shots"], [8], "out"), PLAIN, Meddled(), manifest)]
    failures = [outcome for result in results for outcome in result.outcomes if outcome.status == "failed"]
    assert [(failure.source, failure.code) for failure in failures] == [(str(Path("shots/a.png")), 15)]
    for _ in range(2):
        assert press().exit_code == 15
        assert Path("out/a.png").read_bytes() == b"precious"


def test_what_workers_warn_of_is_told_in_sentences(tree, capfd):
    Image.fromarray(np.dstack([noise(), noise()[..., 0]])).save("shots/clear.png")
    assert batch("-k", 1).exit_code == 0
    told = [line for line in capfd.readouterr().err.splitlines() if "too few" in line]
    assert told == ["huepress: k = 1 is too few to keep transparent, translucent and opaque colours apart"]


def test_one_file_is_told_as_one(tree):
    assert "1 file: " in run("shots/a.png", "-j", 1, "-o", "one", "-k", 2).stderr


def test_several_k(tree):
    assert batch("-k", "2,4").exit_code == 0
    assert len(files("out")) == 12
    assert {"in/c-k2.png", "in/c-k4.png"} <= set(files("out"))
    Path("out/in/c-k2.png").unlink()
    done = batch("-k", "2,4", "--json")
    written = [json.loads(line) for line in done.stdout.splitlines()]
    assert [Path(line["output"]).name for line in written if line["status"] == "written"] == ["c-k2.png"]


@pytest.mark.parametrize("option", [("-j", 1), ("--timeout", 60)])
def test_the_result_of_one_picture_may_have_a_name(tree, option):
    done = run("shots/a.png", *option, "-o", "result.png")
    assert done.exit_code == 0, done.stderr
    assert "huepress: 1 file: 1 written" in done.stderr
    assert Path("result.png").read_bytes() == huepress.compress("shots/a.png").data
    assert run("shots/a.png", *option, "-o", "result.png").exit_code == 15
    assert run("shots/a.png", *option, "-o", "new/").exit_code == 0
    assert sorted(files("new")) == ["a.png"]


def test_a_dry_run_names_what_a_run_writes(tree):
    assert "shots/a.png -> result.png" in run("shots/a.png", "--dry-run", "-o", "result.png").stdout
    assert str(Path("out", "a-k3.png")) in run("shots/a.png", "--dry-run", "-o", "out", "-k", "3,4").stdout


def test_a_dry_run_writes_nothing(tree):
    done = press("--dry-run")
    assert done.exit_code == 0
    assert str(Path("shots/in/c.png")) + " -> " + str(Path("out/in/c.png")) in done.stdout.splitlines()
    assert "6 to be written" in done.stderr
    assert not Path("out").exists()
    press()
    picture(9).save("shots/a.png")
    before = sorted(Path("out").rglob("*"))
    assert press("--dry-run").stdout.splitlines() == [f"{Path('shots/a.png')} -> {Path('out/a.png')}"]
    assert sorted(Path("out").rglob("*")) == before


def test_named_pictures_beside_their_inputs(tree):
    done = run("shots/a.png", "shots/b.bmp", "-j", 2, "-k", 4)
    assert done.exit_code == 0
    assert {"a-k4.png", "b-k4.png"} <= set(files("shots"))
    assert run("shots/a.png", "shots/b.bmp", "-j", 2, "-k", 4).exit_code == 15


# -- what cannot be done -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["shots"], 2, "shots: is a folder; -r takes the pictures in it"),
        (["shots/a.png", "-o", ""], 4, "-o '': names no file"),
        (["shots", "-r", "-o", ""], 4, "-o '': names no file"),
        (["https://example.org/a.png", "-k", 2], 4, "https://example.org/a.png: is a URL, which -j takes"),
        (["shots/a.png", "-o", "s3://bucket/a.png"], 4, "s3://bucket/a.png: is a URL, which -j takes"),
        (["shots", "-j", 2, "-o", "out"], 2, "shots: is a folder; -r takes the pictures in it"),
        (["shots", "--dry-run"], 2, "shots: is a folder; -r takes the pictures in it"),
        (["shots", "-r", "-o", "out.png"], 4, "-o out.png: is the name of a file"),
        (["shots", "-r"], 4, "-r needs -o FOLDER"),
        (["shots", "-r", "-o", "shots"], 4, "-o shots: is the input itself"),
        (["shots", "-r", "-o", "shots/out"], 4, "-o shots/out: lies inside of the input shots"),
        (["shots", "shots", "-r", "-o", "out"], 4, "would both be written to"),
        (["shots", "-r", "--in-place"], 4, "--in-place"),
        (["shots/a.png", "--in-place", "--dry-run"], 4, "without -r, -j, --dry-run, "),
        (["shots", "-r", "-o", "-"], 4, "-o -: "),
        (["-", "-r", "-o", "out"], 4, "stdin"),
        (["shots", "-r", "-o", "shots/a.png"], 4, "-o shots/a.png: is a file"),
        (["shots", "-r", "-o", "out", "-j", 2, "--threads", 2], 4, "-j 2 and --threads 2"),
        (["shots", "-r", "-o", "out", "-j", 0], 4, "-j"),
        (["shots", "-r", "-o", "out", "--timeout", 0], 4, "--timeout"),
        (["shots", "-r", "-o", "out", "--timeout", "nan"], 4, "not 'nan'"),
        (["shots", "-r", "-o", "out", "--timeout", "inf"], 4, "not 'inf'"),
        (["missing", "-r", "-o", "out"], 2, "missing: cannot be read"),
    ],
)
def test_refusals(tree, arguments, code, sentence):
    done = run(*arguments)
    assert done.exit_code == code
    assert sentence in done.stderr.replace(os.sep, "/")
    assert not files("out") if Path("out").exists() else True


def test_animations_in_a_tree_keep_their_frames_and_format(tree):
    for name in ("a.gif", "in/b.webp", "in/c.png"):
        path = Path("films", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(saved_frames(sprite(), path.suffix[1:].upper()))
    Path("films/torn.gif").write_bytes(Path("films/a.gif").read_bytes()[:-40])
    done = run("films", "-r", "-o", "out", "-k", 4, "-j", 2, "--json")
    assert done.exit_code == 2
    assert "torn.gif: damaged or incomplete (frame 6 ends early)" in done.stderr
    assert sorted(files("out")) == ["a.gif", "in/b.webp", "in/c.png"]
    for name, data in files("out").items():
        assert len(decoded_frames(data)[0]) == 6
        assert same_frames(decoded_frames(data)[0], quickly(f"films/{name}", k=4).frames())


def test_two_inputs_with_one_output_name(tree):
    picture(7).save("shots/in/c.gif")
    Path("shots/in/deep/d.txt").write_text("no picture, so it is in nobody's way")
    done = press()
    assert done.exit_code == 4
    assert "c.gif and " in done.stderr
    assert not Path("out").exists()
    Path("shots/in/c.gif").unlink()
    assert press().exit_code == 0


@pytest.mark.parametrize("jobs", [(), ("-j", 1)])
@pytest.mark.parametrize(
    "arguments",
    [
        ["shots/a.png", "shots/a-k8.png"],
        ["shots/z.jpg", "shots/in/../a-k8.png", "shots/a.png"],
        ["shots/in/c.png", "-o", "shots/in"],
    ],
)
def test_an_output_in_the_place_of_an_input(tree, arguments, jobs):
    picture(7).save("shots/a-k8.png")
    before = files("shots")
    done = run(*arguments, "-k", 8, "--force", *jobs)
    assert done.exit_code == 15
    assert re.fullmatch(r"huepress: \S+: would replace an input; --in-place does that\n", done.stderr)
    assert files("shots") == before


def test_a_named_picture_in_the_folder_of_the_results(tree):
    Path("out/deep").mkdir(parents=True)
    picture(7).save("out/deep/d.png")
    done = run("shots/in", "out/deep/d.png", "-r", "-o", "out", "-k", 8, "--force")
    assert done.exit_code == 15
    assert "would replace an input" in done.stderr


def test_folders_and_files_come_in_the_order_of_their_names(tree):
    for name in ("b/y.png", "b/a/z.png", "c/x.png", "a/ba.png", "a/az.png"):
        path = Path("named", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    found = [(folder.inner, [Path(file.path).name for file in folder.files]) for folder in walk("named")]
    inner = str(Path("b/a"))
    assert found == [("", []), ("a", ["az.png", "ba.png"]), ("b", ["y.png"]), (inner, ["z.png"]), ("c", ["x.png"])]


def test_what_huepress_keeps_for_itself_is_no_picture(tree):
    shutil.copy("shots/a.png", "shots/in/.huepress-0badcafe-1-0123456789abcdef.tmp")  # which a killed run has left
    assert press().exit_code == 0
    assert sorted(files("out")) == OUTPUTS


@pytest.mark.skipif(os.name == "nt", reason="needs symbolic links")
def test_links(tree):
    Path("shots/in/loop").symlink_to(tree / "shots")
    Path("shots/in/self.png").symlink_to("self.png")
    Path("shots/in/broken.png").symlink_to("nowhere.png")
    Path("shots/in/broken.txt").symlink_to("nowhere.txt")
    Path("shots/twin").symlink_to(tree / "shots/in/deep")
    os.mkfifo("shots/pipe.png")
    done = press("--json")
    assert done.exit_code == 2
    assert "loop: a loop of symbolic links, so it is not entered" in done.stderr
    assert statuses(done)["in/self.png"] == statuses(done)["in/broken.png"] == "failed"
    assert statuses(done)["in/broken.txt"] == "skipped"
    assert {*OUTPUTS, "twin/d.png", "twin/e.png"} == set(files("out"))


def test_an_output_that_is_reached_by_a_link_from_the_input(tree):
    Path("out").mkdir()
    Path("shots/in/results").symlink_to(tree / "out")
    done = press()
    assert done.exit_code == 4
    assert "-o out: lies inside of the input shots" in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="needs symbolic links")
@pytest.mark.parametrize("target", ["out", "."])
def test_an_output_that_is_missing_yet_and_reached_by_a_link_from_the_input(tree, target):
    Path("shots/in/results").symlink_to(tree / target)
    done = press()
    assert done.exit_code == 4
    link = Path("shots/in/results")
    assert done.stderr == f"huepress: -o out: lies inside of the input by way of the link {link}\n"
    assert not Path("out").exists()


def test_an_unreadable_folder(tree, monkeypatch):
    original = os.scandir

    def refuse(path):
        if Path(path).name == "deep":
            raise PermissionError(13, "Permission denied")
        return original(path)

    monkeypatch.setattr(os, "scandir", refuse)
    done = press()
    assert done.exit_code == 2
    assert "the folder cannot be read (Permission denied)" in done.stderr
    assert "huepress: 5 files: 4 written, 1 skipped, as they are no pictures; 1 folder not entered; " in done.stderr
    assert sorted(files("out")) == ["a.png", "b.png", "in/c.png", "z.png"]


def test_another_run_in_the_same_folder(tree):
    with Manifest("out"):
        done = press()
    assert done.exit_code == 16
    assert "another huepress is at work" in done.stderr
    assert press().exit_code == 0


@pytest.mark.parametrize(
    ("allowed", "sentence"),
    [(False, "out: the folder cannot be written to\n"), (True, "cannot be used (unable to open")],
)
def test_a_manifest_that_cannot_be_opened(tree, monkeypatch, allowed, sentence):
    Path("out", NAME).mkdir(parents=True)  # the superuser may write everywhere, but not into a folder
    monkeypatch.setattr(os, "access", lambda *_: allowed)
    done = press()
    assert done.exit_code == 16
    assert sentence in done.stderr


def test_a_full_disk_leaves_no_manifest(tree, monkeypatch):
    def limited(*arguments, real=sqlite3.connect, **options):
        database = real(*arguments, **options)
        database.execute("PRAGMA max_page_count = 1")  # no room for a table: SQLite says that the disk is full
        return database

    monkeypatch.setattr(sqlite3, "connect", limited)
    done = press()
    assert done.exit_code == 16
    assert done.stderr == f"huepress: {Path('out', NAME)}: cannot be written (No space left on device)\n"
    assert list(Path("out").iterdir()) == []


def test_a_damaged_manifest(tree):
    press()
    Path("out", NAME).write_bytes(b"no database" * 1000)
    done = press()
    assert done.exit_code == 16
    assert NAME in done.stderr
    with pytest.raises(WriteError):
        Manifest("shots/a.png/out")


# -- one palette for many ----------------------------------------------------------------------------------------------


def test_one_palette_for_many(tree):
    done = run("palette", "shots", "-k", 12, "-o", "game.gpl", "--json")
    assert done.exit_code == 0
    sources = sorted(path for path in Path("shots").rglob("*") if path.suffix not in ("", ".txt"))
    parts = [huepress.Histogram.of(path) for path in sources]
    expected = huepress.learn_palette(sum(parts[1:], parts[0]), 12)
    assert json.loads(done.stdout) == {"colors": list(expected.hex), "counts": expected.counts.tolist()}
    assert batch("--palette", "game.gpl").exit_code == 0
    allowed = {tuple(color) for color in huepress.load_palette("game.gpl").colors.tolist()}
    for name in files("out"):
        with Image.open(Path("out", name)) as image:
            assert {color for _, color in image.convert("RGB").getcolors()} <= allowed
    assert set(statuses(batch("--palette", "game.gpl", "--json")).values()) == {
        "unchanged",
        "skipped",
    }


def test_a_palette_without_what_cannot_be_read(tree):
    Path("shots/b.bmp").write_bytes(b"BM nothing")
    done = run("palette", "shots", "-k", 3, "--json", "-j", 2)
    assert done.exit_code == 2
    assert "b.bmp" in done.stderr
    assert len(json.loads(done.stdout)["colors"]) == 3
    Path("none").mkdir()
    done = run("palette", "none")
    assert done.exit_code == 2
    assert done.stderr == "huepress: none: holds no picture\n"


def test_a_palette_of_what_is_named_lacks_none_of_it(tree):
    Path("shots/b.bmp").write_bytes(b"BM nothing")
    for named in ("missing.png", "shots/b.bmp"):
        done = run("palette", "shots", named, "-k", 3, "-o", "all.gpl")
        assert done.exit_code == 2
        assert f"huepress: {named}: " in done.stderr
        assert not Path("all.gpl").exists()


def test_of_an_animation_in_a_folder_the_first_frame_counts(tree):
    Path("films").mkdir()
    frames = [Image.new("RGB", (30, 30), color) for color in ("red", "blue", "lime")]
    frames[0].save("films/a.png", save_all=True, append_images=frames[1:])
    done = run("palette", "films", "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout) == {"colors": ["#ff0000"], "counts": [900]}


# -- workers -----------------------------------------------------------------------------------------------------------


def only_result(worker, job, timeout=60.0):
    (result,) = worker.do_all([job], timeout=timeout)
    return result


@pytest.mark.parametrize(
    ("kind", "code", "sentence"),
    [
        ("crash", ExitCode.CANNOT_READ, "crashed (SIGABRT)"),
        ("exit", ExitCode.CANNOT_READ, "crashed (code 3)"),
        ("killed", ExitCode.OUT_OF_MEMORY, "killed"),
        ("hang", ExitCode.CANNOT_READ, "took more than 1 s"),
    ],
)
def test_a_worker_that_ends_is_replaced(tree, kind, code, sentence):
    with Worker() as worker:
        assert only_result(worker, Fault("print")) == only_result(worker, Fault("fine"))
        with pytest.raises(CommandError) as caught:
            only_result(worker, Fault(kind), timeout=1.0 if kind == "hang" else 60.0)
        assert caught.value.code == code
        assert sentence in str(caught.value)
        assert only_result(worker, Fault("fine")) > 0


def test_a_worker_imports_nothing_of_the_users_folder(tree):
    Path("pickle.py").write_text("raise SystemExit(3)")
    Path("deflate.py").write_text("raise SystemExit(3)")
    with Worker() as worker:
        assert only_result(worker, Fault("fine")) > 0


@pytest.mark.skipif(os.name == "nt", reason="needs poll")
def test_a_child_in_the_midst_of_a_job_ends_with_its_parent(tree):
    child = [sys.executable, "-m", "huepress.batch.worker"]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(child, **pipes) as process:
        pickle.dump(([Fault("fine"), Fault("hang"), Fault("fine")], ()), process.stdin)
        process.stdin.flush()
        assert process.stdout.read(len(b"ready")) == b"ready"
        assert pickle.load(process.stdout) == process.pid
        process.stdin.close()  # as the system does when it ends the parent
        assert process.wait(30) == 0  # to hang takes 60 s
        assert (process.stdout.read(), process.stderr.read()) == (b"", b"")


def test_a_worker_that_cannot_be_started(tree, monkeypatch):
    def refuse(*_, **__):
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    done = run("shots/a.png", "-j", 1, "-k", 8)
    assert done.exit_code == 4
    sentence = f"huepress: {Path('shots/a.png')}: no worker process can be started (Too many open files)"
    assert done.stderr.splitlines()[0] == sentence


def test_each_job_has_the_whole_time(tree):
    with Worker() as worker:
        pids = {only_result(worker, Fault("slow"), timeout=1.0) for _ in range(5)}
    assert len(pids) == 1


def test_a_time_beyond_what_threads_can_wait(tree):
    """Else the watching thread ends in an exception, of which pytest tells."""
    with Worker() as worker:
        assert only_result(worker, Fault("fine"), timeout=1e300) > 0


def test_a_crash_costs_one_picture(tree):
    with Workers(1) as pool:
        file = File.at("shots/a.png")
        (output,) = Inputs(["shots"], [8], "out").outputs(next(walk("shots")), file)
        pool.submit([Fault("print"), Fault("crash"), Job(file, (output,), PLAIN)])
        (_, before), (_, (crashed,)), (_, (written,)) = pool.next()
    assert before > 0
    assert crashed.status == "failed"
    assert crashed.error == "fault.png: the process that worked on it crashed (SIGABRT)"
    assert written.status == "written"
    assert Path("out/a.png").exists()


def test_a_picture_that_crashes_the_decoder(tree, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent / "faulty"))
    for name in ("crash.png", "in/hang.png"):
        picture(1).save(Path("shots", name))
    done = press("--timeout", 9, "--json")
    assert done.exit_code == 2
    assert sorted(files("out")) == OUTPUTS
    assert "crash.png: the process that worked on it crashed (SIGABRT)" in done.stderr
    assert "hang.png: took more than 9 s (--timeout)" in done.stderr


def test_a_large_picture_takes_more_processors(tree, monkeypatch):
    monkeypatch.setattr(jobs, "PIXELS_PER_PROCESSOR", 200)  # the picture has 576
    file = File.at("shots/a.png")
    (output,) = Inputs(["shots"], [8], "out").outputs(next(walk("shots")), file)
    job = Job(file, (output,), PLAIN)
    assert job.run(1, 8) == TooLarge(3)
    assert job.run(1, 2) == TooLarge(2)
    assert job.run(2, 2)[0].status == "written"
    small = Options({"max_pixels": 500}, {}, plain=True)
    assert "over the limit of 500" in Job(file, (output,), small).run(1, 1)[0].error
    assert "over the limit of 200" not in Job(file, (output,), small).run(1, 8)[0].error


def test_processors_are_never_more_than_there_are():
    processors, used, most = Processors(4), [], []
    lock = threading.Lock()

    def work(number):
        for _ in range(20):
            with processors.taken(number):
                with lock:
                    used.append(number)
                    most.append(sum(used))
                time.sleep(0.0002)
                with lock:
                    used.remove(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in (1, 1, 1, 4, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(most) == 100
    assert max(most) == 4


@pytest.mark.skipif(os.name == "nt", reason="needs signals")
def test_an_interrupt_ends_it_all(tree, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent / "faulty"))
    picture(1).save("shots/in/hang.png")  # so that it has not ended by itself when the interrupt comes
    arguments = [sys.executable, "-m", "huepress", "shots", "-r", "-o", "out", "-k", "8", "-j", "2", "--json"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(arguments, **pipes, preexec_fn=heed_interrupts) as process:
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=120)
    assert process.returncode == 130
    assert told.decode().splitlines()[-1] == "huepress: interrupted"
    assert "Traceback" not in told.decode()
    Path("shots/in/hang.png").unlink()
    assert press().exit_code == 0


@pytest.mark.skipif(os.name == "nt", reason="needs signals")
def test_an_interrupt_never_reaches_children_even_while_they_start(tree):
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    with Worker() as worker:
        assert signal.SIGINT in only_result(worker, Fault("mask"))
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == before


def test_a_child_whose_parent_was_killed_says_nothing():
    child = [sys.executable, "-m", "huepress.batch.worker"]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(child, **pipes) as process:
        process.stdout.close()
        process.stdin.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


class Slow:
    """A pool that notes what it is given, and does nothing before it is asked."""

    processors, group_files, group_bytes = 2, 4, 100

    def __init__(self):
        self.groups, self.waiting, self.most = [], [], 0

    def submit(self, jobs):
        self.groups.append(len(jobs))
        self.waiting.append(jobs)
        self.most = max(self.most, sum(map(len, self.waiting)))

    def next(self):
        return [(job, [job.kind]) for job in self.waiting.pop(0)]


def dispatched(pool, sizes, begin=None):
    dispatcher = Dispatcher(pool, begin)
    jobs = [Fault(str(number), File("x.png", size)) for number, size in enumerate(sizes)]
    groups = [group for job in jobs for group in dispatcher.give(job)] + list(dispatcher.rest())
    assert [pair for group in groups for pair in group] == [(job, [job.kind]) for job in jobs]


def test_small_jobs_are_given_together():
    pool, begun = Slow(), []
    dispatched(pool, [10] * 100, begun.extend)
    assert pool.groups[:10] == [1, 1, 1, 1, 1, 1, 2, 2, 2, 3]
    assert pool.groups[-4:-1] == [4, 4, 4]
    assert len(begun) == sum(pool.groups) == 100
    assert 24 <= pool.most < 24 + 4


def test_a_large_job_ends_its_group():
    pool = Slow()
    dispatched(pool, [100] * 40 + [10, 100, 60, 60, 0, 1])
    assert pool.groups == [1] * 40 + [2, 2, 1, 1]
    dispatched(Slow(), [])


def test_a_failure_at_once_foretells_no_time(capsys):
    with Telling(Totals(10, 10**9), None, quiet=False) as telling:
        telling.result(Result(0, File("bad.png", 5), [Outcome("failed", "bad.png", error="bad.png: is empty")]))
        telling.result(Result(1, File("same.png", 5), [Outcome("unchanged", "same.png")]))
        assert capsys.readouterr().err == "huepress: bad.png: is empty\n"
        telling.result(Result(2, File("a.png", 10**8), [Outcome("written", "a.png", "b.png", 10**8, 10**7)]))
        assert capsys.readouterr().err.startswith("huepress: 3 of 10 files, ")


def test_the_time_left():
    start = time.monotonic() - 100
    assert Progress(Totals(9, 400), Totals(1, 100), worked=50, start=start).left == "0:10:00 left"
    assert Progress(Totals(9, 400), Totals(1, 900), worked=50, start=start).left == "0:00:00 left"  # files have grown


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(("stdout", "bar"), [(None, True), (io.StringIO(), True), (Terminal(), False)])
def test_a_bar_and_lines_of_json_do_not_share_a_terminal(monkeypatch, stdout, bar):
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setenv("TERM", "xterm")
    with Telling(Totals(1, 100), stdout, quiet=False) as telling:
        telling.result(Result(0, File("a.png", 100), [Outcome("written", "a.png", "b.png", 100, 10)]))
    assert ("\x1b[" in sys.stderr.getvalue()) == bar


def test_names_beside_a_bar_are_as_they_are(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setenv("TERM", "xterm")
    with Telling(Totals(1, 100), None, quiet=False) as telling:
        telling.result(Result(0, File("", 5), [Outcome("failed", "", error="icon:star:[red].png: is empty")]))
    assert "huepress: icon:star:[red].png: is empty\n" in sys.stderr.getvalue()


@pytest.mark.parametrize("inputs", [["shots", "-r", "-j", 1], ["shots/still.png", "shots/film.png"]])
def test_the_error_of_a_gif_is_that_of_what_it_shows(tmp_path, monkeypatch, inputs):
    """It has no partial transparency: what was nearly transparent is not there."""
    monkeypatch.chdir(tmp_path)
    Path("shots").mkdir()
    fading = np.full((3, 16, 16, 4), 90, np.uint8)
    fading[..., 3] = 16 * np.arange(16)
    fading[1:, :8, :, 0] = 200
    Image.fromarray(fading[0]).save("shots/still.png")
    Path("shots/film.png").write_bytes(saved_frames(fading, "PNG"))
    told = lines(run(*inputs, "-o", "out", "-k", 12, "--format", "gif", "--json"))
    for name in ("still", "film"):
        line, scores = told[f"shots/{name}.png"], huepress.compare(f"shots/{name}.png", f"out/{name}.gif")
        assert line["mse"] == pytest.approx(scores.mse)
        assert line["colors"] == scores.colors < 12
