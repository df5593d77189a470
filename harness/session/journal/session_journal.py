"""The journal of the session that runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from harness.record.case import Case
from harness.record.journal import Closed, Compared, Examined, Journal, Kept, Line, Opened, Piece, Writer
from harness.record.measurement import Measurement
from harness.record.parting import Examination
from harness.session import recording
from harness.session.cases import CASE, MODEL
from harness.session.journal import work

KEY: pytest.StashKey[SessionJournal] = pytest.StashKey()


Frame = dict[str, Any]


class SessionJournal:
    """Made when something is to be kept. What the disk does not take is kept until it does: the session goes on."""

    def __init__(
        self, config: pytest.Config, items: Sequence[pytest.Item], opened: Opened, path: Path, frame: Callable[[], tuple[Frame, str]]
    ) -> None:
        """items: of cases, and of what is examined. frame: what a file of the session has at its top, as far as is known by now, and why
        something is not in it."""
        self.path = path
        self.opened = opened
        self.trouble = ""  # why something is not in the file
        self.resumed: Journal | None = None
        self.over: set[str] = set()  # node ids of tests that are skipped
        self._config = config
        self._items: dict[Case, list[pytest.Item]] = {}
        self._examining: dict[str, str] = {}  # node ids by the names of models
        for item in items:
            if CASE in item.stash:
                self._items.setdefault(item.stash[CASE], []).append(item)
            else:
                self._examining[item.stash[MODEL].name] = item.nodeid
        self._make_frame = frame
        self._frame: dict[str, Any] = {}
        self._writer: Writer | None = None
        self._lines: list[Compared | Examined | Piece] = []  # of this session
        self._unwritten: list[Line] = []
        self._tell: Callable[[str], None] = lambda _: None

    def resume(self, journal: Journal) -> None:
        """Goes on with one that another session has left. Raises OSError, and JournalError for one that is in use."""
        self._writer = Writer(journal.path, journal.whole_bytes)
        self.path, self.resumed = journal.path, journal
        for side in journal.sides:
            recording.keep(self._config, side.fullname, side.measurement)

    def tell_by(self, tell: Callable[[str], None]) -> None:
        """What shows a line in the terminal while the session runs."""
        self._tell = tell

    @property
    def measured(self) -> dict[Case, Measurement]:
        """What the session before has measured."""
        done = {each.fullname: each.measurement for each in self.resumed.sides} if self.resumed else {}
        return {case: done[item.nodeid] for case, items in self._items.items() for item in items if item.nodeid in done}

    @property
    def examinations(self) -> dict[str, Examination]:
        """Those that the session before has made."""
        return {each.model: each for each in self.resumed.examinations} if self.resumed else {}

    def compared(self, measurements: Mapping[Case, Measurement]) -> None:
        self._refuse_other_work(measurements.values())
        sides = tuple(_kept(item, measurement) for case, measurement in measurements.items() for item in self._items.get(case, ()))
        for side in sides:
            recording.keep(self._config, side.fullname, side.measurement)
        self._keep(Compared(sides, self._framed()))

    def examined(self, examination: Examination) -> None:
        self._keep(Examined(self._examining.get(examination.model, ""), examination, self._framed()))

    def piece(self, case: Case, what: str, content: Any) -> None:
        self._keep(Piece(case, what, content))

    def flush(self) -> None:
        """What could not be written yet is tried once more."""
        if self._unwritten:
            self._write()

    def leave(self) -> None:
        """It stays as it is, and no session goes on with it."""
        self._unwritten.append(Closed())
        self.flush()

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()

    def as_read(self) -> Journal | None:
        """Of what it has, whether the disk has taken it or not; None where there is nothing."""
        before = self.resumed.lines if self.resumed else ()
        lines = (*before, *self._lines)
        return Journal(self.path, self.opened, lines, 0) if lines else None

    def _framed(self) -> dict[str, Any]:
        """As it is now; where another's plugin fails over it, as far as it could be made: that costs no comparison."""
        try:
            self._frame, problem = self._make_frame()
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
            self._frame = self._frame or (self.resumed.frame if self.resumed else {})
        if problem:
            self._tell(f"journal: what a file has at its top could not be made ({problem}). Measuring goes on.")
        return self._frame

    def _keep(self, line: Compared | Examined | Piece) -> None:
        if not self._lines and self.resumed is None:
            self._unwritten.append(self.opened)
        self._lines.append(line)
        self._unwritten.append(line)
        self._write()

    def _write(self) -> None:
        """What is complete is waited for until it is on the disk."""
        try:
            self._writer = self._writer or Writer(self.path)
            while self._unwritten:
                self._writer.append(self._unwritten[0], sync=not isinstance(self._unwritten[0], Piece))
                self._unwritten.pop(0)
        except OSError as error:
            if not self.trouble:
                self._tell(f"journal: {self.path} cannot be written ({error.strerror}). Measuring goes on; it is tried again.")
            self.trouble = error.strerror or str(error)
        else:
            self.trouble = ""

    def _refuse_other_work(self, measurements: Iterable[Measurement]) -> None:
        """What was measured before by another build of a framework, on another GPU or of other inputs is not to stand beside this."""
        if self.resumed is None:
            return
        found = work.differences_of_measurements([each.measurement for each in self.resumed.sides], list(measurements))
        if found:
            pytest.exit(refusal(self.path, found), returncode=pytest.ExitCode.USAGE_ERROR)


def refusal(path: Path, differences: Sequence[str]) -> str:
    lines = "\n".join(f"  {line}" for line in differences)
    return (
        f"--resume: {path} is of other work (then → now):\n{lines}\n"
        f"Leave --resume out to begin anew; `python -m history recover {path}` makes a JSON of what is in it."
    )


def _kept(item: pytest.Item, measurement: Measurement) -> Kept:
    callspec = getattr(item, "callspec", None)
    marker = item.get_closest_marker("benchmark")
    return Kept(
        name=item.name,
        fullname=item.nodeid,
        group=marker.kwargs.get("group") if marker else None,
        param=callspec.id if callspec else None,
        params=dict(callspec.params) if callspec else None,
        measurement=measurement,
    )
