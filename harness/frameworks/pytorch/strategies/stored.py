"""What the images are read from: their files' bytes in memory, or shards."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import torch
from torchvision.io import ImageReadMode, decode_jpeg, read_file

from fixtures.made_once import made_once, writing
from harness.frameworks.contract import Setup
from harness.frameworks.pytorch.data import Pipeline
from harness.frameworks.pytorch.strategies.installed import installed
from harness.frameworks.pytorch.strategies.parallel import as_it_is, collated, in_threads, in_workers
from harness.frameworks.pytorch.transform import interpolated, rows

SHARD_IMAGES = 16  # few: a shard is one worker's, and there are to be more of them than workers


def cached_files(setup: Setup) -> Pipeline:
    size = setup.image_size
    encoded = {path: read_file(str(path)) for path in setup.training_files().paths}
    return in_threads(setup, lambda file: rows(interpolated(decoded(encoded[file]), size)))


def webdataset(setup: Setup) -> Pipeline:
    package, shards = installed("webdataset"), written_shards(setup)
    images = package.WebDataset(shards, shardshuffle=len(shards)).shuffle(setup.experiment.shuffle_buffer).to_tuple("jpg", "cls")
    images = images.map_tuple(partial(from_bytes, image_size=setup.image_size), int).repeat()
    batches = package.DataPipeline(images, package.batched(setup.case.batch_size, collation_fn=collated))
    workers = min(setup.threads, len(shards))
    return in_workers(setup, dataset=batches, batch_size=None, batch_sampler=None, collate_fn=as_it_is, num_workers=workers)


def written_shards(setup: Setup) -> list[str]:
    """Tar files of the training images and their labels, in the order of setid.mat; written the first time."""
    package, files = installed("webdataset"), setup.training_files()

    def write(folder: Path) -> None:
        with writing(folder):
            folder.mkdir()
            with package.ShardWriter(f"{folder}/%04d.tar", maxcount=SHARD_IMAGES, verbose=0) as writer:
                for path, label in zip(files.paths, files.labels, strict=True):
                    writer.write({"__key__": path.stem, "jpg": path.read_bytes(), "cls": label})

    folder = made_once(setup.corpus_folder / "webdataset", write)
    return sorted(str(path) for path in folder.glob("*.tar"))


def from_bytes(encoded: bytes, image_size: int) -> torch.Tensor:
    return rows(interpolated(decoded(torch.frombuffer(bytearray(encoded), dtype=torch.uint8)), image_size))


def decoded(encoded: torch.Tensor) -> torch.Tensor:
    return decode_jpeg(encoded, mode=ImageReadMode.UNCHANGED)  # grey or CMYK, it has no place in a batch of colour images
