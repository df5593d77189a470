"""One session's file: its run, and what the page tells of it beyond what every reader of the file asks for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from harness.findings.comparison import Comparison, comparisons
from harness.findings.outputs.markdown import code
from harness.record.measurement import Measurement
from harness.record.outcome import Outcome
from history.packing import unpacked
from history.records import TO_SHOW, BadInput, Run, parse
from history.short_commit import short_commit

NOT_TOLD = "not told"
UNVERSIONED = "unversioned"  # pytest-benchmark's word for a checkout without a commit


class _MachineInfo(msgspec.Struct):
    python_version: str = NOT_TOLD
    system: str = NOT_TOLD
    release: str = ""
    gpu: dict[str, Any] | None = None


class _Commit(msgspec.Struct):
    dirty: bool | None = None


class _Document(msgspec.Struct):
    """What runs of any age may lack."""

    machine_info: _MachineInfo = msgspec.field(default_factory=_MachineInfo)
    commit_info: _Commit = msgspec.field(default_factory=_Commit)


_DOCUMENT = msgspec.json.Decoder(_Document)


class Session(msgspec.Struct, frozen=True, eq=False):
    name: str  # of its file
    run: Run
    python: str
    system: str
    gpu: dict[str, Any]  # as the driver told it
    changed: bool  # its checkout had changes that no commit has

    @property
    def measured(self) -> list[Measurement]:
        """What ended with a number, in the order of the file."""
        return [row.measurement for row in self.run.rows if row.measurement and row.outcome is Outcome.OK]

    @property
    def comparisons(self) -> list[Comparison]:
        return comparisons(self.measured)

    @property
    def commit(self) -> str:
        return short_commit(self.run.commit, UNVERSIONED) + (" with changes" if self.changed else "")

    @property
    def when(self) -> str:
        """To the minute, in UTC as pytest-benchmark writes it."""
        return f"{self.run.datetime[:10]} {self.run.datetime[11:16]} UTC" if len(self.run.datetime) >= 16 else NOT_TOLD


def headed(session: Session) -> str:
    """What stands above a table of its figures, in Markdown."""
    return f"**{code(session.name)}, {session.when}**"


def read_session(path: Path) -> Session:
    """Raises BadInput for what is no file of this suite with a case in it."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror}).") from error
    run = parse(path, content, TO_SHOW)
    if run.condensed:
        raise BadInput(f"{path}: was condensed, and has no rounds to tell a ratio of. Take the file as it was measured.")
    if not any(row.measurement for row in run.rows):
        raise BadInput(f"{path}: has no case of this suite. Remove it from the folder, or measure it again.")
    try:
        document = _DOCUMENT.decode(unpacked(content))
    except msgspec.ValidationError as error:
        raise BadInput(f"{path}: not a file of this suite ({error}). Remove it from the folder.") from error
    told = document.machine_info
    return Session(
        name=path.name,
        run=run,
        python=told.python_version,
        system=f"{told.system} {told.release}".strip(),
        gpu=told.gpu or {},
        changed=bool(document.commit_info.dirty),
    )
