"""Jobs that go wrong; in a module of its own, for a worker process to import."""

import os
import signal
import time
from dataclasses import dataclass, field

from huepress.batch.tree import File


def heed_interrupts():
    """Before a command starts: interrupts reach it also where the tests run in the background, which ignores them."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@dataclass(frozen=True)
class Fault:
    """A job that crashes, hangs, is killed or tells its process, or what signals that blocks."""

    kind: str
    file: File = field(default_factory=lambda: File("fault.png"))

    def run(self, *_):
        match self.kind:
            case "crash":
                signal.signal(signal.SIGABRT, signal.SIG_DFL)
                os.abort()
            case "exit":
                os._exit(3)
            case "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            case "hang":
                time.sleep(60)
            case "slow":
                time.sleep(0.3)
            case "mask":
                return signal.pthread_sigmask(signal.SIG_BLOCK, [])
            case "print":
                print("noise on stdout")
                os.write(1, b"more noise\n")
        return os.getpid()
