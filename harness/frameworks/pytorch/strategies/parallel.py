"""Who makes the batches: threads, the consumer itself, or worker processes."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import DataLoader

from harness.frameworks.contract import NativeBatch, Setup
from harness.frameworks.pytorch import data
from harness.frameworks.pytorch.data import Pipeline
from harness.frameworks.pytorch.loader import PREFETCH_BATCHES, Batches, Images, ThreadLoader, endless
from harness.frameworks.pytorch.shared_memory import expect_room
from harness.frameworks.pytorch.transform import Transform, batched
from harness.record.fairness import Source
from harness.record.outcome import Unsupported

FLOAT_BYTES = 4


def own_operations(setup: Setup) -> Pipeline:
    files = setup.training_files()
    return Pipeline(setup, data.own_operations(setup, files, endless(setup, files)))


def sequential(setup: Setup) -> Pipeline:
    files = setup.training_files()
    return Pipeline(setup, DataLoader(_images(setup), batch_sampler=endless(setup, files), collate_fn=collated))


def one_worker(setup: Setup) -> Pipeline:
    return in_workers(setup, num_workers=1)


def workers(setup: Setup) -> Pipeline:
    return in_workers(setup)


def workers_not_persistent(setup: Setup) -> Pipeline:
    return in_workers(setup, persistent_workers=False)


def prefetch_8(setup: Setup) -> Pipeline:
    return in_workers(setup, prefetch_factor=8)


def pinned(setup: Setup) -> Pipeline:
    if not torch.cuda.is_available():
        raise Unsupported("there is no GPU: memory is pinned to be copied to one")
    return in_workers(setup, pin_memory=True)


def process_tuned(setup: Setup) -> Pipeline:
    return in_workers(setup, dataset=tuned_batches(setup), collate_fn=as_it_is)


def in_threads(setup: Setup, transform: Callable[[Path], torch.Tensor]) -> Pipeline:
    """`own_operations` with another transform."""
    files = setup.training_files()
    images = Images(files, transform)

    def make(indices: list[int]) -> NativeBatch:
        return collated([images[index] for index in indices])

    return Pipeline(setup, ThreadLoader(make, endless(setup, files), setup.threads))


def in_workers(setup: Setup, **changed: Any) -> Pipeline:
    loader = data_loader(setup, **changed)
    return Pipeline(setup, loader, burst=loader.num_workers)


def data_loader(setup: Setup, value_bytes: int = FLOAT_BYTES, **changed: Any) -> DataLoader[Any]:
    """`own_operations` in worker processes, each of one intra-op thread, its own setting; with other arguments where they are given.

    value_bytes: of a channel of a pixel, as a worker hands it over. Raises SharedMemoryError.
    """
    arguments = {
        "dataset": _images(setup),
        "batch_sampler": endless(setup, setup.training_files()),
        "collate_fn": collated,
        "num_workers": setup.threads,
        "persistent_workers": True,
        "prefetch_factor": PREFETCH_BATCHES,
        "multiprocessing_context": fork_server(),
    }
    loader = DataLoader(**arguments | changed)
    expect_room(setup, loader.num_workers, loader.prefetch_factor, value_bytes)
    return loader


def _images(setup: Setup) -> Images:
    return Images(setup.training_files(), Transform(frozenset(Source), setup.image_size))


def tuned_batches(setup: Setup) -> Batches:
    return Batches(setup.training_files(), setup.image_size)


def collated(samples: list[Any]) -> Any:
    return batched(frozenset(Source), samples)


def as_it_is(batch: NativeBatch) -> NativeBatch:
    return batch


def fork_server() -> Any:
    """Where the loader's workers come from.

    Not a fork of this process: it runs execnet's receiver thread and torch's pools, whose locks a fork copies in whatever
    state they are, and a child holding copies of execnet's pipe hides this process' death from pytest. A server forks
    them from a process with one thread that has imported most of what they need, in about 3 s. It stays, idle, until this process ends.
    """
    context = multiprocessing.get_context("forkserver")
    # What takes long, and nothing of this suite: the server looks for modules in its working directory first, where another
    # checkout may lie. A worker has this process' own path before it imports anything of it.
    context.set_forkserver_preload(["torch", "torchvision", "scipy.io"])
    return context
