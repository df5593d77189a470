"""The stopping rule's benchmark in small: the same seed, so that the figures are always the same.

The whole table: `python -m tests.findings.stopping_simulation`.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec
import pytest

from harness.findings.ratio import CONFIDENCE
from tests.findings.noise import stretches
from tests.findings.simulated_side import replayed
from tests.findings.stopping_simulation import (
    HALF_A_MINUTE,
    LEVELS,
    LONG_SECONDS,
    RULE,
    SHORT_SECONDS,
    Cell,
    before,
    by,
    ended,
    noises,
    tallied,
    tally,
)

NOISES = noises()
RECORDED, QUIET = "as recorded", "a tenth"
HARSH = {"own waves of correlation 0.5", "own waves of correlation 0.7"}  # far more than was recorded, of 0.05
RUNS = 100  # where it is not 1,000

PROJECT = Path(__file__).parents[2]

steps = pytest.mark.parametrize("step_seconds", [SHORT_SECONDS, LONG_SECONDS])


def test_it_is_the_rule_that_a_session_has() -> None:
    options = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]["addopts"].split()
    chosen = dict(each.removeprefix("--benchmark-").split("=") for each in options if each.startswith("--benchmark-"))
    assert {name: float(value) for name, value in chosen.items()} == {
        "min-rounds": RULE.min_rounds,
        "max-time": RULE.max_seconds,
        "precision": RULE.precision,
        "confidence": RULE.confidence,
    }


@steps
@pytest.mark.parametrize("name", sorted(NOISES.keys() - HARSH))
def test_of_two_that_are_the_same_neither_is_said_to_be_ahead(name: str, step_seconds: float) -> None:
    found = tally(Cell(name, NOISES[name], step_seconds), by(RULE), 1000 if name == RECORDED else 2 * RUNS)
    assert found.ahead_wrongly <= 1 - CONFIDENCE
    assert found.covered >= CONFIDENCE


@pytest.mark.parametrize("turns", [10, 30])
def test_nor_in_the_recorded_turns_themselves(turns: int) -> None:
    """Each stretch of so many, as they came: the same framework twice."""
    measure = by(msgspec.structs.replace(RULE, min_blocks=turns))
    found = tallied([ended(replayed(each), measure) for each in stretches(turns)], 1.0)
    assert found.ahead_wrongly <= 1 - CONFIDENCE
    assert found.covered >= CONFIDENCE


@steps
@pytest.mark.parametrize("true", [1.05, 1.2, 1.5])
@pytest.mark.parametrize("name", LEVELS)
def test_of_two_that_differ_the_slower_one_is_never_said_to_be_ahead(name: str, true: float, step_seconds: float) -> None:
    found = tally(Cell(name, NOISES[name], step_seconds, true), by(RULE), RUNS // 4)
    assert (found.ahead_wrongly, found.within_wrongly) == (0.0, 0.0)


@steps
def test_half_as_much_again_is_told_in_less_than_half_the_time_of_before(step_seconds: float) -> None:
    cell = Cell(RECORDED, NOISES[RECORDED], step_seconds, 1.5)
    now = tally(cell, by(RULE), 2 * RUNS)
    assert now.rightly > 0.8
    assert now.answer_seconds < tally(cell, before, RUNS).answer_seconds / 2


def test_on_a_quiet_machine_five_per_cent_are_told_in_half_the_time_of_before() -> None:
    """Of long steps it is half to the second digit: five turns instead of ten."""
    cell = Cell(QUIET, NOISES[QUIET], SHORT_SECONDS, 1.05)
    now = tally(cell, by(RULE), 2 * RUNS)
    assert now.rightly > 0.9
    assert now.answer_seconds <= tally(cell, before, RUNS).answer_seconds / 2


def test_five_per_cent_are_told_on_a_fifth_of_the_noise_if_there_is_time() -> None:
    found = tally(Cell("a fifth", NOISES["a fifth"], LONG_SECONDS, 1.05), by(HALF_A_MINUTE), RUNS)
    assert found.rightly > 0.95


@steps
@pytest.mark.parametrize("name", sorted(HARSH))
def test_where_turns_follow_one_another_far_more_than_was_recorded_it_covers_less_and_still_more_than_before(
    name: str, step_seconds: float
) -> None:
    """From a few turns nobody can tell how much they follow one another: this is what the interval does not hold against."""
    cell = Cell(name, NOISES[name], step_seconds)
    now, then = tally(cell, by(RULE), 2 * RUNS), tally(cell, before, 2 * RUNS)
    assert then.covered < now.covered < CONFIDENCE
