"""The command, run in this process."""

from click.testing import CliRunner

from huepress.commands import huepress as command


def run(*arguments, stdin=None):
    return CliRunner().invoke(command, list(map(str, arguments)), input=stdin)
