import os
import signal
import subprocess
import sys

import numpy as np
import pytest

import huepress
from huepress.iteration import cluster_means
from huepress.learn import learn
from samples import gradient


def noise(seed=0):
    return np.random.default_rng(seed).integers(0, 256, (30, 40, 3), dtype=np.uint8)


def lloyd(rows, centers):
    """Lloyd's algorithm by its book, in NumPy: inertia and means after each assignment, until no label changes."""
    labels, told = None, []
    while True:
        new = ((rows[:, None] - centers) ** 2).sum(axis=2).argmin(axis=1)
        if labels is not None and (new == labels).all():
            return told
        labels = new
        means = np.array([rows[labels == i].mean(axis=0) for i in range(len(centers))])
        told.append((((rows - means[labels]) ** 2).sum(), means, np.linalg.norm(means - centers, axis=1).max()))
        centers = means


def test_plain_lloyd_tells_each_iteration():
    pixels = noise()
    rows = pixels.reshape(-1, 3).astype(float)
    start = rows[:5]
    told = []
    histogram = huepress.Histogram.of(pixels)
    found = learn(histogram, 5, init=start, callback=told.append)
    expected = lloyd(rows, start)
    assert [one.number for one in told] == list(range(len(told)))
    assert told[-1].number == found.iterations
    assert told[-1].inertia == found.inertia
    for one, (inertia, means, moved) in zip(told, expected, strict=False):
        assert one.inertia == pytest.approx(inertia, rel=1e-9)
        np.testing.assert_allclose(one.centers, means, atol=1e-9)
        assert one.moved == pytest.approx(moved, abs=1e-9)
    # The last iteration finds that no label changes.
    assert len(told) == len(expected) + 1
    assert told[-1].moved == 0


@pytest.mark.parametrize("options", [{}, {"space": "oklab"}, {"fixed": ["#ff0000", "#00ff00"]}, {"effort": "best"}])
def test_a_callback_changes_nothing(options):
    picture, told = gradient(120, 90), []
    plain = huepress.quantize(picture, k=12, **options)
    watched = huepress.quantize(picture, k=12, callback=told.append, **options)
    assert watched.encode() == plain.encode()
    assert watched.inertia == plain.inertia
    assert told[-1].inertia == pytest.approx(plain.inertia, rel=1e-12)
    assert [one.number for one in told] == list(range(len(told)))
    assert told[-1].centers.shape == (12, 4)


def test_fixed_colours_stay_in_what_is_told():
    told = []
    huepress.quantize(noise(), k=6, fixed=["#ff0000"], callback=told.append)
    assert all((one.centers[0] == [255, 0, 0]).all() for one in told)


def test_what_is_told_of_an_empty_cluster_is_where_it_was():
    sums, centers = np.array([[9, 0, 0, 0, 0], [0, 0, 0, 0, 0], [4, 8, 16, 24, 0]]), np.full((3, 3), 7.5)
    means = [[7.5, 7.5, 7.5], [7.5, 7.5, 7.5], [2, 4, 6]]  # the first is fixed
    assert cluster_means(sums, centers, 1).tolist() == means


def test_the_search_goes_down(photograph):
    told = []
    found = huepress.quantize(photograph, k=16, callback=told.append)
    inertias = np.array([one.inertia for one in told])
    assert inertias.argmin() >= len(told) - 3
    assert inertias[0] > found.inertia * 1.02
    # An over-relaxed step may overshoot, by little.
    assert (inertias[1:] <= inertias[:-1] * 1.1).all()


def test_merged_colours_tell_no_less_than_all_colours_have():
    sea = np.full((60, 60, 3), 254, np.uint8)  # one cell of bright colours that are nearly all of the picture
    sea[::7, ::5, 2] = 253
    picture = np.vstack([sea, np.random.default_rng(1).integers(0, 256, (20, 60, 3), dtype=np.uint8)])
    rows, told = picture.reshape(-1, 3).astype(float), []
    huepress.learn_palette(picture, 8, callback=told.append)
    nearest = [((rows[:, None] - one.centers) ** 2).sum(axis=2).min(axis=1).sum() for one in told]
    assert all(least * (1 - 1e-4) <= one.inertia <= 1.2 * least for one, least in zip(told, nearest, strict=True))
    assert told[-1].inertia == min(one.inertia for one in told)


def test_as_many_colours_as_there_are_is_one_iteration():
    told = []
    huepress.quantize(np.eye(3, dtype=np.uint8), k=4, callback=told.append)
    assert [(one.number, one.inertia, one.moved) for one in told] == [(0, 0.0, 0.0)]


@pytest.mark.parametrize("failure", [KeyboardInterrupt, ZeroDivisionError])
@pytest.mark.parametrize("after", [0, 3])
def test_what_the_callback_raises_ends_the_search(failure, after):
    told = []

    def stop(iteration):
        told.append(iteration)
        if iteration.number == after:
            raise failure

    with pytest.raises(failure):
        huepress.learn_palette(noise(), 8, callback=stop)
    assert len(told) == after + 1
    assert len(huepress.learn_palette(noise(), 8)) == 8


@pytest.mark.skipif(os.name == "nt", reason="needs signals")
def test_an_interrupt_ends_the_search_at_the_next_iteration(photograph):
    """Not by what the callback raises: by the signal, which comes while the kernel works."""
    code = (
        "import os, signal, sys, threading, huepress\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "histogram, told = huepress.Histogram.of(sys.argv[1]), []\n"
        "def hear(iteration):\n"
        "    told.append(iteration)\n"
        "    if len(told) == 2:\n"
        "        threading.Timer(0.001, os.kill, (os.getpid(), signal.SIGINT)).start()\n"
        "try:\n"
        "    huepress.learn_palette(histogram, 200, effort='best', threads=1, callback=hear)\n"
        "    print('not heard')\n"
        "except KeyboardInterrupt:\n"
        "    print('interrupted', signal.getsignal(signal.SIGINT) is signal.default_int_handler)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, photograph], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("interrupted True\n", "")


@pytest.mark.skipif(os.name == "nt", reason="needs signals")
def test_a_time_limit_ends_the_search_wherever_it_comes():
    """By what the handler of any signal raises, which must not be raised where only ctypes hears of it."""
    code = (
        "import signal, huepress\n"
        "import numpy as np\n"
        "def end(*_):\n"
        "    raise TimeoutError\n"
        "signal.signal(signal.SIGALRM, end)\n"
        "pixels = np.random.default_rng(0).integers(0, 256, (128, 128, 3)).astype(np.uint8)\n"
        "histogram, ended = huepress.Histogram.of(pixels), 0\n"
        "for delay in range(20, 60, 2):\n"
        "    try:\n"
        "        signal.setitimer(signal.ITIMER_REAL, delay / 1000)\n"
        "        huepress.learn_palette(histogram, 200, effort='best', threads=1, callback=lambda _: None)\n"
        "    except TimeoutError:\n"
        "        ended += 1\n"
        "print(ended, signal.getsignal(signal.SIGALRM) is end)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("20 True\n", "")


@pytest.mark.skipif(os.name == "nt", reason="needs signals")
def test_an_interrupt_ends_a_long_search_that_nothing_listens_to(photograph):
    """The search would take an hour."""
    code = (
        "import dataclasses, os, signal, sys, threading, huepress\n"
        "from huepress.kmeans import STRATEGIES\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "best = STRATEGIES['best']\n"
        "endless = dataclasses.replace(best, stages=1000 * best.stages)\n"
        "histogram = huepress.Histogram.of(sys.argv[1])\n"
        "threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()\n"
        "try:\n"
        "    huepress.learn_palette(histogram, 200, effort=endless, threads=2)\n"
        "except KeyboardInterrupt:\n"
        "    print('interrupted', signal.getsignal(signal.SIGINT) is signal.default_int_handler)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, photograph], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("interrupted True\n", "")


def test_a_handler_that_raises_nothing_is_called_and_the_search_goes_on():
    heard, told = [], []
    before = signal.signal(signal.SIGINT, lambda *_: heard.append(len(told)))

    def hear(iteration):
        told.append(iteration)
        if len(told) == 2:
            signal.raise_signal(signal.SIGINT)

    try:
        palette = huepress.learn_palette(noise(), 8, callback=hear)
    finally:
        signal.signal(signal.SIGINT, before)
    assert heard == [2]
    assert palette.inertia == huepress.learn_palette(noise(), 8).inertia


@pytest.mark.skipif(os.name == "nt", reason="needs signals")
def test_a_signal_that_comes_while_its_handler_works_does_not_hold_up_the_search():
    code = (
        "import signal, huepress\n"
        "import numpy as np\n"
        "iterations, handled = [], 0\n"
        "def handle(*_):\n"
        "    global handled\n"
        "    handled += 1\n"
        "    if len(iterations) < 5:\n"
        "        signal.raise_signal(signal.SIGUSR1)\n"
        "def tell(iteration):\n"
        "    iterations.append(iteration)\n"
        "    if len(iterations) == 1:\n"
        "        signal.raise_signal(signal.SIGUSR1)\n"
        "signal.signal(signal.SIGUSR1, handle)\n"
        "signal.alarm(40)\n"
        "pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8)\n"
        "huepress.learn_palette(huepress.Histogram.of(pixels), 50, effort='best', callback=tell)\n"
        "print(handled, len(iterations) > 5)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr) == ("5 True\n", "")
