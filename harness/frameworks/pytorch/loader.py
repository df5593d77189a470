"""Images and batches by index, the order of the indices, and the threads that make batches ahead."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import torch
from torch.utils.data import BatchSampler, Dataset, Sampler

from fixtures.corpora import order
from fixtures.corpora.images import BatchReader
from fixtures.corpora.order import Files
from harness.frameworks.ahead import made_ahead
from harness.frameworks.contract import NativeBatch, Setup

PREFETCH_BATCHES = 2  # per thread or worker


class ThreadLoader:
    """What a DataLoader is, with threads for its workers. Each iteration begins anew, with no batch made yet."""

    def __init__(self, make: Callable[[list[int]], NativeBatch], indices: Iterable[list[int]], threads: int) -> None:
        self._make = make
        self._indices = indices
        self._threads = threads

    def __iter__(self) -> Iterator[NativeBatch]:
        # One intra-op thread in each, as a DataLoader's workers have: OpenMP would open a team of threads for every one of them.
        return made_ahead(self._make, self._indices, self._threads, PREFETCH_BATCHES * self._threads, _one_intra_op_thread)


def _one_intra_op_thread() -> None:
    """For the thread that calls it, and for those that start after it; the others keep what they have."""
    torch.set_num_threads(1)


class Anew:
    """What is begun anew in each iteration."""

    def __init__(self, begin: Callable[[], Iterator[NativeBatch]]) -> None:
        self._begin = begin

    def __iter__(self) -> Iterator[NativeBatch]:
        return self._begin()


class Batches(Dataset[NativeBatch]):  # type: ignore[misc]
    """Whole batches by libjpeg-turbo and OpenCV."""

    def __init__(self, files: Files, image_size: int) -> None:
        self._reader = BatchReader(files.paths, image_size)
        self._labels = torch.tensor(files.labels)

    def make(self, indices: list[int]) -> NativeBatch:
        return torch.from_numpy(self._reader.read(indices)).permute(0, 3, 1, 2), self._labels[indices]

    __getitems__ = make  # what a DataLoader calls it


class Images(Dataset[tuple[torch.Tensor, int]]):  # type: ignore[misc]
    def __init__(self, files: Files, transform: Callable[[Path], torch.Tensor]) -> None:
        self._files = files
        self._transform = transform

    def __len__(self) -> int:
        return len(self._files.paths)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        return self._transform(self._files.paths[index]), self._files.labels[index]


def endless(setup: Setup, files: Files) -> Sampler[list[int]]:
    """The indices of batch after batch, epoch after epoch; anew in each iteration. A rank has its part of every batch."""
    batches = BatchSampler(_Endless(setup, len(files.paths)), setup.case.batch_size, drop_last=True)
    return batches if setup.rank is None else _Parts(batches, setup.rank.part(setup.case.batch_size))


class _Endless(Sampler[int]):  # type: ignore[misc]
    """A sampler stays in this process: workers are sent the indices."""

    def __init__(self, setup: Setup, images: int) -> None:
        self._setup = setup
        self._images = images

    def __iter__(self) -> Iterator[int]:
        return itertools.chain.from_iterable(order.epochs(self._images, self._setup.experiment))


class _Parts(Sampler[list[int]]):  # type: ignore[misc]
    def __init__(self, batches: BatchSampler, part: slice) -> None:
        self._batches = batches
        self._part = part

    def __iter__(self) -> Iterator[list[int]]:
        return (batch[self._part] for batch in self._batches)


class EpochByEpoch(Sampler[int]):  # type: ignore[misc]
    """The indices of the next epoch."""

    def __init__(self, epochs: Iterator[list[int]]) -> None:
        self._epochs = epochs

    def __iter__(self) -> Iterator[int]:
        return iter(next(self._epochs))
