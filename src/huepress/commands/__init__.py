"""The command `huepress` and its subcommands, each in a file of its own that is imported when it is called."""

import sys
import warnings
from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final

import click

from huepress.errors import WriteError
from huepress.exit_codes import FAILURES, ExitCode, exit_code
from huepress.interrupts import after_imports
from huepress.sentences import say, say_warning, sentence

_SUBCOMMANDS: Final = ("compress", "palette", "elbow", "compare", "report", "check", "serve")


class Huepress(click.Group):
    """`huepress PICTURE...` is `huepress compress PICTURE...`; failures become a sentence and an exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The names of the subcommands."""
        return list(_SUBCOMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a subcommand."""
        if cmd_name not in _SUBCOMMANDS:
            return None
        with after_imports():
            command: click.Command = getattr(import_module(f"huepress.commands.{cmd_name}"), cmd_name)
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put in the default subcommand."""
        named = args and args[0] in _SUBCOMMANDS
        return super().parse_args(ctx, args if named else ["compress", *args])

    def invoke(self, ctx: click.Context) -> Any:
        """Run a subcommand; a stdout whose reader is gone is a failure too, which click would pass over in silence."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise WriteError(sentence(error)) from error

    def main(self, args: Sequence[str] | None = None, *_: Any, **__: Any) -> Any:
        """Run and end the process with an exit code."""
        sys.exit(int(self.run(list(sys.argv[1:] if args is None else args))))

    def run(self, args: list[str]) -> ExitCode:
        """Run; what fails, or warns, is told in a sentence."""
        with warnings.catch_warnings():
            warnings.showwarning = say_warning
            return self._run(args)

    def _run(self, args: list[str]) -> ExitCode:
        try:
            return super().main(args, prog_name="huepress", standalone_mode=False) or ExitCode.OK
        except click.MissingParameter as error:
            return _said(f"{error.format_message()} ({_help(error.ctx)})", ExitCode.MISSING_ARGUMENT)
        except click.ClickException as error:
            return _said(error.format_message(), ExitCode.BAD_OPTION)
        except (click.Abort, KeyboardInterrupt):
            return _said("interrupted", ExitCode.INTERRUPTED)
        except FAILURES as error:
            return _said(sentence(error), exit_code(error))


def _help(context: click.Context | None) -> str:
    """The command that shows the help of what was called."""
    name = context and context.info_name
    return f"huepress {name} --help" if name in _SUBCOMMANDS[1:] else "huepress --help"


def _said(message: str, code: ExitCode) -> ExitCode:
    say(message)
    return code


huepress = Huepress("huepress", add_help_option=False)
