"""Ways to load the same images, beside the tuned one of `matched`. Each is `tuned` or another one but for what its name says."""

from __future__ import annotations

import importlib
import multiprocessing
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import filelock
import numpy as np
import torch
from torch.nn.functional import interpolate
from torch.utils.data import DataLoader, default_collate
from torchvision import transforms
from torchvision.datasets.folder import default_loader
from torchvision.io import ImageReadMode, decode_jpeg, read_file
from torchvision.transforms import v2

from fixtures.corpora.batch import MEAN, STD
from fixtures.corpora.images import BatchMemory, ImageError
from harness.frameworks.contract import NativeBatch, Setup
from harness.frameworks.pytorch import data
from harness.frameworks.pytorch.data import (
    PREFETCH_BATCHES,
    Batches,
    Images,
    Pipeline,
    ThreadLoader,
    Transform,
    batched,
    exactly_decoded,
    normalised,
)
from harness.record.fairness import Source
from harness.record.outcome import Unsupported

SHARD_IMAGES = 16  # few: a shard is one worker's, and there are to be more of them than workers


def pipeline(setup: Setup) -> Pipeline:
    return STRATEGIES[setup.case.strategy](setup) if setup.case.strategy else data.pipeline(setup)


def prepare(setup: Setup) -> None:
    """Starts the server of the loader's workers, and writes the files that they read. Done once a process and once a corpus, outside
    of what is timed: it is no part of building a pipeline.
    """
    if setup.case.strategy == "webdataset":
        _shards(setup)
    if setup.case.strategy in IN_PROCESSES:
        first = fork_server().Process(target=int)
        first.start()
        first.join()  # the server forks once it has imported everything


def own_operations(setup: Setup) -> Pipeline:
    files = setup.training_files()
    return Pipeline(setup, data.own_operations(setup, files, data.endless(setup, files)))


def sequential(setup: Setup) -> Pipeline:
    files = setup.training_files()
    return Pipeline(setup, DataLoader(_images(setup), batch_sampler=data.endless(setup, files), collate_fn=collated))


def one_worker(setup: Setup) -> Pipeline:
    return _in_workers(setup, num_workers=1)


def workers(setup: Setup) -> Pipeline:
    return _in_workers(setup)


def workers_not_persistent(setup: Setup) -> Pipeline:
    return _in_workers(setup, persistent_workers=False)


def prefetch_8(setup: Setup) -> Pipeline:
    return _in_workers(setup, prefetch_factor=8)


def pinned(setup: Setup) -> Pipeline:
    if not torch.cuda.is_available():
        raise Unsupported("there is no GPU: memory is pinned to be copied to one")
    return _in_workers(setup, pin_memory=True)


def process_tuned(setup: Setup) -> Pipeline:
    return _in_workers(setup, dataset=_batches(setup), collate_fn=as_it_is)


def pillow(setup: Setup) -> Pipeline:
    """Also what the tutorials have, but for their random crops and flips."""
    size = (setup.experiment.image_size, setup.experiment.image_size)
    steps = [default_loader, transforms.Resize(size), transforms.ToTensor(), transforms.Normalize(MEAN, STD)]
    return _in_workers(setup, dataset=Images(setup.training_files(), transforms.Compose(steps)), collate_fn=channels_last)


def uint8_v2(setup: Setup) -> Pipeline:
    size = (setup.experiment.image_size, setup.experiment.image_size)
    steps = [exactly_decoded, v2.Resize(size, antialias=True), v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, STD)]
    return _in_workers(setup, dataset=Images(setup.training_files(), v2.Compose(steps)), collate_fn=channels_last)


def uint8_v2_batches(setup: Setup) -> Pipeline:
    size = (setup.experiment.image_size, setup.experiment.image_size)
    resized = v2.Compose([exactly_decoded, v2.Resize(size, antialias=True)])
    loader = _loader(setup, dataset=Images(setup.training_files(), resized), collate_fn=channels_last)
    return Pipeline(setup, Anew(lambda: map(normalised_batch, loader)), burst=loader.num_workers)


def antialias(setup: Setup) -> Pipeline:
    size = setup.experiment.image_size
    return _in_threads(setup, lambda file: interpolated(exactly_decoded(str(file)), size, antialias=True))


def opencv_decode(setup: Setup) -> Pipeline:
    files, size = setup.training_files(), setup.experiment.image_size
    memory, labels = BatchMemory(size), torch.tensor(files.labels)

    def make(indices: list[int]) -> NativeBatch:
        images = memory.take(len(indices))
        for index, image in zip(indices, images, strict=True):
            pixels = cv2.imdecode(np.fromfile(files.paths[index], np.uint8), cv2.IMREAD_COLOR_RGB)
            if pixels is None:
                raise ImageError(f"{files.paths[index]}: OpenCV cannot decode it")
            cv2.resize(pixels.astype(np.float32), (size, size), image, interpolation=cv2.INTER_LINEAR)
        return normalised(torch.from_numpy(images)).permute(0, 3, 1, 2), labels[indices]

    return Pipeline(setup, ThreadLoader(make, data.endless(setup, files), setup.threads))


def torchcodec(setup: Setup) -> Pipeline:
    decoders, size = _installed("torchcodec.decoders"), setup.experiment.image_size
    return _in_threads(setup, lambda file: interpolated(decoders.decode_jpeg(file, mode="UNCHANGED"), size))


def cached_files(setup: Setup) -> Pipeline:
    size = setup.experiment.image_size
    encoded = {path: read_file(str(path)) for path in setup.training_files().paths}
    return _in_threads(setup, lambda file: interpolated(decoded(encoded[file]), size))


def torchdata_nodes(setup: Setup) -> Pipeline:
    nodes, batches = _installed("torchdata.nodes"), _batches(setup)
    indices = nodes.IterableWrapper(data.endless(setup, setup.training_files()))
    made = nodes.ParallelMapper(indices, batches.make, num_workers=setup.threads, method="thread")
    last = nodes.Prefetcher(made, PREFETCH_BATCHES * setup.threads)

    def begin() -> Any:
        last.reset()  # not by `nodes.Loader`: it refers to itself, and its threads run on until the next garbage collection
        return last

    return Pipeline(setup, Anew(begin))


def spdl(setup: Setup) -> Pipeline:
    spdl_pipeline, batches = _installed("spdl.pipeline"), _batches(setup)
    indices = data.endless(setup, setup.training_files())

    def begin() -> Iterator[NativeBatch]:
        builder = spdl_pipeline.PipelineBuilder().add_source(indices)
        builder.pipe(batches.make, concurrency=setup.threads, output_order="input")
        loader = builder.add_sink(PREFETCH_BATCHES * setup.threads).build(num_threads=setup.threads)
        with loader.auto_stop():
            yield from loader

    return Pipeline(setup, Anew(begin))


def grain(setup: Setup) -> Pipeline:
    package, batches = _installed("grain"), _batches(setup)
    indices = package.MapDataset.range(len(setup.training_files().paths)).seed(setup.experiment.seed).shuffle().repeat()
    made = indices.batch(setup.case.batch_size, batch_fn=list).map(batches.make)
    loader = made.to_iter_dataset(package.ReadOptions(num_threads=setup.threads, prefetch_buffer_size=PREFETCH_BATCHES * setup.threads))
    return Pipeline(setup, loader)


def webdataset(setup: Setup) -> Pipeline:
    package, shards = _installed("webdataset"), _shards(setup)
    images = package.WebDataset(shards, shardshuffle=len(shards)).shuffle(setup.experiment.shuffle_buffer).to_tuple("jpg", "cls")
    images = images.map_tuple(partial(from_bytes, image_size=setup.experiment.image_size), int).repeat()
    batches = package.DataPipeline(images, package.batched(setup.case.batch_size, collation_fn=collated))
    workers = min(setup.threads, len(shards))
    return _in_workers(setup, dataset=batches, batch_size=None, batch_sampler=None, collate_fn=as_it_is, num_workers=workers)


class Anew:
    """What is begun anew in each iteration."""

    def __init__(self, begin: Callable[[], Iterator[NativeBatch]]) -> None:
        self._begin = begin

    def __iter__(self) -> Iterator[NativeBatch]:
        return self._begin()


def _in_threads(setup: Setup, transform: Callable[[Path], torch.Tensor]) -> Pipeline:
    """`own_operations` with another transform."""
    files = setup.training_files()
    images = Images(files, transform)

    def make(indices: list[int]) -> NativeBatch:
        return collated([images[index] for index in indices])

    return Pipeline(setup, ThreadLoader(make, data.endless(setup, files), setup.threads))


def _in_workers(setup: Setup, **changed: Any) -> Pipeline:
    loader = _loader(setup, **changed)
    return Pipeline(setup, loader, burst=loader.num_workers)


def _loader(setup: Setup, **changed: Any) -> DataLoader[Any]:
    """`own_operations` in worker processes, each of one intra-op thread, its own setting; with other arguments where they are given."""
    arguments = {
        "dataset": _images(setup),
        "batch_sampler": data.endless(setup, setup.training_files()),
        "collate_fn": collated,
        "num_workers": setup.threads,
        "persistent_workers": True,
        "prefetch_factor": PREFETCH_BATCHES,
        "multiprocessing_context": fork_server(),
    }
    return DataLoader(**arguments | changed)


def _images(setup: Setup) -> Images:
    return Images(setup.training_files(), Transform(frozenset(Source), setup.experiment.image_size))


def _batches(setup: Setup) -> Batches:
    return Batches(setup.training_files(), setup.experiment.image_size)


def collated(samples: list[Any]) -> Any:
    return batched(frozenset(Source), samples)


def channels_last(samples: list[tuple[torch.Tensor, int]]) -> NativeBatch:
    """Images of (3, height, width), of any type, to a batch in the memory format of all others."""
    images, labels = default_collate([(image.permute(1, 2, 0), label) for image, label in samples])
    return images.permute(0, 3, 1, 2), labels


def as_it_is(batch: NativeBatch) -> NativeBatch:
    return batch


def normalised_batch(batch: NativeBatch) -> NativeBatch:
    images, labels = batch
    return normalised(images.permute(0, 2, 3, 1).float()).permute(0, 3, 1, 2), labels


def from_bytes(encoded: bytes, image_size: int) -> torch.Tensor:
    return interpolated(decoded(torch.frombuffer(bytearray(encoded), dtype=torch.uint8)), image_size)


def decoded(encoded: torch.Tensor) -> torch.Tensor:
    return decode_jpeg(encoded, mode=ImageReadMode.UNCHANGED)  # grey or CMYK, it has no place in a batch of colour images


def interpolated(pixels: torch.Tensor, image_size: int, antialias: bool = False) -> torch.Tensor:
    """float32 (height, width, 3) from 0 to 255, as the neutral `Transform` gives it."""
    resized = interpolate(pixels[None].float(), (image_size, image_size), mode="bilinear", antialias=antialias)
    return resized[0].permute(1, 2, 0)


def _installed(package: str) -> Any:
    """Imports what a strategy needs. Raises Unsupported where it is missing."""
    try:
        return importlib.import_module(package)
    except ModuleNotFoundError as error:
        raise Unsupported(f"{(error.name or package).partition('.')[0]} is not installed: pip install -e '.[pytorch]'") from error


def _shards(setup: Setup) -> list[str]:
    """Tar files of the training images and their labels, in the order of setid.mat; written the first time."""
    package, folder, files = _installed("webdataset"), setup.corpus_folder / "webdataset", setup.training_files()
    with filelock.FileLock(setup.corpus_folder / "webdataset.lock"):
        if not folder.exists():
            partial = folder.with_name("webdataset.partial")
            shutil.rmtree(partial, ignore_errors=True)  # of a process that was killed
            partial.mkdir()
            with package.ShardWriter(f"{partial}/%04d.tar", maxcount=SHARD_IMAGES, verbose=0) as writer:
                for path, label in zip(files.paths, files.labels, strict=True):
                    writer.write({"__key__": path.stem, "jpg": path.read_bytes(), "cls": label})
            partial.rename(folder)
    return sorted(str(path) for path in folder.glob("*.tar"))


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


STRATEGIES: dict[str, Callable[[Setup], Pipeline]] = {
    "own_operations": own_operations,
    "sequential": sequential,
    "one_worker": one_worker,
    "workers": workers,
    "workers_not_persistent": workers_not_persistent,
    "prefetch_8": prefetch_8,
    "pinned": pinned,
    "process_tuned": process_tuned,
    "pillow": pillow,
    "uint8_v2": uint8_v2,
    "uint8_v2_batches": uint8_v2_batches,
    "antialias": antialias,
    "opencv_decode": opencv_decode,
    "torchcodec": torchcodec,
    "cached_files": cached_files,
    "torchdata_nodes": torchdata_nodes,
    "spdl": spdl,
    "grain": grain,
    "webdataset": webdataset,
}
IN_PROCESSES = frozenset(
    {
        "one_worker",
        "workers",
        "workers_not_persistent",
        "prefetch_8",
        "pinned",
        "process_tuned",
        "pillow",
        "uint8_v2",
        "uint8_v2_batches",
        "webdataset",
    }
)
