"""The ways into other people's builds, each in a real git repository: pre-commit hooks, the action, a Makefile."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from PIL import Image

from samples import blobs

ROOT = Path(__file__).parents[1]
COMMAND = Path(sys.executable).parent / "huepress"
HOOKS = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))}
ACTION = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))

pytestmark = pytest.mark.skipif(
    not (shutil.which("git") and shutil.which("bash") and COMMAND.exists()), reason="needs git, bash and the command"
)


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A git repository with a picture that wastes bytes, staged."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("GIT_", "MAKE"))]:  # of a build that runs the tests
        monkeypatch.delenv(name)
    monkeypatch.setenv("PATH", f"{COMMAND.parent}{os.pathsep}{os.environ['PATH']}")
    (tmp_path / "art").mkdir()
    Image.fromarray(blobs(120, 160)).save(tmp_path / "art" / "wasteful.png")
    run("git init -q . && git add art")
    run("git config user.email somebody@example.org && git config user.name Somebody")
    return tmp_path


def run(shell, **environment):
    return subprocess.run(
        ["bash", "-euc", shell], capture_output=True, text=True, env={**os.environ, **environment}, check=False
    )


# -- pre-commit ----------------------------------------------------------------------------------------------


def commit_with(hook):
    """Commit with a hook that does as pre-commit does: gives the staged files of its types to its entry."""
    patterns = " ".join(f"'*.{kind}'" for kind in hook["types_or"])
    staged = f"git diff --cached --name-only --diff-filter=ACM -z -- {patterns}"
    script = f"#!/usr/bin/env bash\nset -eo pipefail\n{staged} | xargs -0 {hook['entry']}\n"
    # What a hook changes and does not stage makes pre-commit fail.
    Path(".git/hooks/pre-commit").write_text(f"{script}git diff --exit-code --quiet\n")
    Path(".git/hooks/pre-commit").chmod(0o755)
    return run("git commit -qm pictures")


def test_the_check_hook_stops_a_wasteful_picture(repository):
    done = commit_with(HOOKS["huepress-check"])
    assert done.returncode != 0
    assert "wasteful.png" in done.stderr
    assert run("git rev-parse HEAD").returncode != 0


def test_the_hook_makes_it_smaller_and_lets_it_pass_then(repository):
    size = Path("art/wasteful.png").stat().st_size
    assert commit_with(HOOKS["huepress"]).returncode != 0
    assert Path("art/wasteful.png").stat().st_size < 0.9 * size
    run("git add art")
    assert commit_with(HOOKS["huepress"]).returncode == 0
    assert run("huepress check art").returncode == 0


def test_hooks_name_commands_that_are_there():
    for hook in HOOKS.values():
        assert hook["language"] == "python"
        done = subprocess.run([COMMAND, *shlex.split(hook["entry"])[1:], "--help"], capture_output=True)
        assert done.returncode == 0


# -- the action ----------------------------------------------------------------------------------------------


def act(folder="bin", **inputs):
    """Run the last step of the action as a runner does, with huepress in the folder where its first step puts it."""
    given = {name: str(value.get("default", "")) for name, value in ACTION["inputs"].items()} | inputs
    step = ACTION["runs"]["steps"][-1]
    binaries = Path("runner/huepress", folder)
    binaries.mkdir(parents=True, exist_ok=True)
    if not (binaries / "huepress").exists():
        (binaries / "huepress").symlink_to(COMMAND)
    environment = {
        name: given[value.removeprefix("${{ inputs.").removesuffix(" }}")] for name, value in step["env"].items()
    }
    return run(step["run"], RUNNER_TEMP=str(Path("runner").resolve()), **environment)


def test_the_action_checks_and_fixes(repository):
    assert act(pictures="art").returncode == 98
    assert act(pictures="art", options="--max-saving 99%").returncode == 0
    assert act(pictures="art", command="fix").returncode == 0
    assert act(pictures="art").returncode == 0
    assert act(pictures="art", command="paint").returncode == 4


def test_the_action_finds_the_command_where_windows_puts_it(repository):
    assert act("Scripts", pictures="art").returncode == 98


def test_the_action_installs_from_its_own_folder():
    install = ACTION["runs"]["steps"][0]["run"]
    assert '"$GITHUB_ACTION_PATH"' in install
    assert all(step["shell"] == "bash" for step in ACTION["runs"]["steps"])
    assert "${{" not in "".join(step["run"] for step in ACTION["runs"]["steps"])  # no text of others becomes code


# -- what the documentation tells of them ------------------------------------------------------------------------


def test_the_documentation_names_hooks_and_inputs_that_are_there():
    page = (ROOT / "docs" / "how-to" / "build.md").read_text("utf-8")
    config, steps = (yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL))
    (repository,), (step,) = config["repos"], steps
    for hook in repository["hooks"]:
        assert hook["id"] in HOOKS
        done = subprocess.run([COMMAND, "check", *hook["args"], "--help"], capture_output=True)
        assert done.returncode == 0
    assert set(step["with"]) <= set(ACTION["inputs"])


# -- a Makefile ----------------------------------------------------------------------------------------------


@pytest.mark.skipif(not shutil.which("make"), reason="needs make")
def test_the_recipe_of_the_documentation(repository):
    shutil.copy(ROOT / "examples" / "pictures.mk", "Makefile")
    Path("pictures").mkdir()
    Path("art/wasteful.png").rename("pictures/one.png")
    assert run("make").returncode == 0
    assert Path("build/one.png").stat().st_size < 0.9 * Path("pictures/one.png").stat().st_size
    assert "Nothing to be done for 'all'" in run("make").stdout
    assert run("make check").returncode != 0
