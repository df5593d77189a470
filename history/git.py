"""git, asked."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from history.records import BadInput


def git(repository: Path, *arguments: str, environment: dict[str, str] | None = None) -> str:
    """Raises BadInput with git's own words."""
    try:
        done = subprocess.run(
            ["git", "-C", str(repository), *arguments], capture_output=True, text=True, check=True, env=os.environ | (environment or {})
        )
    except FileNotFoundError as error:
        raise BadInput("git is not installed, or not on PATH.") from error
    except subprocess.CalledProcessError as error:
        words = error.stderr.strip().splitlines() or [f"exit code {error.returncode}"]
        raise BadInput(f"git {arguments[0]} in {repository}: {words[-1]}") from error
    return done.stdout.strip()
