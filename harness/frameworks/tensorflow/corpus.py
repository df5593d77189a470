"""The corpus as TensorFlow Datasets reads it: records that its own builder writes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import tensorflow as tf
import tensorflow_datasets as tfds

from fixtures.corpora import flowers
from fixtures.made_once import is_there, only_one, writing
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


class ClassFolders(tfds.builder_cls(NAME)):  # type: ignore[misc]
    """The same builder for other classes than Oxford's: images of a user's own, in the same layout."""

    def __init__(self, *, classes: int, **of_builder: Any) -> None:
        self._classes = classes
        super().__init__(**of_builder)

    def _info(self) -> Any:
        image, label, name = tfds.features.Image(), tfds.features.ClassLabel(num_classes=self._classes), tfds.features.Text()
        features = tfds.features.FeaturesDict({"image": image, "label": label, "file_name": name})
        return tfds.core.DatasetInfo(builder=self, features=features, supervised_keys=("image", "label"))


def prepared(root: Path, file_format: str = "tfrecord") -> Any:
    """tfds' builder, its layout of the corpus in that format in a data folder there; written by itself the first time (3 s)."""
    folder = flowers.tfds(root) / file_format
    if flowers.class_names(root).exists():
        builder = ClassFolders(classes=flowers.classes(root), data_dir=folder, file_format=file_format)
    else:
        builder = tfds.builder(NAME, data_dir=folder, file_format=file_format)
    if not is_there(builder.data_path):
        with only_one(root / "tfds"):
            if not builder.data_path.exists():
                tfds.disable_progress_bar()
                builder._make_download_manager = lambda **_: _LocalFiles(root)
                with writing_records(builder.data_path):
                    builder.download_and_prepare()  # into a temporary folder, renamed at the end
    return builder


@contextmanager
def writing_records(path: Path) -> Iterator[None]:
    """Around what writes them there. Raises CacheError for TensorFlow's own errors, too: of a full disk they tell as of memory."""
    with writing(Path(path)):
        try:
            yield
        except tf.errors.OpError as error:
            raise OSError(error.message) from error


def records(setup: Setup, split: str) -> tuple[tf.data.Dataset, int]:
    """Images and labels of tfds' records, and how many: the images decoded by tfds, with the fast DCT, unless the decoder is neutral."""
    decoders = {"image": tfds.decode.SkipDecoding()} if Source.DECODER in setup.neutral else None
    builder = prepared(setup.corpus_folder)
    data = builder.as_dataset(split=split, as_supervised=True, decoders=decoders, read_config=read_config())
    return data, builder.info.splits[split].num_examples


def encoded(builder: Any, as_supervised: bool) -> tf.data.Dataset:
    """The training records as they are, their images not decoded."""
    decoders = {"image": tfds.decode.SkipDecoding()}
    return builder.as_dataset(split="train", as_supervised=as_supervised, decoders=decoders, read_config=read_config())


def _encoded_records(setup: Setup) -> Iterator[dict[str, Any]]:
    """Name, label and bytes of each training image."""
    return iter(encoded(prepared(setup.corpus_folder), as_supervised=False).as_numpy_iterator())


def read_config() -> Any:
    """By itself tfds would hold data sets under 250 MiB in memory, decoded: the generated corpus, but not the real one."""
    return tfds.ReadConfig(try_autocache=False)
