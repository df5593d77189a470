"""The end of a session: its files are stored, by pytest-benchmark or in its place, and the journal goes or stays."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from harness.findings import benchmark_json
from harness.record.journal import Journal
from harness.record.outcome import Outcome
from harness.session.journal import storing
from harness.session.journal.session_journal import SessionJournal
from harness.session.storage import short


class Ending:
    def __init__(self, config: pytest.Config, journal: SessionJournal) -> None:
        self.stored = False  # pytest-benchmark has come to it
        self.is_refused = False  # what was measured is to be in no file that others are compared with
        self._config = config
        self._journal = journal
        self._problems: list[str] = []
        self._is_over = False
        self._saved_before = storing.saved(config)
        self._broken = ""  # why no file can be made of the journal
        self._read: Journal | None = None
        self._document: dict[str, Any] = {}

    def rehearse(self) -> bool:
        """Whether all can be stored. What goes wrong here keeps pytest-benchmark from nothing."""
        try:
            self._journal.flush()
            self._read = self._journal.as_read()
            if self._read is not None:
                self._document = benchmark_json.of_journal(self._read, self._journal.over)
                self._problems = storing.rehearse(self._config, self._document)
        except Exception as error:
            self._broken = f"{type(error).__name__}: {error}"
        return not self._problems and not self._broken

    def complete(self, output_json: dict[str, Any]) -> None:
        """Puts into pytest-benchmark's file what was measured and whose test did not come to it: that of another side was the last."""
        self.stored = True
        if self._read is None or self._broken:  # they are a user's own, or what pytest-benchmark has is all that there is
            return
        own = output_json[benchmark_json.BENCHMARKS]
        there = {each["fullname"] for each in own}
        left = [each for each in self._read.sides if each.fullname not in there and each.measurement.outcome is Outcome.OK]
        has_data = any("data" in each["stats"] for each in own)
        own += benchmark_json.benchmarks(left, self._read.opened.benchmark_options, has_data)
        places = {name: place for place, name in enumerate(self._read.opened.cases)}
        own.sort(key=lambda each: places.get(each["fullname"], -1))
        if benchmark_json.UNFINISHED in self._document:
            output_json[benchmark_json.UNFINISHED] = self._document[benchmark_json.UNFINISHED]

    def conclude(self) -> Iterator[str]:
        """What is told, once."""
        if self._is_over:
            return
        self._is_over = True
        if self._broken:
            yield f"journal: {short(self._journal.path, self._config)} stays, as no file could be made of it ({self._broken})"
        elif self._read is not None:
            yield from self._concluded(self._read)
        self._journal.close()

    def _concluded(self, read: Journal) -> Iterator[str]:
        if not self.stored and not self.is_refused:
            yield from self._store()
        yield from self._problems
        place = short(self._journal.path, self._config)
        unfinished = self._document.get(benchmark_json.UNFINISHED)
        if self._journal.trouble:
            left = "what is stored has it" if self.stored else "the tables above are all that is left of it"
            yield f"journal: {place} lacks what was measured last, as it could not be written ({self._journal.trouble}): {left}"
        elif unfinished:
            yield f"journal: unfinished, {unfinished['measured']} of {unfinished['cases']} cases are in {place}: --resume goes on there"
        elif not self.stored and read.sides:
            if not self._problems:
                self._journal.leave()
            yield f"journal: no JSON has these figures; {place} has: `python -m history recover {place}` makes one"
        if not unfinished and (self.stored or not read.sides):  # an examination has a file of its own
            yield from self._removed(place)

    def _removed(self, place: str) -> Iterator[str]:
        try:
            self._journal.path.unlink()
        except (FileNotFoundError, NotADirectoryError):
            return  # the disk has never taken it
        except OSError as error:
            yield f"journal: {place} is not needed any more, and cannot be removed ({error.strerror})"
            return
        with suppress(OSError):  # another session's is there
            self._journal.path.parent.rmdir()
        if self.stored:
            yield "journal: its figures are stored, and it is removed"

    def _store(self) -> Iterator[str]:
        try:
            for path in storing.store(self._config, self._document, self._saved_before):
                self.stored = True
                yield f"stored: {short(path, self._config)}"
        except OSError as error:
            self.stored = False
            yield f"{error.filename or 'a file'} cannot be written ({error.strerror})"
