"""Which of several ranks' failures the others follow from, and how it is told."""

from __future__ import annotations

from collections.abc import Sequence

from harness.record.outcome import Outcome
from harness.session.workers.worker import WorkerFailure

Failures = dict[int, WorkerFailure]  # by rank, in the order in which they were heard of
ABORT = "SIGABRT"
# The lower, the less it may follow from another rank's failure: an engine raises where another rank is lost, and some abort the process.
PLACES = {Outcome.OUT_OF_MEMORY: 0, Outcome.CRASHED: 0, Outcome.TIMEOUT: 3, Outcome.ERROR: 4}
OWN = 1  # any other outcome: what a rank cannot do, or has found out by itself
ABORTED = 2


def is_clear(failures: Failures) -> bool:
    """Whether one of them follows from no other's: nothing that could still be heard of would be told in its place."""
    return min(map(_place, failures.values())) == 0


def told(failures: Failures, stopped: Sequence[int], names: Sequence[str]) -> WorkerFailure:
    """The one to tell of the side. stopped: ranks that somebody has stopped, which the others wait for in vain."""
    number, cause = min(failures.items(), key=lambda each: _place(each[1]))
    if len(names) == 1 or (len(failures) == len(names) and len({(each.outcome, each.detail) for each in failures.values()}) == 1):
        return cause  # what all of them cannot do is no rank's own fault
    detail = f"{names[number]}: {cause.detail}"
    if stopped and _place(cause) > OWN:
        return WorkerFailure(Outcome.TIMEOUT, f"{are_stopped(stopped, names)}. {detail}")
    return WorkerFailure(cause.outcome, detail, cause.signal)


def names(hosts: Sequence[str]) -> list[str]:
    """Of the ranks on those machines: the machine is told where there are several."""
    count = len(hosts)
    return [f"rank {number} of {count}" + (f" ({host})" if len(set(hosts)) > 1 else "") for number, host in enumerate(hosts)]


def are_stopped(numbers: Sequence[int], names: Sequence[str]) -> str:
    return are(numbers, names, "stopped (SIGSTOP, or a debugger)")


def are(numbers: Sequence[int], names: Sequence[str], what: str) -> str:
    """`rank 1 of 2 is silent`."""
    return f"{' and '.join(names[number] for number in numbers)} {'is' if len(numbers) == 1 else 'are'} {what}"


def _place(failure: WorkerFailure) -> int:
    return ABORTED if failure.signal == ABORT else PLACES.get(failure.outcome, OWN)
