"""What ranks at the ends of a link exchange takes as long as bytes over bandwidth, and the delays that the engine waits for, predict."""

from __future__ import annotations

import time

import pytest

from harness.frameworks import FRAMEWORKS
from harness.record.measurement import ALONE, EXCHANGE
from harness.record.outcome import Outcome
from harness.session.workers.worker import WorkerFailure
from tests.links.link import Link
from tests.links.prediction import exchange_seconds
from tests.links.ranks import BYTES, Measuring, crew, setup
from tests.links.test_link import LINKS

pytestmark = pytest.mark.slow

TOLERANCE = 0.2
SHARES = 4  # of a turn: one is the exchange's
UNUSED_ROUNDS = 2  # in which TCP's window and gRPC's become as wide as the link: six exchanges, with those of the steps
ROUNDS = 6  # whose median is taken: on a busy machine some exchange in five takes up to twice as long
MEET_SECONDS = 60.0
DEADLINE_SECONDS = 5.0
GRACE_SECONDS = 15.0  # to end what is left, on a busy machine


@pytest.mark.alone
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_an_exchange_takes_what_its_bytes_and_delays_predict(framework: str, link: Link, weights: str) -> None:
    """By itself, and in the step: of a network as small as this one, little of it can hide behind the backward pass."""
    given = setup(framework, weights)
    with crew(link, framework) as ranks:
        ranks.meet(given, MEET_SECONDS)
        measuring = Measuring(ranks, given)
        wrong = []
        for delay_seconds, bits_per_second in LINKS:
            link.set(delay_seconds, bits_per_second)
            predicted_seconds = exchange_seconds(BYTES, delay_seconds, bits_per_second)
            measuring.turn(SHARES * UNUSED_ROUNDS * predicted_seconds)
            taken = measuring.turn(SHARES * ROUNDS * predicted_seconds)
            exposed = taken["step"] - taken[ALONE]
            for name, seconds in (("alone", taken[EXCHANGE]), ("exposed", exposed)):
                told = f"{name}, {delay_seconds * 1e3:g} ms and {bits_per_second / 1e6:g} Mbit/s: {seconds:.4f} s"
                print(f"{framework}, {told}, {seconds / predicted_seconds:.3f} of {predicted_seconds:.4f} s")
                if abs(seconds / predicted_seconds - 1) > TOLERANCE:
                    wrong.append(told)
        assert measuring.exchanged_bytes() == BYTES
    assert wrong == []
    assert link.processes() == []


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_link_that_breaks_ends_the_ranks_within_the_deadline(framework: str, link: Link, weights: str) -> None:
    given = setup(framework, weights)
    with crew(link, framework) as ranks:
        ranks.meet(given, MEET_SECONDS)
        measuring = Measuring(ranks, given)
        link.break_off()
        start = time.monotonic()
        with pytest.raises(WorkerFailure) as failed:
            measuring.turn(0.1, DEADLINE_SECONDS)
        assert time.monotonic() - start < DEADLINE_SECONDS + GRACE_SECONDS
        assert failed.value.outcome is Outcome.TIMEOUT
        assert "rank" in failed.value.detail
        assert not ranks.alive
        assert link.processes() == []


def test_ranks_that_cannot_reach_each_other_do_not_meet(link: Link, weights: str) -> None:
    framework = next(iter(FRAMEWORKS))
    given = setup(framework, weights)
    link.break_off()
    with crew(link, framework) as ranks:
        start = time.monotonic()
        with pytest.raises(WorkerFailure) as failed:
            ranks.meet(given, DEADLINE_SECONDS)
        assert time.monotonic() - start < DEADLINE_SECONDS + GRACE_SECONDS
        assert failed.value.outcome in (Outcome.TIMEOUT, Outcome.ERROR)
        assert "rank" in failed.value.detail
        assert link.processes() == []
