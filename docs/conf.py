"""The documentation site: `make docs` builds it, offline, with warnings as errors."""

import inspect
import re
from importlib import import_module
from typing import ClassVar

import click
from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList

from huepress import __version__
from huepress.help_text import HELP

project = "huepress"
author = copyright = "the huepress authors"
version = release = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
default_role = "py:obj"  # single backquotes in docstrings: a link where there is something to link to
myst_heading_anchors = 3
autodoc_typehints = "none"  # docstrings give shapes, units and ranges, which say more
autodoc_preserve_defaults = True
napoleon_use_ivar = True
napoleon_attr_annotations = False
smartquotes_action = "D"  # dashes only: quotes stay what they are in Python and JSON
strip_signature_backslash = True  # or attributes that end with an underscore lose it
html_theme = "furo"
html_title = "huepress"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_show_sphinx = False
html_copy_source = False


class CommandHelp(Directive):
    """The help that a subcommand prints."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        text = HELP if self.arguments[0] == "compress" else _help_of(self.arguments[0])
        return [nodes.literal_block(text, text, language="none")]


def _help_of(name: str) -> str:
    command: click.Command = getattr(import_module(f"huepress.commands.{name}"), name)
    context = click.Context(command, info_name=f"huepress {name}", max_content_width=100, **command.context_settings)
    return command.get_help(context)


class ModuleText(Directive):
    """A module's docstring as Markdown."""

    required_arguments = 1
    option_spec: ClassVar = {}

    def run(self) -> list[nodes.Node]:
        text = inspect.cleandoc(import_module(self.arguments[0]).__doc__ or "")
        box = nodes.container()
        self.state.nested_parse(StringList(text.splitlines(), source=self.arguments[0]), 0, box)
        return box.children


def public_signature(*event: str | None) -> tuple[str | None, str | None]:
    """A signature without what only huepress itself passes."""
    signature, returned = event[-2:]
    if signature:
        signature = re.sub(r", _\w+(=(<.*>|[^,)]*))?", "", signature).replace("=<factory>", "=Metadata()")
    return signature, returned


def setup(app) -> None:
    app.connect("autodoc-process-signature", public_signature)
    app.add_directive("command-help", CommandHelp)
    app.add_directive("module-text", ModuleText)
