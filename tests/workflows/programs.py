"""Programs that packages of the `tests` extra bring."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path


def program(name: str) -> str:
    """The one beside this interpreter, else the one on PATH."""
    folders = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    found = shutil.which(name, path=folders)
    assert found, f"{name} is not installed: it is in the project's `tests` extra"
    return found
