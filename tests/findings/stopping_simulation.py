"""The stopping rule's benchmark: how often it is wrong, what it decides and how long it takes, on noise as this machine had it.

    python -m tests.findings.stopping_simulation [RUNS]      a Markdown table: RUNS (1,000) comparisons of each kind

The session's own loop takes turns with sides whose durations are drawn. Beside it the rule of before: blocks of an eighth of the ceiling,
ten rounds of each side, until each side's median is precise or the ceiling is reached, then one interval by Student's t.
"""

from __future__ import annotations

import argparse
import itertools
import math
import statistics
from collections.abc import Callable, Sequence

import msgspec
import numpy as np
from scipy.stats import t as student

from harness.findings.ratio import CONFIDENCE, Answer, Ratio, ratio, turns
from harness.session.schedules.blocks import is_enough
from harness.session.schedules.in_turns import take_turns
from harness.session.stopping import StoppingRule, Until
from tests.findings.noise import Noise, Wave, fitted, recorded
from tests.findings.simulated_side import Pair, pair

SEED = 20261130
SHORT_SECONDS, LONG_SECONDS = 0.001, 0.6  # of a step: a block is of one round of many steps, or of one step
RULE = StoppingRule(precision=0.01, confidence=0.95, min_rounds=3, max_seconds=3.0)
TEN_TURNS = msgspec.structs.replace(RULE, min_blocks=10)  # at least, where there is no answer: as long as before
HALF_A_MINUTE = msgspec.structs.replace(RULE, precision=0.0, max_seconds=30.0, hopeless=0.0)  # of a side, as second visits have it
BEFORE = StoppingRule(precision=0.01, confidence=0.95, min_rounds=10, max_seconds=3.0, min_blocks=5, until=Until.PRECISE)
BLOCKS_BEFORE, MOST_ROUNDS_BEFORE = 8, 40
MACHINE = fitted(recorded().values())

Measure = Callable[[Pair], Ratio]
End = tuple[Ratio, float]  # the interval, and the seconds that both sides took


class Cell(msgspec.Struct, frozen=True):
    """What is compared."""

    name: str
    noise: Noise
    step_seconds: float
    ratio: float = 1.0  # true: of the first side's time over the second's


class Tally(msgspec.Struct, frozen=True):
    """Shares of comparisons, and seconds of both sides together."""

    rightly: float  # decided as it is
    ahead_wrongly: float  # the wrong one is said to be ahead, or one of two that are the same
    within_wrongly: float
    undecided: float
    covered: float  # the interval at the end holds the true ratio
    seconds: float  # median, until the end
    answer_seconds: float  # median, until an answer; infinite where at least half have none


def by(rule: StoppingRule) -> Measure:
    """As a session with this rule takes its turns."""

    def measured(sides: Pair) -> Ratio:
        take_turns(sides, rule)
        return _told(ratio(*(side.measurement() for side in sides)))

    return measured


def before(sides: Pair) -> Ratio:
    for turn in itertools.count():
        if all(is_enough(side, BEFORE) for side in sides):
            break
        for side in sides if turn % 2 == 0 else sides[::-1]:
            side.take_block(turn, BEFORE.max_seconds / BLOCKS_BEFORE, MOST_ROUNDS_BEFORE, 0.0)
    ours, theirs = (turns(side.measurement()) for side in sides)
    logs = [math.log(ours[turn] / theirs[turn]) for turn in ours]
    centre, count = statistics.fmean(logs), len(logs)
    reach = float(student.ppf(0.5 + CONFIDENCE / 2, count - 1)) * float(np.std(logs, ddof=1)) / math.sqrt(count)
    return Ratio(*(math.exp(each) for each in (centre, centre - reach, centre + reach)))


def tally(cell: Cell, measure: Measure, runs: int) -> Tally:
    return tallied([_run(cell, measure, run) for run in range(runs)], cell.ratio)


def tallied(ends: Sequence[End], true: float) -> Tally:
    right = Ratio(true, true, true).answer
    answers = [found.answer for found, _ in ends]
    runs, told = len(ends), [answer for answer in answers if answer not in (right, Answer.OPEN)]
    return Tally(
        rightly=answers.count(right) / runs,
        ahead_wrongly=sum(answer is not Answer.NEITHER for answer in told) / runs,
        within_wrongly=told.count(Answer.NEITHER) / runs,
        undecided=answers.count(Answer.OPEN) / runs,
        covered=sum(found.low <= true <= found.high for found, _ in ends) / runs,
        seconds=statistics.median(seconds for _, seconds in ends),
        answer_seconds=statistics.median(seconds if found.answer is not Answer.OPEN else math.inf for found, seconds in ends),
    )


def noises() -> dict[str, Noise]:
    """As it was recorded, less, and worse."""
    replace = msgspec.structs.replace
    return {
        "as recorded": MACHINE,
        "half": MACHINE.scaled(1 / 2),
        "a fifth": MACHINE.scaled(1 / 5),
        "a tenth": MACHINE.scaled(1 / 10),
        "shared wave twice as high, of correlation 0.9": replace(MACHINE, shared=Wave(2 * MACHINE.shared.deviation, 0.9)),
        "drift of 10 % in 6 s": replace(MACHINE, drift_per_second=math.log(1.1) / 6),
        "five times the spikes": replace(MACHINE, spike_share=5 * MACHINE.spike_share),
        "own waves of correlation 0.3": replace(MACHINE, own=Wave(MACHINE.own.deviation, 0.3)),
        "own waves of correlation 0.5": replace(MACHINE, own=Wave(MACHINE.own.deviation, 0.5)),
        "own waves of correlation 0.7": replace(MACHINE, own=Wave(MACHINE.own.deviation, 0.7)),
    }


RULES = {  # and of how many runs each has one
    "now": (by(RULE), 1),
    "before": (before, 1),
    "now, 10 turns": (by(TEN_TURNS), 2),
    "now, 30 s": (by(HALF_A_MINUTE), 10),
}
LEVELS = ("as recorded", "half", "a fifth", "a tenth")


def cells() -> list[Cell]:
    """The same twice on every noise; differences on its levels."""
    found = []
    for name, noise in noises().items():
        for true in (1.0, 1.05, 1.2, 1.5) if name in LEVELS else (1.0,):
            found += [Cell(name, noise, step_seconds, true) for step_seconds in (SHORT_SECONDS, LONG_SECONDS)]
    return found


def _run(cell: Cell, measure: Measure, run: int) -> End:
    return ended(pair(cell.noise, cell.step_seconds, cell.ratio, np.random.default_rng([SEED, run])), measure)


def ended(sides: Pair, measure: Measure) -> End:
    found = measure(sides)
    return found, sum(side.taken.measured_seconds for side in sides)


def _told(found: Ratio | None) -> Ratio:
    assert found is not None, "the rule ended before there were turns enough for an interval"
    return found


def _row(cell: Cell, name: str, found: Tally) -> str:
    shares = (found.rightly, found.ahead_wrongly, found.within_wrongly, found.undecided, found.covered)
    answered = f"{found.answer_seconds:.1f}" if math.isfinite(found.answer_seconds) else "never"
    told = [cell.name, f"{cell.step_seconds:g} s", f"{cell.ratio:g}", name, *(f"{each:.1%}" for each in shares)]
    return f"| {' | '.join(told)} | {found.seconds:.1f} | {answered} |"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.findings.stopping_simulation", description="Benchmark of the stopping rule.")
    parser.add_argument("runs", type=int, nargs="?", default=1000)
    runs = parser.parse_args().runs
    print(MACHINE)
    print("| noise | step | true | rule | right | ahead wrongly | within wrongly | undecided | covered | median s to end | to answer |")
    print(f"|{'---|' * 11}")
    for cell in cells():
        for name, (measure, share) in RULES.items():
            print(_row(cell, name, tally(cell, measure, max(1, runs // share))), flush=True)


if __name__ == "__main__":
    main()
