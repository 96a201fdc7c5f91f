import functools
import http.server
import json
import operator
import os
import pickle
import signal
import socket
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import huepress
from runner import run

dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")
distributed = pytest.importorskip("distributed")
from huepress import dask as hd  # noqa: E402
from huepress.batch.run import LEVEL  # noqa: E402
from huepress.encode import encode  # noqa: E402
from huepress.kmeans import BATCH_STRATEGY  # noqa: E402

pytestmark = pytest.mark.filterwarnings("default")  # a cluster leaves sockets to be collected


@pytest.fixture(scope="module")
def scene():
    y, x = np.mgrid[0:211, 0:304]
    noise = np.random.default_rng(3).integers(0, 12, (211, 304, 3))
    return np.clip(np.dstack([x / 2, y, (x + y) / 3]) + noise, 0, 255).astype(np.uint8)


# -- arrays ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("chunks", [(50, 70, 3), (211, 304, 1), (1000, 1000, 3)])
def test_arrays_give_what_one_machine_gives(scene, chunks):
    array = da.from_array(scene, chunks=chunks)
    expected = huepress.quantize(scene, k=12, effort="fast")
    counted = hd.histogram(array)
    palette = hd.learn_palette(counted, 12, effort="fast")
    assert counted.compute() == huepress.Histogram.of(scene)
    assert palette.compute() == huepress.learn_palette(scene, 12, effort="fast")
    assert palette.compute() == hd.learn_palette(array, 12, effort="fast").compute()
    for given in (expected.palette, palette):
        mapped = hd.map_palette(array, given)
        assert (mapped.shape, mapped.dtype) == ((211, 304), np.uint8)
        assert mapped.numblocks == array.numblocks[:2]
    assert np.array_equal(hd.map_palette(array, expected.palette).compute(), expected.indices)


def test_grey_alpha_and_floats():
    values = np.random.default_rng(0).random((60, 50, 4))
    values[:20, :, 3], values[40:, :, 3] = 1, 0
    for array in (values, values[..., 0], values[..., :1]):
        chunked = da.from_array(array, chunks=(16, 16, 2)[: array.ndim])
        expected = huepress.quantize(array, k=9, effort="fast")
        assert np.array_equal(hd.map_palette(chunked, expected.palette).compute(), expected.indices)
        assert hd.histogram(chunked).compute() == huepress.Histogram.of(array)


def test_chunks_without_pixels_hold_nothing(scene):
    array = da.from_array(scene, chunks=((0, 100, 0, 111), (304, 0), 3))
    palette = huepress.learn_palette(scene, 5, effort="fast")
    assert hd.histogram(array).compute() == huepress.Histogram.of(scene)
    assert np.array_equal(hd.map_palette(array, palette).compute(), huepress.quantize(scene, palette=palette).indices)


@pytest.mark.parametrize("least", [60, 150, 300])
def test_a_filter_that_leaves_some_chunks_without_pixels_or_all(scene, least):
    rows = np.arange(211) >= least
    array = da.from_array(scene, chunks=(50, 304, 1))[da.from_array(rows, chunks=50)]
    assert hd.histogram(array).compute() == huepress.Histogram.of_pixels(scene[rows])
    palette = huepress.Palette.of(["black", "white", "red"])
    mapped = hd.map_palette(array, palette).compute()
    assert mapped.shape == (rows.sum(), 304)
    assert not rows.any() or np.array_equal(mapped, huepress.quantize(scene[rows], palette=palette).indices)


made = []


def block(block_info=None):
    made.append(1)
    return np.zeros((500, 500, 3), np.uint8)


def test_nothing_is_computed_before_it_is_asked_for_and_nothing_large_is_in_the_graph():
    made.clear()
    array = da.map_blocks(
        block, chunks=((500,) * 20, (500,) * 20, (3,)), dtype=np.uint8, meta=np.empty((0, 0, 0), np.uint8)
    )
    counted = hd.histogram(array)
    mapped = hd.map_palette(array, hd.learn_palette(counted, 4))
    assert not made
    assert len(pickle.dumps(dict(counted.dask))) < 1_000_000  # of 400 chunks of 750 kB
    assert counted.compute().pixels == 100_000_000
    assert len(made) == 400
    assert mapped.shape == (10_000, 10_000)


def test_what_is_no_picture():
    with pytest.raises(ValueError, match="must have the shape"):
        hd.histogram(da.zeros((4, 4, 5), dtype=np.uint8))
    with pytest.raises(ValueError, match=r"the array has no pixels: its shape is \(0, 4, 3\)"):
        hd.histogram(da.zeros((0, 4, 3), dtype=np.uint8))
    with pytest.raises(TypeError, match="pixels must be a Dask array, not ndarray: "):
        hd.histogram(np.zeros((4, 4, 3), np.uint8))
    with pytest.raises(TypeError, match="pixels must be a Dask array, not list"):
        hd.map_palette([1], huepress.Palette([[1, 2, 3]]))
    with pytest.raises(ValueError, match="k must be"):
        hd.learn_palette(da.zeros((4, 4, 3), dtype=np.uint8), 0)


# -- files, on a cluster of processes ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """Scheduler and two workers, each with a nanny, on loopback."""
    folder = tmp_path_factory.mktemp("cluster")
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = str(Path(__file__).parent / "faulty")
    try:
        with (
            distributed.LocalCluster(
                n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0", local_directory=str(folder)
            ) as cluster,
            distributed.Client(cluster, set_as_default=False) as client,
        ):
            yield client
    finally:
        os.environ.pop("PYTHONPATH")
        if before is not None:
            os.environ["PYTHONPATH"] = before


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("shots/in").mkdir(parents=True)
    for number in range(36):
        values = np.random.default_rng(number).integers(0, 256, (60, 60, 3)).astype(np.uint8)
        Image.fromarray(values).save(f"shots/{'in/' if number % 3 else ''}{number:02}.png")
    return tmp_path


def files(folder):
    found = (path for path in Path(folder).rglob("*.png"))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def expected():
    sources = [path for path in Path("shots").rglob("*.png") if path.stem.isdigit()]
    small = {path: encode(huepress.quantize(path, k=6, effort=BATCH_STRATEGY), level=LEVEL) for path in sources}
    return {path.relative_to("shots").as_posix(): data for path, data in small.items()}


def test_a_killed_worker_costs_nothing_but_time(folder, client):
    urls = [str(path) for path in sorted(Path("shots").rglob("*.png"))]
    outcomes = hd.compress_files(client, urls, "out", k=6)
    first = next(outcomes)
    victim = next(iter(client.run(os.getpid).values()))
    os.kill(victim, signal.SIGKILL)
    told = [first, *outcomes]
    assert {outcome.status for outcome in told} == {"written"}
    assert {outcome.path for outcome in told} == {str(Path("out", Path(url).name)) for url in urls}
    assert files("out") == {Path(name).name: data for name, data in expected().items()}


def test_files_that_crash_or_hang_are_reported_and_the_rest_is_done(folder, client):
    for name in ("crash.png", "in/hang.png"):
        Path("shots", name).write_bytes(Path("shots/00.png").read_bytes())
    address = client.scheduler.address
    done = run("shots", "-r", "-o", "out", "-k", 6, "--scheduler", address, "--timeout", 9, "--json")
    assert done.exit_code == 2
    failed = {line["input"]: line["error"] for line in map(json.loads, done.stdout.splitlines()) if "error" in line}
    assert sorted(failed) == [str(Path("shots/crash.png")), str(Path("shots/in/hang.png"))]
    assert "crashed (SIGABRT)" in failed[str(Path("shots/crash.png"))]
    assert "took more than 9 s" in failed[str(Path("shots/in/hang.png"))]
    assert files("out") == expected()
    Path("shots/in/hang.png").unlink()
    again = run("shots", "-r", "-o", "out", "-k", 6, "--scheduler", address, "--timeout", 9, "--json")
    statuses = {line["input"]: line["status"] for line in map(json.loads, again.stdout.splitlines())}
    assert {name for name, status in statuses.items() if status != "unchanged"} == {str(Path("shots/crash.png"))}


def test_files_over_http(folder, client):
    pytest.importorskip("aiohttp")
    handler = functools.partial(QuietHandler, directory="shots")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        root = f"http://127.0.0.1:{server.server_port}"
        urls = [f"{root}/00.png", f"{root}/in/01.png", f"{root}/missing.png"]
        told = {outcome.source: outcome for outcome in hd.compress_files(client, urls, "out", k=6)}
        server.shutdown()
    assert told[urls[2]].status == "failed"
    assert told[urls[2]].error.startswith(f"{root}/missing.png: cannot be read")
    made = expected()
    assert files("out") == {"00.png": made["00.png"], "01.png": made["in/01.png"]}
    assert told[urls[0]].original_bytes == Path("shots/00.png").stat().st_size


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def test_arrays_on_the_cluster(scene, client):
    array = da.from_array(scene, chunks=(50, 70, 3))
    palette = hd.learn_palette(array, 12, effort="fast")
    mapped = client.compute(hd.map_palette(array, palette)).result()
    learned = huepress.learn_palette(scene, 12, effort="fast")
    assert np.array_equal(mapped, huepress.quantize(scene, palette=learned).indices)


def test_one_palette_for_many_files(folder, client):
    Path("shots/notes.txt").write_text("no picture")
    Path("shots/crash.png").write_bytes(Path("shots/00.png").read_bytes())
    Path("shots/broken.png").write_bytes(Path("shots/00.png").read_bytes()[:200])
    address = client.scheduler.address
    done = run("palette", "shots", "-k", 12, "--json", "--scheduler", address)
    assert done.exit_code == 2
    told = sorted(line.split(":")[1].strip() for line in done.stderr.splitlines())
    assert told == [str(Path("shots/broken.png")), str(Path("shots/crash.png"))]
    for name in ("broken", "crash"):
        Path(f"shots/{name}.png").unlink()
    parts = [huepress.Histogram.of(path) for path in Path("shots").rglob("*.png")]
    learned = huepress.learn_palette(sum(parts[1:], parts[0]), 12)
    done = run("palette", "shots", "-k", 12, "--json", "--scheduler", address)
    assert done.exit_code == 0
    assert json.loads(done.stdout) == {"colors": list(learned.hex), "counts": learned.counts.tolist()}


def test_a_count_that_the_workers_fail_on_ends_in_a_sentence(folder, client, monkeypatch):
    monkeypatch.setattr("huepress.batch.cluster_counting._summed", operator.index)  # which takes no list
    done = run("palette", "shots", "--scheduler", client.scheduler.address)
    assert done.exit_code == 2
    assert done.stderr.startswith("huepress: the cluster's workers failed on it ('list' object")
    assert len(done.stderr.splitlines()) == 1


def test_outputs_that_are_there_and_names_that_clash(folder, client):
    Path("out").mkdir()
    Path("out/00.png").write_bytes(b"precious")
    (told,) = hd.compress_files(client, ["shots/00.png"], "out", k=6)
    assert (told.status, told.code) == ("failed", 15)
    assert Path("out/00.png").read_bytes() == b"precious"
    with pytest.raises(huepress.HuepressError, match="would both be written to"):
        next(hd.compress_files(client, ["shots/00.png", "shots/../shots/00.png"], "out", k=6))


def test_what_is_no_list_of_files(folder):
    for one in ("shots/00.png", Path("shots/00.png")):
        with pytest.raises(TypeError, match=r"^urls must be several paths or URLs, not 'shots/00\.png' alone$"):
            next(hd.compress_files(None, one, "out"))


def test_who_stops_asking_leaves_no_work_behind(folder, client):
    urls = [str(path) for path in sorted(Path("shots").rglob("*.png"))]
    outcomes = hd.compress_files(client, map(Path, urls), Path("out"), k=6)
    assert next(outcomes).status == "written"
    outcomes.close()
    assert "pending" not in {future.status for future in client.futures.values()}


@pytest.mark.parametrize("address", ["nonsense", "tcp://host", "host:8786"])
def test_what_is_no_address_of_a_scheduler(folder, address):
    for arguments in (("shots", "-r", "-o", "out"), ("palette", "shots")):
        done = run(*arguments, "--scheduler", address)
        assert done.exit_code == 4
        assert done.stderr == f"huepress: --scheduler {address}: is no address such as tcp://host:8786\n"


def test_a_scheduler_that_is_not_there(folder, monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        monkeypatch.setitem(dask.config.config["distributed"]["comm"]["timeouts"], "connect", "1s")
        done = run("shots", "-r", "-o", "out", "--scheduler", address)
    assert done.exit_code == 4
    assert done.stderr.startswith(f"huepress: --scheduler {address}: cannot be reached")
    assert len(done.stderr.splitlines()) == 1
