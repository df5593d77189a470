"""The input pipelines: JPEG files to batches of normalised images, tuned, or by torchvision's data sets and torch's DataLoader."""

from __future__ import annotations

import contextlib
import functools
import itertools
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.nn.functional import interpolate
from torch.utils.data import BatchSampler, DataLoader, Dataset, RandomSampler, Sampler, default_collate, random_split
from torchvision import datasets, transforms
from torchvision.datasets.folder import default_loader
from torchvision.io import ImageReadMode, decode_jpeg, read_file

from fixtures.corpora import flowers, order
from fixtures.corpora.batch import MEAN, STD
from fixtures.corpora.images import BatchReader
from fixtures.corpora.order import Files
from harness.frameworks.ahead import made_ahead
from harness.frameworks.contract import NativeBatch, Setup
from harness.record.fairness import Source
from harness.record.outcome import Unsupported

PREFETCH_BATCHES = 2  # per thread or worker


class Pipeline:
    """An endless stream of training batches."""

    def __init__(self, setup: Setup, batches: Iterable[NativeBatch], burst: int = 1) -> None:
        self.burst = burst
        self._setup = setup
        self._source: Iterable[NativeBatch] = batches
        self._batches: Iterator[NativeBatch] = iter(batches)
        self._batch: NativeBatch = None

    def step(self) -> None:
        """Takes the next batch. Raises CorpusError."""
        with damage_named(self._setup):
            self._batch = next(self._batches)

    def restart(self) -> None:
        self._batches = iter(())  # its threads or workers end first
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
    and normalises; that is left out, as each is a choice of the user's that the report did not make.
    """
    neutral, batch_size = setup.neutral, setup.case.batch_size
    if Source.ORDER in neutral:
        files = setup.training_files()
        indices = endless(setup, files)
        return Pipeline(setup, tuned(setup, files, indices) if Source.LIBRARY in neutral else own_operations(setup, files, indices))
    data = datasets.ImageFolder(flowers.class_folders(setup.corpus_folder, "train"), loader=Transform(neutral, setup.experiment.image_size))
    if len(data) < batch_size:
        raise Unsupported(f"a batch of {batch_size} is more than the {len(data)} training images")
    # The last, smaller batch is left out: a step is `batch_size` images, for both frameworks.
    return Pipeline(setup, _Epochs(_loader(setup, data, BatchSampler(RandomSampler(data), batch_size, drop_last=True))))


def training(setup: Setup) -> Iterable[NativeBatch]:
    """An epoch of the experiment's training images in each iteration, without the last, smaller batch: the order of `pipeline`."""
    files = setup.training_files()
    epochs = order.epochs(len(files.paths), setup.experiment)
    return tuned(setup, files, BatchSampler(_EpochByEpoch(epochs), setup.case.batch_size, drop_last=True))


def validation(setup: Setup) -> Iterable[NativeBatch]:
    """The validation images of the experiment's split, once in each iteration, the last batch as small as it comes."""
    files = setup.validation_files()
    return tuned(setup, files, BatchSampler(range(len(files.paths)), setup.case.batch_size, drop_last=False))


def tuned(setup: Setup, files: Files, indices: Iterable[list[int]]) -> Iterable[NativeBatch]:
    """The fastest way that was found: a thread for each core makes whole batches by libjpeg-turbo and OpenCV."""
    return ThreadLoader(Batches(files, setup.experiment.image_size).make, indices, setup.threads)


def own_operations(setup: Setup, files: Files, indices: Iterable[list[int]]) -> Iterable[NativeBatch]:
    """The same images by torchvision's decoder and torch's resize."""
    neutral = setup.neutral
    return _loader(setup, Images(files, Transform(neutral, setup.experiment.image_size)), indices)


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
    data = datasets.ImageFolder(
        flowers.class_folders(setup.corpus_folder, "train"), loader=Transform(setup.neutral, setup.experiment.image_size)
    )
    held_back = setup.experiment.validation_fraction
    generator = torch.Generator().manual_seed(setup.experiment.seed)
    training, validating = random_split(data, [1 - held_back, held_back], generator)
    return DataLoader(training, setup.case.batch_size, shuffle=True), DataLoader(validating, setup.case.batch_size)


def labels(setup: Setup) -> dict[str, int]:
    """Raises CorpusError where the label files do not fit."""
    flowers.labels(setup.corpus_folder, "train")  # torchvision would say less: it looks up what it needs
    data = _Flowers102(setup.corpus_folder, split="train")
    return {file.name: label for file, label in zip(data._image_files, data._labels, strict=True)}


def download(root: Path) -> None:
    """Oxford Flowers 102 by torchvision's own loader, which takes an archive lying there already."""
    datasets.Flowers102(root, download=True)


class _Flowers102(datasets.Flowers102):  # type: ignore[misc]
    """Reads a generated corpus too: torchvision checks the md5 of the real set's two .mat files even without a download.

    The corpus' own manifest has verified every file already.
    """

    _file_dict = {name: (file, None) for name, (file, _) in datasets.Flowers102._file_dict.items()}  # noqa: RUF012


class Batches(Dataset[NativeBatch]):  # type: ignore[misc]
    """Whole batches by libjpeg-turbo and OpenCV."""

    def __init__(self, files: Files, image_size: int) -> None:
        self._reader = BatchReader(files.paths, image_size)
        self._labels = torch.tensor(files.labels)

    def make(self, indices: list[int]) -> NativeBatch:
        return torch.from_numpy(self._reader.read(indices)).permute(0, 3, 1, 2), self._labels[indices]

    __getitems__ = make  # what a DataLoader calls it


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


def _loader(setup: Setup, data: Dataset[Any], indices: Iterable[list[int]]) -> Iterable[NativeBatch]:
    """Decoding in this process itself, which is a DataLoader's habit, or in threads."""
    collate = functools.partial(batched, setup.neutral)
    if Source.WORKERS not in setup.neutral:
        serial: Iterable[NativeBatch] = DataLoader(data, batch_sampler=indices, collate_fn=collate)
        return serial
    return ThreadLoader(lambda indices: collate([data[index] for index in indices]), indices, setup.threads)


class Images(Dataset[tuple[torch.Tensor, int]]):  # type: ignore[misc]
    def __init__(self, files: Files, transform: Callable[[Path], torch.Tensor]) -> None:
        self._files = files
        self._transform = transform

    def __len__(self) -> int:
        return len(self._files.paths)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        return self._transform(self._files.paths[index]), self._files.labels[index]


def endless(setup: Setup, files: Files) -> BatchSampler:
    """The indices of batch after batch, epoch after epoch; anew in each iteration."""
    return BatchSampler(_Endless(setup, len(files.paths)), setup.case.batch_size, drop_last=True)


class _Endless(Sampler[int]):  # type: ignore[misc]
    """A sampler stays in this process: workers are sent the indices."""

    def __init__(self, setup: Setup, images: int) -> None:
        self._setup = setup
        self._images = images

    def __iter__(self) -> Iterator[int]:
        return itertools.chain.from_iterable(order.epochs(self._images, self._setup.experiment))


class _EpochByEpoch(Sampler[int]):  # type: ignore[misc]
    """The indices of the next epoch."""

    def __init__(self, epochs: Iterator[list[int]]) -> None:
        self._epochs = epochs

    def __iter__(self) -> Iterator[int]:
        return iter(next(self._epochs))


class _Epochs:
    """A loader's epochs, one after the other."""

    def __init__(self, loader: Iterable[NativeBatch]) -> None:
        self._loader = loader

    def __iter__(self) -> Iterator[NativeBatch]:
        while True:
            yield from self._loader


class Transform:
    """A JPEG file to an image. The neutral one is the cheapest that both frameworks agree on (4e-5 at most).

    Gives float32: (height, width, 3) from 0 to 255 where the normalisation is neutral, it comes batch by batch then; by habit
    (3, height, width) from 0 to 1, as ToTensor has it.
    """

    def __init__(self, neutral: frozenset[Source], image_size: int) -> None:
        self._decode = exactly_decoded if Source.DECODER in neutral else default_loader
        size = (image_size, image_size)
        self._resize = functools.partial(_interpolated, size=size) if Source.RESIZE in neutral else transforms.Resize(size)
        self._finish = _rows if Source.NORMALISATION in neutral else _unit_range

    def __call__(self, file: str | Path) -> torch.Tensor:
        return self._finish(self._resize(self._decode(str(file))))


def exactly_decoded(file: str) -> torch.Tensor:
    """Raises ValueError for a greyscale or CMYK image: asked for RGB, the decoder would make three colours of one, or of four."""
    image = decode_jpeg(read_file(file), mode=ImageReadMode.UNCHANGED)
    if len(image) != 3:
        raise ValueError(f"{file} has {len(image)} colour components, not 3")
    return image


def _interpolated(image: Any, size: tuple[int, int]) -> torch.Tensor:
    return interpolate(_tensor(image)[None].float(), size, mode="bilinear", align_corners=False)[0]


def _rows(image: Any) -> torch.Tensor:
    return _tensor(image).float().permute(1, 2, 0)


def _unit_range(image: Any) -> torch.Tensor:
    return _tensor(image).float() / 255 if isinstance(image, torch.Tensor) else transforms.functional.to_tensor(image)


def _tensor(image: Any) -> torch.Tensor:
    return image if isinstance(image, torch.Tensor) else transforms.functional.pil_to_tensor(image)


def batched(neutral: frozenset[Source], samples: list[tuple[torch.Tensor, int]]) -> NativeBatch:
    """Samples of `Transform`, and their normalisation where it comes batch by batch."""
    images, labels = default_collate(samples)  # in a worker, straight into shared memory
    return (normalised(images).permute(0, 3, 1, 2) if Source.NORMALISATION in neutral else images), labels


def normalised(images: torch.Tensor) -> torch.Tensor:
    """In place. Whole rows at a time: ten times faster than broadcasting over three channels."""
    width = images.shape[2]
    mean, std = (255 * torch.tensor(values).repeat(width) for values in (MEAN, STD))
    images.flatten(2).sub_(mean).div_(std)
    return images
