"""`python -m huepress` is the command."""

from huepress.cli import main

main()
