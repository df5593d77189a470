"""A side's share of the stopping rule's ceiling in one turn."""

from __future__ import annotations

from harness.session.side import Side
from harness.session.stopping import StoppingRule

BLOCKS = 8  # of a case whose rounds are short
MOST_ROUNDS = 40  # of a block: of short steps that is enough, and more blocks tell more than longer ones
RETAKE_SHARE = 0.25  # of a case's time: how long rounds that other processes disturbed may be measured again


def take_block(side: Side, number: int, rule: StoppingRule) -> None:
    rounds = max(1, min(MOST_ROUNDS, rule.max_rounds // BLOCKS))
    side.take_block(number, rule.max_seconds / BLOCKS, rounds, RETAKE_SHARE * rule.max_seconds)


def is_enough(side: Side, rule: StoppingRule) -> bool:
    """Also where the side has failed: it has no more to give."""
    taken = side.taken
    return not side.alive or rule.satisfied(taken.step_seconds, len(taken.blocks), taken.measured_seconds)
