"""A corpus of other classes than Oxford's, as TensorFlow Datasets reads it: more than its own builder takes, and fewer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fixtures.corpora import CLASSES, flowers
from tests.fixtures.images_of_ones_own import opened, write
from tests.frameworks.conftest import RunIn

READ = """
from pathlib import Path
from msgspec.structs import replace
from harness.frameworks.tensorflow import corpus
from tests.frameworks import small_models
setup = replace(small_models.setup("resnet50"), corpus={root!r}, classes={classes})
builder = corpus.prepared(setup.corpus_folder)
records = [int(label) for _, label in corpus.records(setup, "train")[0]]
stored = corpus.prepared(setup.corpus_folder, "array_record").as_data_source(split="train")
result = {{
    "labels": corpus.labels(setup),
    "records": records,
    "stored": [[record["file_name"].decode(), int(record["label"])] for record in stored],
    "classes": builder.info.features["label"].num_classes,
}}
"""


@pytest.mark.parametrize("classes", [2, CLASSES + 28])
def test_every_image_has_its_label(run_in: RunIn, tmp_path: Path, classes: int) -> None:
    made = opened(write(tmp_path / "own", {f"kind{number:03d}": 3 for number in range(classes)}))
    wanted = flowers.labels(Path(made.root), "train")
    found: dict[str, Any] = run_in("tensorflow", READ.format(root=made.root, classes=made.classes))
    assert made.classes == found["classes"] == classes
    assert found["labels"] == wanted
    assert dict(found["stored"]) == wanted
    assert sorted(found["records"]) == sorted(wanted.values())
    assert max(wanted.values()) == classes - 1


FULL = """
from pathlib import Path
import tensorflow as tf
from fixtures.made_once import CacheError
from harness.frameworks.tensorflow import corpus
try:
    with corpus.writing_records(Path("/dev/full")), tf.io.TFRecordWriter("/dev/full") as writer:
        for _ in range(1000):
            writer.write(bytes(10_000))
except CacheError as error:
    result = str(error)
"""


def test_a_full_disk_is_no_lack_of_memory(run_in: RunIn) -> None:
    """TensorFlow has one error for both."""
    told = run_in("tensorflow", FULL)
    assert "No space left on device" in told
    assert told.endswith("or choose another folder with --input-cache")
