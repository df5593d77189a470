"""What a forge is to the workflows: a repository, runners with their programs, artifacts, comments and a page. All of it in one folder."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from playwright._impl._driver import compute_driver_executable

from tests.repositories import git
from tests.worker.nvml import fake
from tests.workflows.programs import program

ACTIONS = Path(__file__).parent / "actions"
USED = re.compile(r"uses: actions/(([a-z-]+)@[0-9a-f]{40})")
REPOSITORY = "owner/project"
BRANCH_OF_NIGHTS = "benchmark-history"
DEADLINE_SECONDS = 900.0
OF_A_RUN = ("GITHUB_", "RUNNER_", "ACTIONS_")  # variables that a run has in which these tests may be run themselves

# On the runners instead of installing for minutes: each environment of tox is the interpreter of the tests.
TOX = """#!/bin/sh
echo "$@" >> "$FORGE/tox.txt"
[ "$1 $2" = "run -e" ] || exit 0
for name in $(echo "$3" | tr , ' '); do
    grep -q "$name" tox.ini || exit 1
    mkdir -p ".tox/$name/bin"
    ln -s "$FORGE/python/interpreter" ".tox/$name/bin/python"
done
"""
PYTHON = """#!/bin/sh
[ "$1 $2 $3" = "-m pip install" ] && exit 0
exec "$FORGE/python/interpreter" "$@"
"""


class Run(msgspec.Struct, frozen=True):
    """What became of a workflow."""

    exit_code: int  # act's
    jobs: dict[str, str]  # success or failure; a job that was skipped is not among them
    steps: dict[str, str]  # "job/step"; of those that were begun
    summary: str
    log: str

    def steps_of(self, job: str) -> list[str]:
        return [name.partition("/")[2] for name in self.steps if name.startswith(f"{job}/")]


class Forge:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.project = folder / "project"  # somebody's clone, from which is pushed
        self._variables: dict[str, str] = {}
        (folder / "artifacts").mkdir(parents=True)
        (folder / "temporary").mkdir()
        self._install_programs()
        self.project.mkdir()
        git(self.project, "init", "--quiet")
        git(folder, "init", "--quiet", "--bare", "repository.git")
        git(self.project, "remote", "add", "origin", f"file://{folder / 'repository.git'}")

    def push(self, reference: str) -> str:
        """All that is in the clone, as a commit."""
        git(self.project, "add", "--all")
        git(self.project, "commit", "--quiet", "--allow-empty", f"--message=for {reference}")
        git(self.project, "push", "--quiet", "origin", f"+HEAD:{reference}")
        return git(self.project, "rev-parse", "HEAD")

    def use_gpu(self, script: str) -> None:
        """What the runner's driver is: see `fake_driver.c`."""
        self._variables |= fake.variables(self.folder, script)

    def use(self, **variables: str) -> None:
        self._variables |= variables

    def run(self, workflow: str, event: str, payload: dict[str, Any], attempt: int = 1, until: Callable[[Path], bool] | None = None) -> Run:
        """On the commit that the clone is at. until: of the folder with the runners' workspaces; once it holds, the run is cancelled.

        act kills what it cancels at once, where a forge asks first by two signals: what outlives this outlives that.
        """
        if attempt == 1:
            shutil.rmtree(self.folder / "artifacts")
            (self.folder / "artifacts").mkdir()
        (self.folder / "event.json").write_text(json.dumps(payload))
        (self.folder / "log.jsonl").unlink(missing_ok=True)
        with (self.folder / "log.jsonl").open("w") as log:
            process = subprocess.Popen(
                self._command(workflow, event, attempt), cwd=self.project, env=self._environment(), stdout=log, stderr=log
            )
            try:
                if until is not None:
                    self._wait(process, until)
                    process.send_signal(signal.SIGINT)
                code = process.wait(DEADLINE_SECONDS)
            finally:
                process.terminate()  # nothing, where it has ended
                process.wait()
        return self._told(code)

    def comments(self) -> list[str]:
        path = self.folder / "comments.json"
        return [each["body"] for each in json.loads(path.read_text())] if path.exists() else []

    def nights(self) -> list[str]:
        """The files on their branch."""
        repository = self.folder / "repository.git"
        if not git(repository, "branch", "--list", BRANCH_OF_NIGHTS):
            return []
        return git(repository, "ls-tree", "-r", "--name-only", BRANCH_OF_NIGHTS).splitlines()

    def _wait(self, process: subprocess.Popen[bytes], until: Callable[[Path], bool]) -> None:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not until(self.folder / "runners"):
            assert process.poll() is None, self._log()
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def _command(self, workflow: str, event: str, attempt: int) -> list[str]:
        used = set(USED.findall((self.project / ".github" / "workflows" / workflow).read_text()))
        return [
            *(program("act"), event, "--workflows", f".github/workflows/{workflow}", "--eventpath", str(self.folder / "event.json")),
            *(f"--local-repository=actions/{pinned}={ACTIONS / name}" for pinned, name in sorted(used)),
            *("--platform=self-hosted=-self-hosted", "--platform=ubuntu-24.04=-self-hosted"),  # on this machine, without containers
            *("--no-skip-checkout", "--no-cache-server", f"--action-cache-path={self.folder / 'runners'}", "--defaultbranch=main"),
            *(f"--env=GITHUB_REPOSITORY={REPOSITORY}", f"--env=GITHUB_RUN_ATTEMPT={attempt}", "--secret=GITHUB_TOKEN=none", "--json"),
        ]

    def _environment(self) -> dict[str, str]:
        node, _ = compute_driver_executable()  # playwright brings one, which asks for none on the machine
        own = {
            "ACT_DISABLE_VERSION_CHECK": "true",
            "FORGE": str(self.folder),
            "NODE": str(node),
            "HOME": str(self.folder / "home"),
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            "XDG_CONFIG_HOME": str(self.folder / "home"),
            "TMPDIR": str(self.folder / "temporary"),
            "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "TTY_COMPATIBLE": "0",  # act gives a step a terminal, which a forge does not
            "PY_COLORS": "0",
        }
        others = {name: value for name, value in os.environ.items() if not name.startswith(OF_A_RUN)}
        return others | own | self._variables

    def _install_programs(self) -> None:
        programs = {
            "bin/tox": TOX,
            "bin/gh": "#!/bin/sh\nexit 0\n",
            "python/python": PYTHON,
            "python/interpreter": f'#!/bin/sh\nexec "{sys.executable}" "$@"\n',
        }
        for name, script in programs.items():
            (self.folder / name).parent.mkdir(exist_ok=True)
            (self.folder / name).write_text(script)
            (self.folder / name).chmod(0o755)

    def _told(self, exit_code: int) -> Run:
        told = [json.loads(line) if line.startswith("{") else {"msg": line} for line in self._log().splitlines()]
        return Run(
            exit_code=exit_code,
            jobs={each["jobID"]: each["jobResult"] for each in told if "jobResult" in each},
            steps={
                f"{each['jobID']}/{each['step']}": each["stepResult"]
                for each in told
                if each.get("stage") == "Main" and "stepResult" in each and len(each["stepID"]) == 1  # those within an action have two
            },
            summary="".join(each["content"] for each in told if each.get("command") == "summary"),
            log="\n".join(each["msg"].rstrip("\n") for each in told),
        )

    def _log(self) -> str:
        return (self.folder / "log.jsonl").read_text()
