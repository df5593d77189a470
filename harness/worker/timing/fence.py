"""The fence: it makes a duration the work's, and is shown to before anything is claimed of one."""

from __future__ import annotations

import time

from harness.frameworks.contract import Work
from harness.record.outcome import Outcome
from harness.worker.case_error import CaseError
from harness.worker.timing.rounds import steps_per_round
from harness.worker.timing.step import timed_step

FENCE_TRIES = 3
FENCE_STEPS = 10  # at most: without a fence a step looks so short that a round's steps would take minutes
RESIDUE_SHARE = 0.05  # of a step: more than this after the fence is work, not a copy
RESIDUE_SECONDS = 0.002  # what reading one number back may take in any case


class UnfencedError(CaseError):
    """The fence returned while work was still running: the durations are not the work's."""

    outcome = Outcome.UNFENCED


def check_fence(work: Work, step_seconds: float) -> None:
    """Does a few steps and a fence, then reads the result back: that must have nothing left to wait for.

    Raises UnfencedError where it had, every time: a missing fence is missing every time, a busy machine is late now and then.
    """
    work.read_back()  # the first one loads what copies a number
    limit = RESIDUE_SECONDS + RESIDUE_SHARE * step_seconds
    residues = []
    for _ in range(FENCE_TRIES):
        timed_step(work, min(FENCE_STEPS, steps_per_round(step_seconds)))
        start = time.perf_counter()
        work.read_back()
        residues.append(time.perf_counter() - start)
        if residues[-1] <= limit:
            return
    raise UnfencedError(
        f"the result was ready {min(residues) * 1e3:.1f} ms after the fence, at {step_seconds * 1e3:.1f} ms a step: the fence does not wait"
    )
