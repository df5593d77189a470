"""The input pipelines: JPEG files to batches of normalised images, tuned, or by torchvision's data sets and torch's DataLoader."""

from __future__ import annotations

import contextlib
import functools
import itertools
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import BatchSampler, DataLoader, Dataset, DistributedSampler, RandomSampler, random_split
from torchvision import datasets

from fixtures.corpora import flowers, order
from fixtures.corpora.order import Files
from harness.frameworks.contract import NativeBatch, Setup
from harness.frameworks.pytorch import shared_memory
from harness.frameworks.pytorch.loader import Batches, EpochByEpoch, Images, ThreadLoader, endless
from harness.frameworks.pytorch.transform import Transform, batched
from harness.record.fairness import Source
from harness.record.outcome import Unsupported


class Pipeline:
    """An endless stream of training batches."""

    def __init__(self, setup: Setup, batches: Iterable[NativeBatch], burst: int = 1) -> None:
        self.burst = burst
        self._setup = setup
        self._source: Iterable[NativeBatch] = batches
        self._batches: Iterator[NativeBatch] = iter(batches)
        self._batch: NativeBatch = None

    def step(self) -> None:
        """Takes the next batch. Raises CorpusError and SharedMemoryError."""
        with damage_named(self._setup), shared_memory.want_named():
            self._batch = next(self._batches)

    def stop(self) -> None:
        self._batches = iter(())  # its threads or workers end

    def restart(self) -> None:
        self.stop()
        self._batches = iter(self._source)

    def fence(self) -> None:
        """Nothing to wait for: a batch that was taken is complete, in host memory."""

    def read_back(self) -> float:
        """The first label."""
        return float(self._batch[1][0])

    def batch(self) -> NativeBatch:
        """(images, labels): float32 (batch, 3, height, width), with the neutral normalisation in channels_last memory."""
        return self._batch

    def to_numpy(self) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        images, labels = self._batch
        return images.permute(0, 2, 3, 1).numpy(), labels.numpy()

    def close(self) -> None:
        """Ends the loader's threads or workers, which it does when nothing refers to its iterator any more."""
        self._source, self._batches, self._batch = (), iter(()), None


def pipeline(setup: Setup) -> Pipeline:
    """Its habit is the report's set-up: ImageFolder, Resize and ToTensor, a shuffling DataLoader, all else by default.

    So the images are decoded in this process. PyTorch's transfer-learning tutorial has four workers, crops and flips at random,
    and normalises; that is left out, as each is a choice of the user's that the report did not make. A rank has the share of each epoch
    that DistributedSampler gives it, as the tutorial of DistributedDataParallel has it.
    """
    neutral, batch_size = setup.neutral, setup.own_batch_size
    if Source.ORDER in neutral:
        files = setup.training_files()
        indices = endless(setup, files)
        return Pipeline(setup, tuned(setup, files, indices) if Source.LIBRARY in neutral else own_operations(setup, files, indices))
    data = datasets.ImageFolder(flowers.class_folders(setup.corpus_folder, "train"), loader=Transform(neutral, setup.image_size))
    if len(data) < batch_size:
        raise Unsupported(f"a batch of {batch_size} is more than the {len(data)} training images")
    # The last, smaller batch is left out: a step is `batch_size` images, for both frameworks.
    sampler = _stock_sampler(setup, data)
    return Pipeline(setup, _Epochs(_loader(setup, data, BatchSampler(sampler, batch_size, drop_last=True)), sampler))


def training(setup: Setup) -> Iterable[NativeBatch]:
    """An epoch of the experiment's training images in each iteration, without the last, smaller batch: the order of `pipeline`."""
    files = setup.training_files()
    epochs = order.epochs(len(files.paths), setup.experiment)
    return tuned(setup, files, BatchSampler(EpochByEpoch(epochs), setup.case.batch_size, drop_last=True))


def validation(setup: Setup) -> Iterable[NativeBatch]:
    """The validation images of the experiment's split, once in each iteration, the last batch as small as it comes."""
    files = setup.validation_files()
    return tuned(setup, files, BatchSampler(range(len(files.paths)), setup.case.batch_size, drop_last=False))


def tuned(setup: Setup, files: Files, indices: Iterable[list[int]]) -> Iterable[NativeBatch]:
    """The fastest way that was found: a thread for each core makes whole batches by libjpeg-turbo and OpenCV."""
    return ThreadLoader(Batches(files, setup.image_size).make, indices, setup.threads)


def own_operations(setup: Setup, files: Files, indices: Iterable[list[int]]) -> Iterable[NativeBatch]:
    """The same images by torchvision's decoder and torch's resize."""
    neutral = setup.neutral
    return _loader(setup, Images(files, Transform(neutral, setup.image_size)), indices)


@contextlib.contextmanager
def damage_named(setup: Setup) -> Iterator[None]:
    """Raises CorpusError with every image that is damaged, where what is loaded within fails on one: a decoder does not say which."""
    try:
        yield
    except (RuntimeError, OSError, ValueError):
        flowers.check_images(setup.corpus_folder)
        raise


def checked(setup: Setup, batches: Iterable[NativeBatch]) -> Iterator[NativeBatch]:
    """The batches. Raises CorpusError."""
    with damage_named(setup):
        yield from batches


def stock_loaders(setup: Setup) -> tuple[DataLoader[NativeBatch], DataLoader[NativeBatch]]:
    """Training and validation of the report's set-up, split at random as `random_split` does it."""
    data = datasets.ImageFolder(flowers.class_folders(setup.corpus_folder, "train"), loader=Transform(setup.neutral, setup.image_size))
    held_back = setup.experiment.validation_fraction
    generator = torch.Generator().manual_seed(setup.experiment.seed)
    training, validating = random_split(data, [1 - held_back, held_back], generator)
    return DataLoader(training, setup.case.batch_size, shuffle=True), DataLoader(validating, setup.case.batch_size)


def _loader(setup: Setup, data: Dataset[Any], indices: Iterable[list[int]]) -> Iterable[NativeBatch]:
    """Decoding in this process itself, which is a DataLoader's habit, or in threads."""
    collate = functools.partial(batched, setup.neutral)
    if Source.WORKERS not in setup.neutral:
        serial: Iterable[NativeBatch] = DataLoader(data, batch_sampler=indices, collate_fn=collate)
        return serial
    return ThreadLoader(lambda indices: collate([data[index] for index in indices]), indices, setup.threads)


def _stock_sampler(setup: Setup, data: Dataset[Any]) -> RandomSampler | DistributedSampler:
    if setup.rank is None:
        return RandomSampler(data)
    return DistributedSampler(data, setup.rank.count, setup.rank.number, seed=setup.experiment.seed)


class _Epochs:
    """A loader's epochs, one after the other."""

    def __init__(self, loader: Iterable[NativeBatch], sampler: RandomSampler | DistributedSampler) -> None:
        self._loader = loader
        self._sampler = sampler

    def __iter__(self) -> Iterator[NativeBatch]:
        for number in itertools.count():
            if isinstance(self._sampler, DistributedSampler):
                self._sampler.set_epoch(number)  # without it each epoch has the order of the first
            yield from self._loader
