"""The corpus: the same bytes everywhere, whole or not at all, verified each time."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fixtures.case import Case, Phase, Style, Workload
from fixtures.frameworks.contract import Setup
from fixtures.inputs import drawing, flowers
from fixtures.inputs.batch import canonical_batch
from fixtures.inputs.experiment import Experiment
from fixtures.inputs.flowers import Corpus, CorpusError, ImagesPerClass

TINY = ImagesPerClass(train=1, valid=1, test=1)
TINY_SHA256 = "191e7026c07743a8bac81054d157b3d82d61e75c3d757dec624acc08f4b2d3ab"
ROOT = Path(__file__).parents[1]
GENERATE = """
import sys
from pathlib import Path
from fixtures.inputs.flowers import ImagesPerClass, generated
generated(Path(sys.argv[1]), lambda *_: None, ImagesPerClass(1, 1, 1))
"""
DEADLINE_SECONDS = 30


def silent(*_: object) -> None:
    """Wants no progress; downloads nothing."""


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return flowers.generated(tmp_path_factory.mktemp("corpus"), silent, TINY)


@pytest.fixture
def copy(tiny: Corpus, tmp_path: Path) -> Path:
    """Root of a copy that a test may damage; `generated(tmp_path, …)` opens it."""
    return Path(shutil.copytree(tiny.root, tmp_path / tiny.name))


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_the_same_bytes_on_every_machine(tiny: Corpus) -> None:
    assert (tiny.sha256, tiny.images) == (TINY_SHA256, 3 * drawing.CLASSES), "changed pixels want another drawing.VERSION"


def test_pictures_have_the_real_sets_sizes() -> None:
    encoded = [drawing.jpeg(label, 0) for label in range(0, drawing.CLASSES, 3)]
    pictures = [Image.open(io.BytesIO(each)) for each in encoded]
    assert {min(picture.size) for picture in pictures} == {500}
    assert all(500 <= max(picture.size) <= 900 for picture in pictures)
    assert {picture.layer[0][1:3] for picture in pictures} == {(2, 2)}  # 4:2:0
    assert 40_000 < np.mean([len(each) for each in encoded]) < 50_000


def test_layouts_agree(tiny: Corpus) -> None:
    root = Path(tiny.root)
    names = set()
    for split in flowers.SPLITS:
        labels = flowers.labels(root, split)
        assert sorted(labels.values()) == list(range(drawing.CLASSES))
        folders = sorted(path.name for path in flowers.class_folders(root, split).iterdir())
        for name, label in labels.items():
            assert (flowers.class_folders(root, split) / folders[label] / name).samefile(flowers.jpg(root) / name)
        names |= labels.keys()
    assert len(names) == tiny.images


def test_progress_counts_images_and_a_second_opening_draws_nothing(tmp_path: Path) -> None:
    told: list[list[tuple[int, int]]] = [[], []]
    with ThreadPoolExecutor() as pool:  # at the same time: one draws, the other waits for it
        made = [pool.submit(flowers.generated, tmp_path, lambda *each, to=to: to.append(each), TINY) for to in told]
    assert made[0].result() == made[1].result()
    assert sorted(map(len, told)) == [0, 1 + 3 * drawing.CLASSES]
    assert max(told, key=len)[-1] == (3 * drawing.CLASSES, 3 * drawing.CLASSES)


def test_a_killed_generation_leaves_no_corpus_and_no_process(tmp_path: Path, tiny: Corpus) -> None:
    generation = subprocess.Popen([sys.executable, "-c", GENERATE, str(tmp_path)], cwd=ROOT, start_new_session=True)
    wait_for(lambda: len(list(tmp_path.rglob("*.jpg"))) > 10)
    generation.kill()
    generation.wait()
    wait_for(lambda: not group_lives(generation.pid))
    assert not (tmp_path / tiny.name).exists()
    assert flowers.generated(tmp_path, silent, TINY).sha256 == tiny.sha256


def group_lives(group: int) -> bool:
    try:
        os.killpg(group, signal.SIGCONT)
    except ProcessLookupError:
        return False
    return True


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def change(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("harm", [truncate, change, Path.unlink])
@pytest.mark.parametrize("file", ["flowers-102/jpg/image_00007.jpg", "flowers-102/setid.mat", "folders/train/{label:03d}/{name}"])
def test_a_damaged_file_is_named_with_the_mend(copy: Path, harm: Callable[[Path], None], file: str) -> None:
    name, label = next(iter(flowers.labels(copy, "train").items()))
    path = copy / file.format(name=name, label=label + 1)
    harm(path)
    with pytest.raises(CorpusError) as raised:
        flowers.generated(copy.parent, silent, TINY)
    assert str(path) in str(raised.value)
    assert f"Delete the folder {copy}" in str(raised.value)


def test_a_stray_image_is_named(copy: Path) -> None:
    (copy / "folders" / "train" / "001" / "mine.jpg").touch()
    with pytest.raises(CorpusError, match=r"mine\.jpg is not part of it"):
        flowers.generated(copy.parent, silent, TINY)


@pytest.mark.parametrize("harm", [truncate, change, Path.unlink])
def test_a_damaged_manifest_is_named(copy: Path, harm: Callable[[Path], None]) -> None:
    harm(copy / "manifest.json")
    with pytest.raises(CorpusError, match=r"manifest\.json"):
        flowers.generated(copy.parent, silent, TINY)


def test_a_cache_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CorpusError, match="--input-cache"):
        flowers.generated(tmp_path / "file", silent, TINY)


def test_the_real_set_without_a_network_says_what_to_place_where(tmp_path: Path) -> None:
    def download(_: Path) -> None:
        raise OSError("no route to host")

    with pytest.raises(CorpusError) as raised:
        flowers.real(tmp_path, download)
    for part in ("no route to host", "102flowers.tgz", flowers.REAL_MD5["102flowers.tgz"], str(tmp_path / "flowers102" / "flowers-102")):
        assert part in str(raised.value)


@pytest.fixture
def extracted(tiny: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tiny corpus' files in the place of the real set's."""
    copied = Path(shutil.copytree(Path(tiny.root) / "flowers-102", tmp_path / "flowers102" / "flowers-102"))
    monkeypatch.setattr(flowers, "REAL_IMAGES", tiny.images)
    mats = {path.name: hashlib.md5(path.read_bytes()).hexdigest() for path in copied.glob("*.mat")}
    monkeypatch.setattr(flowers, "REAL_MD5", flowers.REAL_MD5 | mats)
    return copied


def test_the_real_set_is_used_where_it_lies_extracted(extracted: Path, tiny: Corpus) -> None:
    def download(_: Path) -> None:
        pytest.fail("nothing to download")

    first = flowers.real(extracted.parents[1], download)
    assert (first.name, first.images, first.sha256) == ("flowers102", tiny.images, tiny.sha256)
    truncate(extracted / "jpg" / "image_00003.jpg")
    with pytest.raises(CorpusError, match=r"image_00003\.jpg"):
        flowers.real(extracted.parents[1], download)


def test_the_real_set_half_extracted(extracted: Path) -> None:
    (extracted / "jpg" / "image_00003.jpg").unlink()
    with pytest.raises(CorpusError, match="305 images instead of 306"):
        flowers.real(extracted.parents[1], silent)


@pytest.mark.parametrize("batch_size", [1, 8, 102, 150])
def test_canonical_batch(tiny: Corpus, batch_size: int) -> None:
    case = Case("any", Phase.TRAIN_STEP, Workload.FULL, Style.MATCHED, batch_size)
    setup = Setup(case, Experiment(name="test", image_size=64), tiny.root, "", threads=1, dropout=0.0)
    images, labels = canonical_batch(setup)
    assert (images.shape, images.dtype) == ((batch_size, 64, 64, 3), np.float32)
    assert (labels.shape, labels.dtype) == ((batch_size,), np.int64)
    assert len(set(labels.tolist())) == min(batch_size, drawing.CLASSES)
    assert -2.2 < images.min() < images.max() < 2.7
