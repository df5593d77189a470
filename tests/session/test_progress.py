"""The line of progress: in a log one at each change of the stage, and not too many of them; on a terminal one that rewrites itself."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from harness.session import progress
from harness.session.progress import LOG_SECONDS, ProgressLine
from tests.findings.outputs.from_elsewhere import TEXTS, harmful_characters
from tests.findings.sides import FIRST, SECOND, case

CASES = (case(FIRST), case(SECOND), case(FIRST, batch_size=16))
STAGES = ("opening the device", "warming up", "measuring, block 1", "measuring, block 2", "ending")


class Reporter:
    """A terminal reporter's part that is used, with the time of each line."""

    def __init__(self, clock: Clock, isatty: bool) -> None:
        self.isatty = isatty
        self.lines: list[tuple[float, str]] = []
        self.written: list[str] = []
        self._clock = clock
        self._tw = SimpleNamespace(fullwidth=80)

    def ensure_newline(self) -> None: ...

    def flush(self) -> None: ...

    def write_line(self, text: str) -> None:
        self.lines.append((self._clock.seconds, text))

    def write(self, text: str, flush: bool) -> None:
        self.written.append(text)


class Clock:
    seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def line_of(clock: Clock, isatty: bool = False, verbosity: int = 0) -> tuple[ProgressLine, Reporter]:
    reporter = Reporter(clock, isatty)
    plugins = {"terminalreporter": reporter}
    config: Any = SimpleNamespace(pluginmanager=SimpleNamespace(get_plugin=plugins.get), get_verbosity=lambda: verbosity)
    return ProgressLine(config, lambda: f"{clock.seconds:g} of about 300"), reporter


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(progress.time, "monotonic", clock)
    return clock


@given(st.lists(st.tuples(st.floats(0.0, 40.0), st.sampled_from(CASES), st.sampled_from(STAGES)), max_size=60))
def test_a_log_is_told_of_stages_at_most_once_in_so_many_seconds(steps: list[tuple[float, Any, str]]) -> None:
    clock = Clock()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(progress.time, "monotonic", clock)
        line, reporter = line_of(clock)
        last = ""
        for wait_seconds, of, stage in steps:
            clock.seconds += wait_seconds
            before = len(reporter.lines)
            line.tell(of, stage)
            present = f"{of} {stage.split(' ')[0]}"
            if wait_seconds >= LOG_SECONDS and present != last:
                assert len(reporter.lines) == before + 1, "a change, and nothing was told for so long"
            if len(reporter.lines) > before:
                last = present
    times = [seconds for seconds, _ in reporter.lines]
    assert all(later - earlier >= LOG_SECONDS for earlier, later in zip([100.0, *times], times, strict=False))


def test_a_log_has_stage_elapsed_and_remaining_time(clock: Clock) -> None:
    line, reporter = line_of(clock)
    clock.seconds += LOG_SECONDS
    line.tell(CASES[0], "warming up")
    assert reporter.lines == [(115.0, "115 of about 300 · train step frozen matched bs8 · PyTorch: warming up")]
    clock.seconds += LOG_SECONDS
    line.tell(CASES[0], "warming up")
    assert len(reporter.lines) == 1, "it has not changed"


def test_a_stage_that_began_soon_after_another_line_is_told_when_it_goes_on(clock: Clock) -> None:
    line, reporter = line_of(clock)
    line.tell(CASES[0], "warming up")
    assert reporter.lines == []
    clock.seconds += LOG_SECONDS
    line.still()
    assert [text.rpartition(": ")[2] for _, text in reporter.lines] == ["warming up"]
    clock.seconds += LOG_SECONDS
    line.still()
    assert len(reporter.lines) == 1


def test_rows_are_told_whenever_they_come_and_count_as_lines(clock: Clock) -> None:
    line, reporter = line_of(clock)
    clock.seconds += LOG_SECONDS - 1.0
    line.result("a row")
    line.result("another")
    clock.seconds += LOG_SECONDS - 1.0
    line.tell(CASES[0], "warming up")
    assert [text for _, text in reporter.lines] == ["114 of about 300 · a row", "114 of about 300 · another"]


def test_a_terminal_has_one_line_that_is_rewritten_and_rows_that_stay(clock: Clock) -> None:
    line, reporter = line_of(clock, isatty=True)
    for stage in STAGES:
        clock.seconds += 1.0
        line.tell(CASES[0], stage)
    assert len(reporter.written) == len(STAGES)
    assert all(text.startswith("\r") and "\n" not in text and len(text.strip()) < 80 for text in reporter.written)
    assert reporter.lines == []
    line.announce("for a log")
    assert reporter.lines == []
    line.result("a row")
    assert reporter.written[-1].strip() == "", "what was there is wiped"
    assert [text for _, text in reporter.lines] == ["105 of about 300 · a row"]


def test_a_terminals_clock_goes_on_while_a_stage_does(clock: Clock) -> None:
    line, reporter = line_of(clock, isatty=True)
    line.tell(CASES[0], "warming up")
    clock.seconds += 1.0
    line.still()
    assert [text.strip()[:3] for text in reporter.written] == ["100", "101"]


def test_quick_repetitions_are_thinned_out(clock: Clock) -> None:
    line, reporter = line_of(clock, isatty=True)
    for number in range(50):
        clock.seconds += progress.REFRESH_SECONDS / 10
        line.tell(CASES[0], f"measuring, block {number}")
    assert len(reporter.written) <= 6


@given(TEXTS, st.booleans())
def test_what_a_stage_or_a_row_says_is_one_line_and_does_nothing(text: str, isatty: bool) -> None:
    line, reporter = line_of(Clock(), isatty)
    line.result(text)
    line.announce(text)
    line.milestone(CASES[0], text)
    written = [*(told for _, told in reporter.lines), *(each.strip("\r") for each in reporter.written)]
    assert written
    assert harmful_characters("".join(written)) == set()
    assert not any("\n" in each for each in written)


def test_wide_letters_keep_the_line_within_the_terminal(clock: Clock) -> None:
    line, reporter = line_of(clock, isatty=True)
    line.tell(CASES[0], "名前" * 60)
    line.clear()
    shown, wiped = reporter.written
    assert cell_len(shown.strip("\r")) == 79
    assert wiped == f"\r{' ' * 79}\r"


@pytest.mark.parametrize("isatty", [False, True])
def test_a_quiet_session_is_told_nothing(clock: Clock, isatty: bool) -> None:
    line, reporter = line_of(clock, isatty, verbosity=-1)
    clock.seconds += LOG_SECONDS
    line.tell(CASES[0], "warming up")
    line.still()
    line.announce("begun")
    line.result("a row")
    line.clear()
    assert (reporter.lines, reporter.written) == ([], [])
