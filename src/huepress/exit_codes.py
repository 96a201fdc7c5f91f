"""The exit codes of the command, in their one place; pngquant's where they mean the same."""

from enum import IntEnum
from typing import Final

from huepress.errors import HuepressError, OverwriteError, ReadError, TargetError, WriteError


class ExitCode(IntEnum):
    """How the command ended. Of several files, the first failure in their order counts."""

    OK = 0
    MISSING_ARGUMENT = 1
    CANNOT_READ = 2
    BAD_OPTION = 4  # or value, or combination; or something that is not installed
    WOULD_OVERWRITE = 15
    CANNOT_WRITE = 16
    OUT_OF_MEMORY = 17
    LARGER = 98
    TARGET_UNREACHABLE = 99
    INTERRUPTED = 130


class CommandError(HuepressError):
    """A failure that only the command knows, with its exit code."""

    def __init__(self, code: ExitCode, message: str) -> None:
        super().__init__(message)
        self.code = code


def bad_option(message: str) -> CommandError:
    """The failure that an option, its value or a combination is."""
    return CommandError(ExitCode.BAD_OPTION, message)


_CODES: Final[tuple[tuple[type[BaseException], ExitCode], ...]] = (
    (ReadError, ExitCode.CANNOT_READ),
    (OverwriteError, ExitCode.WOULD_OVERWRITE),
    (WriteError, ExitCode.CANNOT_WRITE),
    (TargetError, ExitCode.TARGET_UNREACHABLE),
    (ImportError, ExitCode.BAD_OPTION),
    (MemoryError, ExitCode.OUT_OF_MEMORY),
    (ValueError, ExitCode.BAD_OPTION),
    (TypeError, ExitCode.BAD_OPTION),
    (OSError, ExitCode.CANNOT_WRITE),  # reading raises ReadError; what is left is stdout and the like
)

FAILURES: Final = (HuepressError, ImportError, MemoryError, ValueError, TypeError, OSError)


def exit_code(error: BaseException) -> ExitCode:
    """The exit code of a failure; raises it again if it is none that the command expects."""
    if isinstance(error, CommandError):
        return error.code
    for kind, code in _CODES:
        if isinstance(error, kind):
            return code
    raise error
