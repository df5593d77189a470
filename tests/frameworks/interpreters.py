"""The frameworks' interpreters, each started once a session: importing a framework takes seconds, for each of some fifty codes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from harness.frameworks import FRAMEWORKS
from harness.record.fairness import SURROUNDINGS
from harness.session.workers.surroundings import variables

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
TIMEOUT_SECONDS = 900
MARK = "\nresult of the code: "
SERVE = "from tests.frameworks.forking import serve; serve({module!r})"
TOLD_CHARACTERS = 4000


def interpreter(framework: str) -> str:
    """From `PYTORCH_PYTHON` and the like, else tox's environment of that name, else this one."""
    from_tox = ROOT / ".tox" / framework / "bin" / "python"
    return os.environ.get(f"{framework.upper()}_PYTHON") or (str(from_tox) if from_tox.exists() else sys.executable)


class Interpreter:
    """A process that has imported the framework as a `matched` worker does. Each code runs in a fork of it."""

    def __init__(self, framework: str, folder: Path) -> None:
        """folder: of its own, for what is printed."""
        self._framework = framework
        self._folder = folder
        self._codes = 0
        self._lock = threading.Lock()
        found = [str(ROOT), str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])]
        with (folder / "start").open("w") as log:
            self._process = subprocess.Popen(
                [interpreter(framework), "-c", SERVE.format(module=FRAMEWORKS[framework].module)],
                env=os.environ | variables(framework, SURROUNDINGS) | {"PYTHONPATH": os.pathsep.join(found), "TF_CPP_MIN_LOG_LEVEL": "2"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )

    def result(self, code: str) -> Any:
        """What the code leaves in `result`."""
        with self._lock:
            self._codes += 1
            output, errors = (self._folder / f"{self._codes}-{name}" for name in ("output", "errors"))
            code = f"{code}\nimport json\nprint({MARK!r} + json.dumps(result))"
            ended = self._ended(json.dumps([code, str(output), str(errors)]))
        if ended != "0":
            said = (errors if errors.exists() else self._folder / "start").read_text()[-TOLD_CHARACTERS:]
            raise AssertionError(f"{self._framework}: the code ended with {ended or 'its interpreter'}:\n{said}")
        return json.loads(output.read_text().rpartition(MARK)[2])

    def _ended(self, asked: str) -> str:
        """The exit code; "" where the interpreter itself has ended."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        limit = threading.Timer(TIMEOUT_SECONDS, self._kill)
        limit.start()
        try:
            with suppress(BrokenPipeError):
                print(asked, file=self._process.stdin, flush=True)
            return self._process.stdout.readline().strip()
        finally:
            limit.cancel()

    def close(self) -> None:
        self._kill()
        self._process.communicate()

    def _kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
