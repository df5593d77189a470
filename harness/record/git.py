"""git, asked about one folder: whatever a hook, a CI job or somebody's configuration says of another one."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

# What says how git is installed and configured, and how it reaches a server. All other variables say which repository, index, objects or
# commit are meant, or how something is to be shown: a hook has those of the repository that it was called for.
KEPT = (
    "GIT_EXEC_PATH", "GIT_CONFIG_", "GIT_DISCOVERY_ACROSS_FILESYSTEM", "GIT_TERMINAL_PROMPT", "GIT_ASKPASS", "GIT_SSH", "GIT_SSL_",
    "GIT_HTTP_", "GIT_PROXY_",
)  # fmt: skip
NOT_KEPT = "GIT_CONFIG_PARAMETERS"  # of `git -c … commit`, for its hooks
OWN = {
    "GIT_OPTIONAL_LOCKS": "0",  # nobody's own `git` has to wait for ours
    "LANGUAGE": "en",  # what it says is read
}
# Nobody's hooks, and no program that watches files, are started for our worktrees; and messages are in one encoding.
CONFIGURATION = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "i18n.logOutputEncoding=UTF-8")
MOST_LINES = 6  # of what it says
NOT_INSTALLED = "git is not installed, or not on PATH"


class GitError(Exception):
    """git is not there, or refuses. The message is its own reason, in one line, with its own mend where it tells one."""


def surroundings(variables: Mapping[str, str] = os.environ) -> dict[str, str]:
    """For git, and for what may ask it: without the variables that tell it of a repository."""
    kept = (name for name in variables if not name.startswith("GIT_") or (name.startswith(KEPT) and name != NOT_KEPT))
    return {name: variables[name] for name in kept}


def ask(folder: Path, *arguments: str, environment: Mapping[str, str] | None = None, content: bytes = b"") -> bytes:
    """What git prints, in whatever encoding it is. environment: variables of this one call. Raises GitError."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *CONFIGURATION, *arguments],
            input=content,
            capture_output=True,
            check=False,
            env=surroundings() | OWN | dict(environment or {}),
        )
    except OSError as error:
        raise GitError(NOT_INSTALLED if isinstance(error, FileNotFoundError) else f"git cannot be started ({error.strerror})") from error
    if done.returncode:
        raise GitError(reason(done.stderr.decode(errors="replace")) or f"exit code {done.returncode}")
    return done.stdout


def reason(said: str) -> str:
    """Why it refuses: what it calls an error, and what follows. Other lines, its last ones among them, tell what it was doing."""
    lines = [line.strip() for line in said.splitlines() if line.strip() and not line.startswith(("hint:", "warning:"))]
    first = next((index for index, line in enumerate(lines) if line.startswith(("error:", "fatal:"))), len(lines) - 1)
    return " ".join(lines[max(first, 0) :][:MOST_LINES])
