"""A worker: a child process that does one job after another, so that a crash or a hang costs one picture.

Parent and child exchange pickles through the child's standard input and output. A child that ends, or that is ended
because a job takes too long, is replaced with the next job. `python -m huepress.batch.worker` is the child's side.
"""

import os
import pickle
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from importlib import import_module
from typing import IO, Any, Final, Self

from huepress.errors import HuepressError
from huepress.exit_codes import CommandError, ExitCode

_READY: Final = b"ready"
# Threads are ours to give; NumPy's libraries would start one for each processor.
_ONE_THREAD: Final = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
# glibc would give the memory of each picture back to the system, to ask for it again with the next one.
_KEPT_MEMORY: Final = dict.fromkeys(("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_"), str(1 << 24))


class Worker:
    """The parent's side; a context manager that ends the child."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._stopped = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def do(self, job: Any, *arguments: Any, timeout: float | None = None) -> Any:
        """What `job.run(*arguments)` returns in the child.

        Raises a CommandError if the child ended on the way, or was ended after `timeout` seconds.
        """
        child = self._ready()
        late = threading.Event()
        timer = threading.Timer(timeout, _end, (child, late)) if timeout else None
        if timer:
            timer.daemon = True
            timer.start()
        try:
            pickle.dump((job, arguments), _pipe(child.stdin), pickle.HIGHEST_PROTOCOL)
            _pipe(child.stdin).flush()
            return pickle.load(_pipe(child.stdout))
        except (OSError, EOFError, pickle.UnpicklingError):
            self.close()
            raise _ended(child, timeout if late.is_set() else None) from None
        finally:
            if timer:
                timer.cancel()

    def _ready(self) -> "subprocess.Popen[bytes]":
        """The child, started and done with its imports, so that only the job counts as time."""
        if self._child is None and not self._stopped:
            self._child = _started()
        if self._child is None or self._stopped:
            self.close()
            raise CommandError(ExitCode.INTERRUPTED, "interrupted")
        return self._child

    def stop(self) -> None:
        """Begin no more, and end what another thread waits for: it is told that the child ended."""
        self._stopped = True
        if child := self._child:
            child.kill()

    def close(self) -> None:
        """End the child."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.wait()
            for pipe in (child.stdin, child.stdout):
                with suppress(OSError):
                    _pipe(pipe).close()


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise OSError("a child without pipes")
    return pipe


def _started() -> "subprocess.Popen[bytes]":
    """-P: a file in the user's folder that is named like a module must not be imported in its place."""
    environment = {**_KEPT_MEMORY, **os.environ, **_ONE_THREAD}
    command = [sys.executable, "-P", "-m", "huepress.batch.worker"]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
    if _pipe(child.stdout).read(len(_READY)) != _READY:
        child.wait()
        raise CommandError(ExitCode.BAD_OPTION, f"{sys.executable}: no worker process can be started")
    return child


def _end(child: "subprocess.Popen[bytes]", late: threading.Event) -> None:
    late.set()
    child.kill()


def _ended(child: "subprocess.Popen[bytes]", timeout: float | None) -> HuepressError:
    if timeout is not None:
        return CommandError(ExitCode.CANNOT_READ, f"took more than {timeout:g} s (--timeout)")
    code = child.returncode
    if code == -9:  # SIGKILL: nobody but the system ends a worker so
        return CommandError(ExitCode.OUT_OF_MEMORY, "the process that worked on it was killed, as if out of memory")
    name = f"code {code}"
    with suppress(ValueError):
        name = signal.Signals(-code).name
    return CommandError(ExitCode.CANNOT_READ, f"the process that worked on it crashed ({name})")


def _serve() -> None:
    """Do the jobs that come in until there are no more; whatever else is printed goes to stderr."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt reaches the parent, which ends its children
    jobs, results = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    import_module("huepress.batch.job")  # all that jobs import, before they are timed
    results.write(_READY)
    results.flush()
    while True:
        try:
            job, arguments = pickle.load(jobs)
        except EOFError:
            return
        try:
            pickle.dump(job.run(*arguments), results, pickle.HIGHEST_PROTOCOL)
            results.flush()
        except BrokenPipeError:  # the parent was killed
            return


if __name__ == "__main__":
    _serve()
