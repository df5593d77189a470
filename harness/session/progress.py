"""Which case is at which stage, and how long it has taken: a line that rewrites itself on a terminal, lines in a log."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import pytest
from _pytest.capture import CaptureManager
from rich.cells import cell_len, set_cell_size

from harness.findings.comparison import title_of
from harness.findings.sides import title
from harness.record.case import Case
from harness.record.text import visible

REFRESH_SECONDS = 0.1
LOG_SECONDS = 15.0  # between two lines of a log that tell the stage


class ProgressLine:
    def __init__(self, config: pytest.Config, elapsed: Callable[[], str] = str) -> None:
        """elapsed: how long the session has run, and how long it is going to."""
        self._reporter: pytest.TerminalReporter | None = config.pluginmanager.get_plugin("terminalreporter")
        self._capture: CaptureManager | None = config.pluginmanager.get_plugin("capturemanager")
        self._elapsed = elapsed
        self._is_shown = self._reporter is not None and config.get_verbosity() >= 0
        self._live = self._reporter is not None and self._reporter.isatty and self._is_shown
        self._width = 0
        self._last_seconds = 0.0
        self._last_stage = ""
        self._present: tuple[Case, str] | None = None
        self._told_seconds = time.monotonic()  # when a log was told of something
        self._told_stage = ""

    def tell(self, case: Case, stage: str) -> None:
        """Shows the stage. Quick repetitions (a counter counting up) are thinned out."""
        self._present = case, stage
        now = time.monotonic()
        kind = f"{case} {stage.split(' ')[0]}"
        if not self._live:
            if kind != self._told_stage and now - self._told_seconds >= LOG_SECONDS:
                self._told_stage = kind
                self.announce(self._placed(f"{title_of(case)} · {title(case.framework)}: {stage}"))
            return
        if kind == self._last_stage and now - self._last_seconds < REFRESH_SECONDS:
            return
        self._last_seconds, self._last_stage = now, kind
        self._rewrite(self._placed(f"{title_of(case)} · {title(case.framework)}: {stage}"))

    def still(self) -> None:
        """The stage goes on: a terminal's clock does, too, and a log is told of it now if it was too soon before."""
        if self._present is not None:
            self.tell(*self._present)

    def milestone(self, case: Case, stage: str) -> None:
        """A stage that is worth a line of its own in a log."""
        self.announce(f"{title_of(case)} · {title(case.framework)}: {stage}")
        self.tell(case, stage)

    def announce(self, text: str) -> None:
        """A line that stays, in a log; a terminal has the live line instead."""
        if not self._live:
            self._write_line(text)

    def result(self, text: str) -> None:
        """A line that stays, wherever it is shown."""
        self.clear()
        self._write_line(self._placed(text))

    def clear(self) -> None:
        self._present = None
        if self._live and self._width:
            self._rewrite("")

    def _placed(self, text: str) -> str:
        return " · ".join(filter(None, (self._elapsed(), text)))

    def _write_line(self, text: str) -> None:
        if self._reporter is None or not self._is_shown:
            return
        self._told_seconds = time.monotonic()
        with self._uncaptured():
            self._reporter.ensure_newline()
            self._reporter.write_line(visible(text))
            self._reporter.flush()  # a log that is a pipe would show it when the test is over

    def _rewrite(self, text: str) -> None:
        assert self._reporter is not None
        text = visible(text)
        room = self._reporter._tw.fullwidth - 1
        text = set_cell_size(text, room) if cell_len(text) > room else text
        rest = " " * (self._width - cell_len(text))
        with self._uncaptured():
            self._reporter.write("\r" + text + rest + ("\r" if not text else ""), flush=True)
        self._width = cell_len(text)

    def _uncaptured(self) -> AbstractContextManager[None]:
        return self._capture.global_and_fixture_disabled() if self._capture else nullcontext()
