"""Files on S3, served by moto on loopback; `make cluster` installs what this needs."""

import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from huepress import quantize
from huepress.batch.run import LEVEL
from huepress.encode import encode
from huepress.kmeans import BATCH_STRATEGY
from runner import run

pytest.importorskip("moto.server", reason="make cluster installs moto")
s3fs = pytest.importorskip("s3fs", reason="make cluster installs s3fs")
distributed = pytest.importorskip("distributed")
from huepress import dask as hd  # noqa: E402

pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture(scope="module")
def bucket():
    """An empty bucket, which this process and its children find through the environment."""
    port = 5000 + os.getpid() % 1000
    server = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with (
        subprocess.Popen(server, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process,
        pytest.MonkeyPatch.context() as patch,
    ):
        endpoint = f"http://127.0.0.1:{port}"
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setenv("AWS_ENDPOINT_URL", endpoint)
        _wait_for(endpoint)
        s3fs.S3FileSystem().mkdir("pictures")
        yield "s3://pictures"
        process.terminate()


def _wait_for(url):
    for _ in range(200):
        try:
            urllib.request.urlopen(f"{url}/moto-api/", timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    pytest.fail("moto does not answer")


def test_from_s3_to_s3(bucket, tmp_path):
    files = s3fs.S3FileSystem()
    expected = {}
    for number in range(5):
        pixels = np.random.default_rng(number).integers(0, 256, (40, 40, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
        files.put(str(tmp_path / f"{number}.png"), f"pictures/in/{number}.png")
        expected[f"{bucket}/out/{number}.png"] = encode(quantize(pixels, k=4, effort=BATCH_STRATEGY), level=LEVEL)
    urls = [f"{bucket}/in/{number}.png" for number in range(5)]
    with (
        distributed.LocalCluster(n_workers=1, threads_per_worker=2, dashboard_address=":0") as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        told = list(hd.compress_files(client, [*urls, f"{bucket}/in/missing.png"], f"{bucket}/out", k=4))
        again = list(hd.compress_files(client, urls[:1], f"{bucket}/out", k=4))
    assert {outcome.path for outcome in told if outcome.status == "written"} == set(expected)
    assert [outcome.source for outcome in told if outcome.status == "failed"] == [f"{bucket}/in/missing.png"]
    assert [outcome.code for outcome in again] == [15]
    for url, data in expected.items():
        files.invalidate_cache()
        assert files.cat(url) == data


def test_a_local_tree_to_s3(bucket, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("shots/deep").mkdir(parents=True)
    Image.fromarray(np.random.default_rng(9).integers(0, 256, (30, 30, 3)).astype(np.uint8)).save("shots/deep/a.png")
    done = run("shots", "-r", "-o", f"{bucket}/tree", "-k", "3", "-j", "1")
    assert done.exit_code == 0
    files = s3fs.S3FileSystem()
    assert files.cat("pictures/tree/deep/a.png") == encode(
        quantize("shots/deep/a.png", k=3, effort=BATCH_STRATEGY), level=LEVEL
    )
