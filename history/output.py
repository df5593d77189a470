"""What a command writes where it was told to: a file or a folder that cannot be is bad input, told before hours are spent."""

from __future__ import annotations

import os
from pathlib import Path

from history.records import BadInput


def expect_writable(option: str, path: Path | None) -> None:
    """Raises BadInput where no file can be written there. None: nobody asked for one."""
    if path is None:
        return
    if path.is_dir():
        raise BadInput(f"{option} {path}: is a folder. Name a file.")
    if not path.parent.is_dir():
        raise BadInput(f"{option} {path}: cannot be written (there is no folder {path.parent}).")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise BadInput(f"{option} {path}: cannot be written (permission denied).")


def write(option: str, path: Path | None, text: str) -> None:
    """Raises BadInput. What is no text is told with replacement characters."""
    if path is None:
        return
    try:
        path.write_text(text, encoding="utf-8", errors="replace")
    except OSError as error:
        raise BadInput(f"{option} {path}: cannot be written ({error.strerror}).") from error


def write_with_folder(option: str, path: Path, text: str) -> None:
    """The folder is made where it is not there. Raises BadInput."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"{option} {path}: cannot be written ({error.strerror}).") from error
    write(option, path, text)


def make_folder(option: str, path: Path) -> None:
    """Raises BadInput where there can be none, and where no file can be made in it."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"{option} {path}: no folder can be made there ({error.strerror}).") from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise BadInput(f"{option} {path}: cannot be written (permission denied).")
