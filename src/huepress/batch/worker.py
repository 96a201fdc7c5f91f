"""A worker: a child process that does one job after another, so that a crash or a hang costs one picture.

Parent and child exchange pickles through the child's standard input and output. A child that ends, or that is ended
because a job takes too long, is replaced with the next job. `python -m huepress.batch.worker` is the child's side.
"""

import math
import os
import pickle
import select
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import IO, Any, Final, Self

from huepress.exit_codes import CommandError, ExitCode, bad_option
from huepress.sentences import say_warning

_READY: Final = b"ready"
# Threads are ours to give; NumPy's libraries would start one for each processor.
_ONE_THREAD: Final = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
# glibc would give the memory of each picture back to the system, to ask for it again with the next one; and Dask tells
# its workers, whose settings their children inherit, to give back even more.
_KEPT_MEMORY: Final = dict.fromkeys(("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_"), str(1 << 24))


class Worker:
    """The parent's side; a context manager that ends the child."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._watch: _Watch | None = None
        self._stopped = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def do_all(self, jobs: Sequence[Any], *arguments: Any, timeout: float) -> Iterator[Any]:
        """What `job.run(*arguments)` returns in the child, job after job.

        Raises a CommandError if the child ended on the way, or was ended as a job took more than `timeout` seconds.
        """
        child = self._ready()
        watch = self._watched(child, timeout)
        try:
            pickle.dump((jobs, arguments), _pipe(child.stdin), pickle.HIGHEST_PROTOCOL)
            _pipe(child.stdin).flush()
            for _ in jobs:
                with watch:
                    found = pickle.load(_pipe(child.stdout))
                yield found
        except (OSError, EOFError, pickle.UnpicklingError):
            self.close()
            raise (_late(timeout) if watch.late else _ended(child)) from None

    def _ready(self) -> "subprocess.Popen[bytes]":
        """The child, started and done with its imports, so that only the job counts as time."""
        if self._child is None and not self._stopped:
            self._child = _started()
        if self._child is None or self._stopped:
            self.close()
            raise CommandError(ExitCode.INTERRUPTED, "interrupted")
        return self._child

    def _watched(self, child: "subprocess.Popen[bytes]", timeout: float) -> "_Watch":
        if self._watch is None or self._watch.timeout != timeout:
            self._leave()
            self._watch = _Watch(child, timeout)
        return self._watch

    def _leave(self) -> None:
        watch, self._watch = self._watch, None
        if watch is not None:
            watch.close()

    def stop(self) -> None:
        """Begin no more, and end what another thread waits for: it is told that the child ended."""
        self._stopped = True
        if child := self._child:
            child.kill()

    def close(self) -> None:
        """End the child."""
        self._leave()
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.wait()
            for pipe in (child.stdin, child.stdout):
                with suppress(OSError):
                    _pipe(pipe).close()


class _Watch:
    """Kills a child when a job takes more than `timeout` seconds; a context manager, entered for each job.

    One thread watches all jobs: to start one for each takes a twentieth of the time of a small job.
    """

    def __init__(self, child: "subprocess.Popen[bytes]", timeout: float) -> None:
        self.timeout, self.late = timeout, False
        self._child, self._deadline, self._over = child, math.inf, threading.Event()
        threading.Thread(target=self._run, daemon=True).start()

    def __enter__(self) -> None:
        self._deadline = time.monotonic() + self.timeout

    def __exit__(self, *_: object) -> None:
        self._deadline = math.inf

    def _run(self) -> None:
        most = min(self.timeout, threading.TIMEOUT_MAX)
        while not self._over.wait(max(0.0, min(most, self._deadline - time.monotonic()))):
            if time.monotonic() >= self._deadline:
                self.late = True
                self._child.kill()
                return

    def close(self) -> None:
        """Watch no more."""
        self._over.set()


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise OSError("a child without pipes")
    return pipe


def _started() -> "subprocess.Popen[bytes]":
    """-P: a file in the user's folder that is named like a module must not be imported in its place."""
    environment = {**os.environ, **_KEPT_MEMORY, **_ONE_THREAD}
    command = [sys.executable, "-P", "-m", "huepress.batch.worker"]
    try:
        with _interrupts_blocked():
            child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
    except OSError as error:  # too many files or processes for this user
        raise bad_option(f"no worker process can be started ({error.strerror or error})") from error
    if _pipe(child.stdout).read(len(_READY)) != _READY:
        child.wait()
        raise bad_option(f"{sys.executable}: no worker process can be started")
    return child


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Block SIGINT, which a child that is started inherits: the parent takes interrupts, and ends its children."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _late(timeout: float) -> CommandError:
    return CommandError(ExitCode.CANNOT_READ, f"took more than {timeout:g} s (--timeout)")


def _ended(child: "subprocess.Popen[bytes]") -> CommandError:
    code = child.returncode
    if code == -9:  # SIGKILL: nobody but the system ends a worker so
        return CommandError(ExitCode.OUT_OF_MEMORY, "the process that worked on it was killed, as if out of memory")
    name = f"code {code}"
    with suppress(ValueError):
        name = signal.Signals(-code).name
    return CommandError(ExitCode.CANNOT_READ, f"the process that worked on it crashed ({name})")


def _serve() -> None:
    """Do the jobs that come in until there are no more; whatever else is printed goes to stderr."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # where it cannot be blocked
    warnings.showwarning = say_warning
    if hasattr(select, "poll"):
        threading.Thread(target=_end_with_parent, daemon=True).start()
    jobs, results = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    import_module("huepress.batch.job")  # all that jobs import, before they are timed
    with suppress(BrokenPipeError), results:  # the parent was killed
        results.write(_READY)
        results.flush()
        while True:
            try:
                group, arguments = pickle.load(jobs)
            except EOFError:
                return
            for job in group:
                pickle.dump(job.run(*arguments), results, pickle.HIGHEST_PROTOCOL)
                results.flush()


def _end_with_parent() -> None:
    """End in the midst of a job when the parent is gone: what another run writes meanwhile must not be overwritten."""
    pipe = select.poll()
    pipe.register(0, 0)  # only a hang-up is told of
    pipe.poll()
    os._exit(0)


if __name__ == "__main__":
    _serve()
