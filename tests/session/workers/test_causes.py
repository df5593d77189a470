"""Which of several ranks' failures the others follow from: made-up ones, in every order in which they may be heard of."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.record.outcome import Outcome
from harness.session.workers import causes
from harness.session.workers.worker import WorkerFailure

KILLED = WorkerFailure(Outcome.CRASHED, "died (SIGKILL)", "SIGKILL")
ABORTED = WorkerFailure(Outcome.CRASHED, "died (SIGABRT)", "SIGABRT")
NO_MEMORY = WorkerFailure(Outcome.OUT_OF_MEMORY, "no memory")
LOST = WorkerFailure(Outcome.ERROR, "Connection closed by peer")
LATE = WorkerFailure(Outcome.TIMEOUT, "rank 1 has not come")
CANNOT = WorkerFailure(Outcome.UNSUPPORTED, "no bf16")
UNFENCED = WorkerFailure(Outcome.UNFENCED, "not ready")
FAILURES = st.sampled_from([KILLED, ABORTED, NO_MEMORY, LOST, LATE, CANNOT, UNFENCED])


@pytest.mark.parametrize(
    ("cause", "consequence"),
    [
        (KILLED, LOST),  # a connection is closed by who dies
        (KILLED, ABORTED),  # TensorFlow's and NCCL's watchdogs end the process where another one is lost
        (NO_MEMORY, LOST),
        (NO_MEMORY, ABORTED),
        (ABORTED, LOST),
        (LATE, LOST),  # who has waited in vain ends, and is gone for those that have come
        (CANNOT, LOST),
        (CANNOT, ABORTED),
        (UNFENCED, LOST),
    ],
)
def test_the_cause_is_told_whichever_rank_has_it_and_is_heard_first(cause: WorkerFailure, consequence: WorkerFailure) -> None:
    for order in itertools.permutations([(0, cause), (1, consequence)]):
        found = causes.told(dict(order), (), causes.names(["here", "here", "here"]))
        assert (found.outcome, found.detail) == (cause.outcome, f"rank 0 of 3: {cause.detail}")
    found = causes.told({2: consequence, 1: cause}, (), causes.names(["a", "b", "b"]))
    assert found.detail == f"rank 1 of 3 (b): {cause.detail}"


@given(st.dictionaries(st.integers(0, 3), FAILURES, min_size=1, max_size=4))
def test_what_is_clear_stays_what_is_told_whatever_is_heard_later(failures: dict[int, WorkerFailure]) -> None:
    names = causes.names(["here"] * 5)
    for heard in range(1, len(failures) + 1):
        known = dict(list(failures.items())[:heard])
        if causes.is_clear(known):
            assert str(causes.told(known, (), names)) == str(causes.told(failures, (), names))
            return


def test_two_alike_are_told_of_the_first_that_was_heard_of() -> None:
    other = WorkerFailure(Outcome.ERROR, "ValueError")
    assert causes.told({1: other, 0: LOST}, (), causes.names(["here"] * 2)).detail == "rank 1 of 2: ValueError"


def test_what_all_say_is_no_rank_s_own_fault() -> None:
    names = causes.names(["here"] * 2)
    assert causes.told({0: CANNOT, 1: WorkerFailure(CANNOT.outcome, CANNOT.detail)}, (), names).detail == "no bf16"
    assert causes.told({0: CANNOT}, (), names).detail == "rank 0 of 2: no bf16"
    assert causes.told({0: LOST}, (), causes.names(["here"])).detail == "Connection closed by peer"


@pytest.mark.parametrize("failure", [LOST, LATE, ABORTED])
def test_who_is_stopped_is_the_cause_of_what_may_follow_from_it(failure: WorkerFailure) -> None:
    found = causes.told({0: failure}, [1, 2], causes.names(["a", "b", "b"]))
    assert found.outcome is Outcome.TIMEOUT
    assert found.detail == f"rank 1 of 3 (b) and rank 2 of 3 (b) are stopped (SIGSTOP, or a debugger). rank 0 of 3 (a): {failure.detail}"


@pytest.mark.parametrize("failure", [KILLED, NO_MEMORY, CANNOT])
def test_and_not_of_what_does_not(failure: WorkerFailure) -> None:
    assert causes.told({0: failure}, [1], causes.names(["here"] * 2)).outcome is failure.outcome
