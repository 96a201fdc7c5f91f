"""Work beside other work, and what interrupts it: a trace function is the signal handler that comes at any line."""

import _thread
import os
import subprocess
import sys
import threading

import pytest

from huepress.cached import cached_property
from huepress.tasks import Tasks

INTERRUPTED = """
import faulthandler, io, sys
import numpy as np, huepress
from PIL import Image

faulthandler.dump_traceback_later(100, exit=True)
colors = np.random.default_rng(0).integers(0, 256, (24, 24, 3)).astype(np.uint8)
options = {"k": 8, "threads": 2, **eval(sys.argv[1])}
file, small = io.BytesIO(), io.BytesIO()
Image.fromarray(colors).save(file, "png")
Image.fromarray(colors[:8, :8]).save(small, "png")
expected = huepress.compress(file.getvalue(), **options).data
lines, handled = 0, 0

def handler(frame, event, _):
    global lines, handled
    name = frame.f_code.co_filename
    if not any(part in name for part in ("huepress", "concurrent", "threading", "warnings")):
        return None
    if event == "line":
        lines += 1
        if lines % int(sys.argv[2]) == 0:
            handled += 1
            huepress.compress(small.getvalue(), k=3, threads=2, format="gif" if handled % 2 else "png")
    return handler

sys.settrace(handler)
found = huepress.compress(file.getvalue(), **options).data
sys.settrace(None)
print(handled > 20, found == expected)
"""


@pytest.mark.parametrize(("options", "each"), [("{}", "3"), ("{'max_bytes': 500}", "37")])
def test_a_signal_handler_may_compress_whatever_it_interrupts(options, each):
    run = [sys.executable, "-c", INTERRUPTED, options, each]
    done = subprocess.run(run, capture_output=True, text=True, timeout=120, check=False)
    assert (done.stdout, done.stderr) == ("True True\n", "")


def test_results_come_in_order_whichever_thread_made_them():
    with Tasks(3) as tasks:
        assert list(tasks.map(lambda number: number**2, range(100))) == [number**2 for number in range(100)]


def test_tasks_are_done_beside_each_other():
    meeting = threading.Barrier(3)  # of two threads and this one: who waits alone fails
    with Tasks(2) as tasks:
        assert sorted(tasks.map(lambda _: meeting.wait(20), range(3))) == [0, 1, 2]


def test_what_no_thread_began_is_done_by_who_asks(monkeypatch):
    def none(*_):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(_thread, "start_new_thread", none)
    with Tasks(4) as tasks:
        task = tasks.begin(threading.get_ident)
    assert task.result() == threading.get_ident()


def test_at_the_end_all_tasks_are_done():
    done = []
    with Tasks(1) as tasks:
        for number in range(20):
            tasks.begin(lambda number=number: done.append(number))
    assert done == list(range(20))


def test_after_an_exception_those_that_were_begun():
    begun, go_on, done = threading.Event(), threading.Event(), []

    def first():
        begun.set()
        go_on.wait(20)
        done.append("first")

    with pytest.raises(KeyboardInterrupt), Tasks(1) as tasks:  # noqa: PT012
        tasks.begin(first)
        tasks.begin(lambda: done.append("second"))
        begun.wait(20)
        threading.Timer(0.05, go_on.set).start()
        raise KeyboardInterrupt
    assert done == ["first"]


def test_what_a_task_raises_is_raised_where_its_result_is_wanted():
    with Tasks(1) as tasks:
        task = tasks.begin(lambda: 1 // 0)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            task.result()


def test_the_end_of_the_interpreter_may_still_compress():
    code = (
        "import atexit, huepress, numpy\n"
        "atexit.register(lambda: print(len(huepress.compress(numpy.zeros((8, 8, 3), 'u1')).data) > 50))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr) == ("True\n", "")


# -- values found once ---------------------------------------------------------------------------------------------


class Meeting:
    """Finds a value only if others find theirs at the same time."""

    barrier = threading.Barrier(2)

    @cached_property
    def place(self):
        """Where they met."""
        return self.barrier.wait(20)


def test_objects_of_a_class_find_their_values_beside_each_other():
    meetings = Meeting(), Meeting()
    with Tasks(1) as tasks:
        places = list(tasks.map(lambda meeting: meeting.place, meetings))
    assert sorted(places) == [0, 1]
    assert [meeting.place for meeting in meetings] == places


def test_a_value_is_found_once_and_the_property_tells_of_itself():
    found = []

    class Counting:
        @cached_property
        def value(self):
            found.append(1)
            return len(found)

    counting = Counting()
    assert (counting.value, counting.value, vars(counting)) == (1, 1, {"value": 1})
    assert Meeting.place.__doc__ == "Where they met."


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_fork_while_pictures_are_read_and_compressed_can_do_the_same():
    code = (
        "import io, os, signal, threading, numpy, huepress\n"
        "from PIL import Image\n"
        "file = io.BytesIO()\n"
        "Image.fromarray(numpy.random.default_rng(0).integers(0, 256, (24, 24, 3)).astype('u1')).save(file, 'png')\n"
        "def compress():\n"
        "    huepress.compress(file.getvalue(), k=8, threads=2)\n"
        "def work():\n"
        "    while not over.is_set():\n"
        "        compress()\n"
        "compress()  # imports what it needs: Python's own locks of imports stay closed after a fork\n"
        "over = threading.Event()\n"
        "thread = threading.Thread(target=work)\n"
        "thread.start()\n"
        "ends = set()\n"
        "for _ in range(20):\n"
        "    child = os.fork()\n"
        "    if not child:\n"
        "        signal.alarm(20)\n"
        "        compress()\n"
        "        os._exit(0)\n"
        "    ends.add(os.waitpid(child, 0)[1])\n"
        "over.set()\n"
        "thread.join()\n"
        "print(ends)\n"
    )
    run = [sys.executable, "-W", "ignore", "-c", code]
    done = subprocess.run(run, capture_output=True, text=True, timeout=120, check=False)
    assert (done.stdout, done.stderr) == ("{0}\n", "")
