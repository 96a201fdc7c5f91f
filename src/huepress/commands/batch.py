"""The batch behind `huepress FOLDER -r`: from the options to a run, and to what is told of it."""

import sys
from contextlib import ExitStack
from typing import Any

from huepress._native import usable_cpus
from huepress.batch.inputs import Inputs
from huepress.batch.manifest import Manifest
from huepress.batch.pool import TIMEOUT, Looking, Pool, Workers
from huepress.batch.run import run
from huepress.batch.telling import Telling
from huepress.exit_codes import ExitCode, bad_option
from huepress.pressing import Options
from huepress.remote import is_url


def press_all(
    inputs: Inputs, options: Options, *, recursive: bool, dry_run: bool, as_json: bool, quiet: bool, **pool: Any
) -> ExitCode:
    """Press all pictures; returns the exit code of the first failure in the order of the inputs."""
    totals = inputs.check()
    with ExitStack() as stack:
        manifest = None
        if recursive and inputs.output is not None and not is_url(inputs.output):
            manifest = stack.enter_context(Manifest(inputs.output, look_only=dry_run))
        telling = stack.enter_context(Telling(totals, sys.stdout if as_json else None, quiet, plain=dry_run))
        for result in run(inputs, options, Looking() if dry_run else _pool(stack, **pool), manifest):
            telling.result(result)
        return telling.finish()


def _pool(stack: ExitStack, *, jobs: int | None, timeout: float | None, scheduler: str | None) -> Pool:
    timeout = timeout or TIMEOUT
    if scheduler is not None:
        from huepress.batch.cluster import Cluster, connected

        return stack.enter_context(Cluster(stack.enter_context(connected(scheduler)), timeout=timeout))
    return stack.enter_context(Workers(jobs or usable_cpus(), timeout=timeout))


def check_options(
    output: str | None, *, recursive: bool, jobs: int | None, threads: int | None, in_place: bool, **_: Any
) -> None:
    """Raise a CommandError for what does not go together."""
    if in_place:
        raise bad_option(
            "--in-place is no option of a batch, as a second run would lose more of what is lossy already: "
            "write to a new folder with -o and put it in the place of the old one, or name the files without "
            "-r, -j, --dry-run, --timeout and --scheduler, which make a batch"
        )
    if output == "-":
        raise bad_option("-o -: the results of a batch go to a folder, not to stdout")
    if jobs and threads:
        raise bad_option(
            f"-j {jobs} and --threads {threads} do not go together: -j counts the threads inside of files too"
        )
    if recursive and output is None:
        raise bad_option("-r needs -o FOLDER, where the results go")
