"""Frameworks are not importable in the pytest process: what is tested of them runs in their own interpreters."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.record.fairness import SURROUNDINGS
from harness.session.workers.surroundings import variables

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
TIMEOUT_SECONDS = 900
MARK = "\nresult of the code: "

RunIn = Callable[[str, str], Any]


def interpreter(framework: str) -> str:
    """From `PYTORCH_PYTHON` and the like, else tox's environment of that name, else this one."""
    from_tox = ROOT / ".tox" / framework / "bin" / "python"
    return os.environ.get(f"{framework.upper()}_PYTHON") or (str(from_tox) if from_tox.exists() else sys.executable)


@pytest.fixture(scope="session")
def run_in() -> RunIn:
    """`run_in(framework, code)`: runs the code as a `matched` worker is run; gives what it leaves in `result`, by way of JSON.

    The code can import `fixtures` and the files of this folder.
    """

    def run(framework: str, code: str) -> Any:
        found = [str(ROOT), str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])]
        ended = subprocess.run(
            [interpreter(framework), "-c", f"{code}\nimport json\nprint({MARK!r} + json.dumps(result))"],
            env=os.environ | variables(framework, SURROUNDINGS) | {"PYTHONPATH": os.pathsep.join(found), "TF_CPP_MIN_LOG_LEVEL": "2"},
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
        if ended.returncode != 0:
            raise AssertionError(f"{framework}: the code ended with {ended.returncode}:\n{ended.stderr[-4000:]}")
        return json.loads(ended.stdout.rpartition(MARK)[2])

    return run
