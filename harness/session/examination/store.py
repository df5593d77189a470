"""Examinations on disk: the JSON that is read back, and beside it the page."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import msgspec

from harness.record.parting import Examination
from harness.session.examination.page import page
from harness.session.journal.storing import put


class NoExamination(Exception):
    """The file or folder cannot be used: the message says why."""


class Stored(NamedTuple):
    json: Path
    page: Path


def write(examination: Examination, folder: Path) -> Stored:
    """As `<model>.json` and `<model>.html`, in the place of those of before. Raises NoExamination."""
    stored = Stored(folder / f"{examination.model}.json", folder / f"{examination.model}.html")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        put(stored.json, msgspec.json.format(msgspec.json.encode(examination), indent=2))
        put(stored.page, page(examination).encode())
    except OSError as error:
        raise NoExamination(f"the examination of {examination.model} cannot be written into {folder}: {error.strerror}") from error
    return stored


def read(file: Path) -> Examination:
    """Raises NoExamination."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=Examination)
    except OSError as error:
        raise NoExamination(f"{file} cannot be read: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise NoExamination(f"{file} holds no examination: {error}") from error
