"""What the ranks of a launch know, and nobody else: who has it may run code through them."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import platformdirs

from harness.session.launched.launchers import LaunchError

VARIABLE = "FLOWERS_LAUNCH_SECRET"
FILE = "launch-secret"
LEAST = 16  # characters
MEND = f"set {VARIABLE} to the same {LEAST} or more characters for all ranks, which nobody else can guess"


def secret() -> bytes:
    """That of the variable, else of a file in the user's own folder, which several machines may have in common. Raises LaunchError."""
    given = os.environ.get(VARIABLE)
    if given is not None:
        if len(given) < LEAST:
            raise LaunchError(f"{VARIABLE} has {len(given)} characters: {MEND}")
        return given.encode()
    file = platformdirs.user_state_path("flowers-benchmarks") / FILE
    try:
        return _kept(file)
    except OSError as error:
        raise LaunchError(f"{file} cannot be kept ({error.strerror}): {MEND}") from error


def _kept(file: Path) -> bytes:
    """Made by the first who needs it, and whole from the moment that it is there."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_name(f"{FILE}.{secrets.token_hex(8)}")
        unfinished.touch(mode=0o600)
        try:
            unfinished.write_text(secrets.token_hex(32))
            os.link(unfinished, file)
        except FileExistsError:
            pass  # another rank was first
        finally:
            unfinished.unlink()
    if file.stat().st_mode & 0o077:
        raise LaunchError(f"{file} can be read by others: remove it, it is made anew; or {MEND}")
    return file.read_bytes()
