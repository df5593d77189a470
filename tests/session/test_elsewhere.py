"""Real workers of both frameworks in folders with a space and an umlaut, and with a cache that is somebody else's."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.frameworks.conftest import interpreter
from tests.session.conftest import LIGHT, PROJECT, InnerRun

pytestmark = [pytest.mark.slow, pytest.mark.early]

BENCHMARK = """
import pytest

AXES = {"style": "matched", "precision": "fp32", "batch_size": 4}
STRATEGIES = ["webdataset", "interleaved_shards", "tfds_records", "array_record"]  # what they read is written into the cache the first time

@pytest.mark.cases("core", phase="inference", workload="inference", execution=["plain", "compiled"], **AXES)
def test_inference(measure):
    measure()

@pytest.mark.cases("core", phase="data_pipeline", workload="loading", style="strategy", strategy=STRATEGIES, batch_size=8)
def test_strategies(measure):
    measure()
"""
MODEL = """
title = "Mine"
item = "image"
loss = "cross_entropy"

[inputs.image]
shape = [32, 32, 3]
values = "corpus"
"""
PYTORCH = """
from torch import nn


def network(options):
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, options.classes))
"""
TENSORFLOW = """
import keras
from keras import layers


def network(options):
    head = [layers.GlobalAveragePooling2D(), layers.Dense(options.classes)]
    return keras.Sequential([keras.Input((32, 32, 3)), layers.Conv2D(4, 3, activation="relu"), *head])
"""
FILES = {"model.toml": MODEL, "pytorch.py": PYTORCH, "tensorflow.py": TENSORFLOW}
FRAMEWORKS = ("pytorch", "tensorflow")
WITHOUT = "not array_record"
CLASSES, IMAGES_EACH = 2, 20
# Root reads and writes whatever it likes, but for these two of its rights.
AS_ANOTHER_USER = ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override") if os.geteuid() == 0 else ()


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> InnerRun:
    root = tmp_path_factory.mktemp("elsewhere")
    folder = root / "a ü b"
    folder.mkdir()
    inner = InnerRun(folder)
    inner.set(TMPDIR=str(root))  # torch.compile does not build in a folder with a space, and says so
    (folder / "benchmarks" / "test_inner.py").write_text(BENCHMARK)
    (folder / "conftest.py").write_text((PROJECT / "conftest.py").read_text())
    workers = []
    for framework in FRAMEWORKS:
        (folder / framework).symlink_to(Path(interpreter(framework)).parents[1])
        workers.append(f"--worker={framework}=popen//python={folder / framework}/bin/python")
    write_images(folder / "my images")
    (folder / "mine").mkdir()
    for name, content in FILES.items():
        (folder / "mine" / name).write_text(content)
    cache = f"--input-cache={folder / 'cache of mine'}"
    inner.options = ("--benchmark-disable", *LIGHT, "--model=mine", f"--corpus={folder / 'my images'}", cache, *workers)
    return inner


def write_images(corpus: Path) -> None:
    noise = np.random.default_rng(7)
    for label in range(CLASSES):
        (corpus / f"class {label}").mkdir(parents=True)
        for number in range(IMAGES_EACH):
            pixels = noise.integers(0, 256, (40, 50, 3), np.uint8)
            Image.fromarray(pixels).save(corpus / f"class {label}" / f"{number}.jpg")


def contents(folder: Path) -> dict[Path, tuple[int, int]]:
    return {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in (folder, *folder.rglob("*"))}


@pytest.fixture(scope="module")
def first(elsewhere: InnerRun) -> str:
    """What a session prints that fills the cache."""
    code, output = elsewhere.run("-k", WITHOUT)
    assert code == pytest.ExitCode.OK
    return output


@pytest.fixture(scope="module")
def of_others(elsewhere: InnerRun, first: str) -> Iterator[Path]:
    """The same cache, which may only be read."""
    assert "passed" in first
    cache = elsewhere.folder / "cache of mine"
    for path in (cache, *cache.rglob("*")):
        path.chmod(path.stat().st_mode & ~0o222)
    yield cache
    for path in (cache, *cache.rglob("*")):
        path.chmod(path.stat().st_mode | 0o200)  # pytest removes it


def test_folders_with_a_space_and_an_umlaut(first: str) -> None:
    """In all ways to compute, and to read images."""
    assert "7 passed" in first
    assert "Not measured" not in first


def test_a_complete_cache_of_others_is_only_read(elsewhere: InnerRun, of_others: Path) -> None:
    before = contents(of_others)
    code, output = elsewhere.run("-k", WITHOUT, before=AS_ANOTHER_USER)
    assert code == pytest.ExitCode.OK
    assert "7 passed" in output
    assert contents(of_others) == before


def test_what_a_cache_of_others_lacks_is_told_with_the_option(elsewhere: InnerRun, of_others: Path) -> None:
    before = contents(of_others)
    code, output = elsewhere.run("-k", "array_record", before=AS_ANOTHER_USER)
    assert code == pytest.ExitCode.TESTS_FAILED
    (told,) = (line for line in output.splitlines() if line.startswith("error: "))
    assert told.startswith(f"error: the input cache: {of_others}")
    assert told.endswith("or choose another folder with --input-cache")
    assert contents(of_others) == before
