"""Real ranks of both frameworks under faults: each ends as its typed outcome, names the rank, and leaves nothing.

That no other fault is told than that which happened is shown with stand-ins, in `tests/session/workers`; here it is what the engines do
where one of their ranks is lost: they raise, abort the process, or wait.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from harness.frameworks import FRAMEWORKS
from harness.frameworks.contract import Setup
from harness.record.fairness import SURROUNDINGS
from harness.record.outcome import Outcome
from harness.session.workers.crew import Crew
from harness.session.workers.worker import Worker
from harness.worker.protocol import Describe, MakeWeights, TraceTraining
from harness.worker.share import Share
from tests.frameworks.conftest import interpreter
from tests.session.conftest import PROJECT
from tests.session.workers.crews import CASE, SETUP, call, failure_of, left_behind, taken_at_join

pytestmark = [pytest.mark.slow, pytest.mark.early]

SECONDS = 240.0
PATIENCE_SECONDS = 15.0
RANKS = 2


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> str:
    reference, listing = next((name, listing) for name, listing in FRAMEWORKS.items() if listing.original)
    worker = Worker(reference, f"popen//python={interpreter(reference)}", SURROUNDINGS, [str(PROJECT)])
    try:
        request = MakeWeights(SETUP, "seeded", str(tmp_path_factory.mktemp("cache")), listing.original)
        return str(worker.call(request, SECONDS, lambda _: None).file)
    finally:
        worker.close()


@pytest.fixture(params=FRAMEWORKS)
def crew(request: pytest.FixtureRequest) -> Iterator[Crew]:
    spec = f"popen//python={interpreter(request.param)}"
    started: list[Worker] = []
    try:
        for number in range(RANKS):
            started.append(Worker(request.param, spec, SURROUNDINGS, [str(PROJECT)], share=Share(number, RANKS, RANKS)))
        yield Crew(started)
    finally:
        Crew(started).close()
    assert left_behind(Crew(started)) == []


def setup_for(crew: Crew, weights: str) -> Setup:
    return replace(SETUP, case=replace(CASE, framework=crew.framework, ranks=RANKS), weights=weights)


def later(crew: Crew, rank: int, sent: signal.Signals, seconds: float) -> threading.Timer:
    timer = threading.Timer(seconds, lambda: os.kill(crew._workers[rank].hello.pid, sent))
    timer.start()
    return timer


@pytest.mark.parametrize("rank", [0, 1])
def test_a_rank_killed_while_all_exchange(crew: Crew, weights: str, rank: int) -> None:
    setup = setup_for(crew, weights)
    crew.meet(setup, SECONDS)
    assert call(crew, Describe(setup), SECONDS)["device"] == "cpu"
    assert len(call(crew, TraceTraining(setup, 3), SECONDS).losses) == 3
    later(crew, rank, signal.SIGKILL, 0.5)
    failed = failure_of(lambda: call(crew, TraceTraining(setup, 100_000), SECONDS))
    assert failed.outcome is Outcome.CRASHED
    assert failed.detail.startswith(f"rank {rank} of 2: the worker's process died (SIGKILL)")
    assert left_behind(crew) == []


def test_a_rank_stopped_while_all_exchange(crew: Crew, weights: str) -> None:
    setup = setup_for(crew, weights)
    crew.meet(setup, SECONDS)
    later(crew, 1, signal.SIGSTOP, 0.5)
    started = time.monotonic()
    failed = failure_of(lambda: call(crew, TraceTraining(setup, 100_000), PATIENCE_SECONDS))
    assert failed.outcome is Outcome.TIMEOUT
    assert "rank 1 of 2 is stopped (SIGSTOP, or a debugger)" in failed.detail
    assert time.monotonic() - started < 2 * PATIENCE_SECONDS
    assert left_behind(crew) == []


def test_a_port_that_is_taken(crew: Crew, weights: str) -> None:
    """By who asks for that very port: nobody else is given it, as the worker keeps it until the engine listens."""
    with taken_at_join(crew._workers[0]) as ports:
        failed = failure_of(lambda: crew.meet(setup_for(crew, weights), SECONDS))
    assert failed.outcome is Outcome.ERROR
    assert failed.detail.startswith(f"rank 0 of 2: port {ports[0]} of ")
    assert left_behind(crew) == []
