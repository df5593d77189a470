"""What the ranks of a side say together: the answer of the first one, and of the others what is a rank's own."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import Any

import numpy as np
from msgspec.structs import replace

from harness.record.measurement import ALONE, of_rank
from harness.worker import cores, distances
from harness.worker.protocol import Block, Ended
from harness.worker.share import CORE_NUMBERS, MACHINE
from harness.worker.trace import TRACED_BATCHES, Array, PixelTrace, TrainingTrace

SHARED = (cores.ALONE, cores.THREADS, cores.CORES)  # what slows ranks more comes later


def merged(answers: Sequence[Any]) -> Any:
    """answers: to one request, by rank."""
    first, *others = answers
    match first:
        case Block():
            return _blocks(first, others)
        case Ended():
            return _ended(first, others)
        case PixelTrace():
            return _pixels(answers)
        case TrainingTrace():
            return _traces(first, others)
        case dict() if CORE_NUMBERS in first:
            return _environments(first, others)
        case _:
            return first


def _blocks(first: Block, others: Sequence[Block]) -> Block:
    """With the rounds that each rank has by its own clock."""
    own = {of_rank(ALONE, number): other.references[ALONE] for number, other in enumerate(others, 1) if ALONE in other.references}
    return replace(first, references=first.references | own)


def _ended(first: Ended, others: Sequence[Ended]) -> Ended:
    """With each rank's memory."""
    further = [replace(reading, name=of_rank(reading.name, number)) for number, other in enumerate(others, 1) for reading in other.readings]
    return replace(first, readings=(*first.readings, *further))


def _pixels(answers: Sequence[PixelTrace]) -> PixelTrace:
    """Batch by batch, its parts in the order of the ranks: what a single process would have taken."""
    parts = [answer.pixels.to_numpy() for answer in answers]
    images = np.concatenate([part.reshape(TRACED_BATCHES, -1, *part.shape[1:]) for part in parts], axis=1)
    taken = np.concatenate([np.reshape(answer.taken, (TRACED_BATCHES, -1)) for answer in answers], axis=1)
    return PixelTrace(Array.of(images.reshape(-1, *images.shape[2:])), tuple(taken.ravel().tolist()), answers[0].labels)


def _traces(first: TrainingTrace, others: Sequence[TrainingTrace]) -> TrainingTrace:
    """The loss of a batch is the mean of its parts'."""
    losses = tuple(statistics.fmean(each) for each in zip(first.losses, *(other.losses for other in others), strict=True))
    return replace(first, losses=losses, ranks_apart=max((_apart(first, other) for other in others), default=0.0))


def _environments(first: dict[str, str], others: Sequence[dict[str, str]]) -> dict[str, str]:
    """Of the first, and how many machines, CPUs and GPUs all have together: some may have one in common."""
    everybody = (first, *others)
    numbers = {(each[MACHINE], number) for each in everybody for number in each[CORE_NUMBERS].split(",")}
    gpus = {each["gpu_uuid"] for each in everybody if "gpu_uuid" in each}
    counts = {"machines": len({each[MACHINE] for each in everybody}), "cores_of_all_ranks": len(numbers)}
    counts |= {"gpus_of_all_ranks": len(gpus)} if gpus else {}
    own = {name: value for name, value in first.items() if name not in (MACHINE, CORE_NUMBERS)}
    shared = max((each["cores_shared"] for each in everybody), key=SHARED.index)
    return own | {name: str(count) for name, count in counts.items()} | {"cores_shared": shared}


def _apart(one: TrainingTrace, other: TrainingTrace) -> float:
    """How far two ranks' weights have parted, of what the steps added to them. Infinitely where they train other tensors."""
    if one.updates.keys() != other.updates.keys():
        return math.inf
    ours, theirs = ({name: each.to_numpy() for name, each in trace.updates.items()} for trace in (other, one))
    return distances.updates(ours, theirs)
