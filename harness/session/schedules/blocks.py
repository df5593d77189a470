"""A side's share of the stopping rule's ceiling in one turn, and whether the turns are enough."""

from __future__ import annotations

from collections.abc import Sequence

from harness.findings.ahead import answer
from harness.findings.outlook import outlook
from harness.findings.ratio import Answer
from harness.session.side import Side
from harness.session.stopping import StoppingRule, Until

BLOCK_SECONDS = 0.2  # of a case whose rounds are short: a window, in which foreign load shows
LEAST_BLOCKS = 8  # of a ceiling in seconds that is short
FLOOR_BLOCKS = 10  # that a floor in rounds is spread over
MOST_ROUNDS = 40  # of a block: of short steps that is enough, and more blocks tell more than longer ones
RETAKE_SHARE = 0.25  # of a case's time: how long rounds that other processes disturbed may be measured again


def take_block(side: Side, number: int, rule: StoppingRule) -> None:
    rounds = max(1, min(MOST_ROUNDS, rule.max_rounds // LEAST_BLOCKS))
    seconds = max(min(BLOCK_SECONDS, rule.max_seconds / LEAST_BLOCKS), _floor_seconds(side, rule))
    side.take_block(number, seconds, rounds, RETAKE_SHARE * rule.max_seconds)


def _floor_seconds(side: Side, rule: StoppingRule) -> float:
    """Of a block of those that a floor in rounds, which takes longer than the ceiling, is spread over: each change of sides takes time."""
    taken = side.taken.step_seconds
    if not taken:
        return 0.0
    round_seconds = side.taken.steps_per_round * sum(taken) / len(taken)
    return rule.min_rounds * round_seconds / FLOOR_BLOCKS


def is_enough(side: Side, rule: StoppingRule) -> bool:
    """Also where the side has failed: it has no more to give."""
    taken = side.taken
    return not side.alive or rule.satisfied(taken.step_seconds, len(taken.blocks), taken.measured_seconds)


def is_answered(sides: Sequence[Side], rule: StoppingRule) -> bool:
    """Whether the rule asks who is ahead, and it is told of each that is compared with the reference."""
    live = _asked(sides, rule)
    if len(live) < 2 or not all(rule.may_answer(len(side.taken.rounds), len(side.taken.blocks)) for side in live):
        return False
    reference, *others = (side.measurement() for side in live)
    return all(answer(reference, other) is not Answer.OPEN for other in others)


def is_hopeless(sides: Sequence[Side], rule: StoppingRule) -> bool:
    """Whether the rule asks who is ahead, and no side that it is not told of is expected to be decided before the ceiling."""
    live = _asked(sides, rule)
    if len(live) < 2 or not all(rule.has_floor(len(side.taken.rounds), len(side.taken.blocks)) for side in live):
        return False
    left_seconds = sum(max(0.0, rule.max_seconds - side.taken.measured_seconds) for side in live)
    reference, *others = (side.measurement() for side in live)
    open_ones = [outlook(reference, other) for other in others if answer(reference, other) is Answer.OPEN]
    return all(each is not None and rule.hopeless * each.half_width(left_seconds) > each.distance for each in open_ones)


def _asked(sides: Sequence[Side], rule: StoppingRule) -> list[Side]:
    """The sides that can answer, where the rule asks who is ahead."""
    return [side for side in sides if side.alive] if rule.until is Until.ANSWERED else []
