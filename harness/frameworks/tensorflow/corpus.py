"""The corpus as TensorFlow Datasets reads it: records that its own builder writes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import filelock
import msgspec
import tensorflow as tf
import tensorflow_datasets as tfds

from fixtures.corpora import flowers
from harness.frameworks.contract import Setup
from harness.record.fairness import Source
from harness.record.outcome import Unsupported

NAME = "oxford_flowers102"


def labels(setup: Setup) -> dict[str, int]:
    """Raises CorpusError where the label files do not fit."""
    flowers.labels(setup.corpus_folder, "train")  # the records may have been written before
    return {record["file_name"].decode(): int(record["label"]) for record in _encoded_records(setup)}


def download(root: Path) -> None:
    raise Unsupported(f"TensorFlow Datasets has a layout of its own: run a PyTorch case first, torchvision's loader fills {root} for both")


class _LocalFiles(msgspec.Struct, frozen=True):
    """Hands tfds' own builder the corpus where its download manager would hand it downloads.

    Files placed under the real downloads' checksums are taken too, but claim to be the real set.
    """

    root: Path
    downloaded_size: int = 0

    def download_and_extract(self, urls: dict[str, str]) -> dict[str, str]:
        """The archive's folder, and the two .mat files, by the builder's own keys: images, labels, setid."""
        folder = self.root / "flowers-102"
        return {key: str(folder if key == "images" else folder / url.rpartition("/")[2]) for key, url in urls.items()}


def prepared(root: Path, file_format: str = "tfrecord") -> str:
    """The data folder with tfds' layout of the corpus in that format; written there by tfds' own builder the first time (3 s)."""
    folder = flowers.tfds(root) / file_format
    builder = tfds.builder(NAME, data_dir=folder, file_format=file_format)
    with filelock.FileLock(root / "tfds.lock"):
        if not builder.data_path.exists():
            tfds.disable_progress_bar()
            builder._make_download_manager = lambda **_: _LocalFiles(root)
            builder.download_and_prepare()  # into a temporary folder, renamed at the end
    return str(folder)


def records(setup: Setup, split: str) -> tuple[tf.data.Dataset, int]:
    """Images and labels of tfds' records, and how many: the images decoded by tfds, with the fast DCT, unless the decoder is neutral."""
    decoders = {"image": tfds.decode.SkipDecoding()} if Source.DECODER in setup.neutral else None
    data, info = tfds.load(
        NAME,
        split=split,
        data_dir=prepared(setup.corpus_folder),
        download=False,
        as_supervised=True,
        decoders=decoders,
        read_config=read_config(),
        with_info=True,
    )
    return data, info.splits[split].num_examples


def _encoded_records(setup: Setup) -> Iterator[dict[str, Any]]:
    """The training records as they are: name, label and bytes of each image."""
    data = tfds.load(
        NAME,
        split="train",
        data_dir=prepared(setup.corpus_folder),
        download=False,
        decoders={"image": tfds.decode.SkipDecoding()},
        read_config=read_config(),
    )
    return iter(data.as_numpy_iterator())


def read_config() -> Any:
    """By itself tfds would hold data sets under 250 MiB in memory, decoded: the generated corpus, but not the real one."""
    return tfds.ReadConfig(try_autocache=False)
