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
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from fixtures.case import Case, Phase, Style, Workload
from fixtures.frameworks.contract import Setup
from fixtures.inputs import drawing, flowers
from fixtures.inputs.batch import canonical_batch
from fixtures.inputs.experiment import Experiment
from fixtures.inputs.flowers import LABEL_FILES, Corpus, CorpusError, ImagesPerClass
from tests.damaged import DAMAGED_IMAGES, DAMAGED_LABELS, damage, with_row

TINY = ImagesPerClass(train=1, valid=1, test=1)
TINY_SHA256 = "191e7026c07743a8bac81054d157b3d82d61e75c3d757dec624acc08f4b2d3ab"
ROOT = Path(__file__).parents[1]
GENERATE = """
import sys
from pathlib import Path
from fixtures.inputs.flowers import ImagesPerClass, generated
generated(Path(sys.argv[1]), lambda *_: None, ImagesPerClass(1, 1, 1))
"""
DEADLINE_SECONDS = 120


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


@pytest.mark.parametrize("kind", DAMAGED_IMAGES)
def test_a_damaged_image_of_the_real_set_is_named_before_a_manifest_calls_it_good(extracted: Path, kind: str) -> None:
    root = extracted.parent
    file, said = damage(root, kind)
    for _ in range(2):  # it is no better the second time
        with pytest.raises(CorpusError) as raised:
            flowers.real(root.parent, silent)
        assert str(raised.value).startswith(
            f"no complete colour JPEG: {file} ({said}). Delete the folder {root}: it is downloaded anew. Without a network: place "
        )
        assert not (root / "manifest.json").exists()


def test_every_damaged_image_is_named_up_to_a_number(extracted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(1, 6):
        truncate(extracted / "jpg" / f"image_{number:05d}.jpg")
    with pytest.raises(CorpusError) as raised:
        flowers.real(extracted.parents[1], silent)
    assert [f"image_{number:05d}.jpg (Premature" in str(raised.value) for number in range(1, 7)] == [True] * 5 + [False]
    monkeypatch.setattr(flowers, "NAMED_IMAGES", 2)
    with pytest.raises(CorpusError, match=r"image_00001\.jpg .*, .*image_00002\.jpg \(Premature end of JPEG file\) and 3 more\. Delete"):
        flowers.real(extracted.parents[1], silent)


def test_an_image_without_its_last_byte_is_named(extracted: Path) -> None:
    """Some decoders do not mind: no pixel is lost. But the file is not what it was."""
    path = extracted / "jpg" / "image_00009.jpg"
    os.truncate(path, path.stat().st_size - 1)
    with pytest.raises(CorpusError, match=r"image_00009\.jpg \(Premature end of JPEG file\)"):
        flowers.real(extracted.parents[1], silent)


def test_an_image_of_another_name_is_missed(extracted: Path) -> None:
    (extracted / "jpg" / "image_00009.jpg").rename(extracted / "jpg" / "image_00009 (1).jpg")
    with pytest.raises(CorpusError, match=r"image_00009\.jpg \(No such file or directory\)"):
        flowers.real(extracted.parents[1], silent)


@pytest.mark.parametrize("kind", DAMAGED_LABELS)
def test_a_label_file_that_is_not_the_real_one_is_named_and_nothing_is_downloaded_over_it(extracted: Path, kind: str) -> None:
    file, _ = damage(extracted.parent, kind)

    def download(_: Path) -> None:
        pytest.fail("the file would be overwritten")

    with pytest.raises(CorpusError) as raised:
        flowers.real(extracted.parents[1], download)
    assert str(raised.value).startswith(f"{file}, {file.stat().st_size} bytes, is not the real one: its md5 is ")
    assert f"Delete it. Without a network: place imagelabels.mat (md5 {flowers.REAL_MD5['imagelabels.mat']})" in str(raised.value)


@pytest.mark.parametrize("kind", DAMAGED_LABELS)
def test_label_files_that_do_not_fit_are_named_with_the_mend(copy: Path, kind: str) -> None:
    file, said = damage(copy, kind)
    for split in flowers.SPLITS:
        with pytest.raises(CorpusError) as raised:
            flowers.labels(copy, split)
        assert str(raised.value) == f"{file} {said}. Delete the folder {copy}: it is drawn anew"


@pytest.mark.parametrize(
    ("name", "row", "value", "said"),
    [
        ("setid.mat", "trnid", 307, "setid.mat lists 306 images, not each of the 306 once"),
        ("setid.mat", "tstid", 0, "setid.mat lists 306 images, not each of the 306 once"),
        ("imagelabels.mat", "labels", 0, "imagelabels.mat holds a label that is not between 1 and 102"),
        ("imagelabels.mat", "labels", 103, "imagelabels.mat holds a label that is not between 1 and 102"),
    ],
)
def test_a_number_that_cannot_be_is_named(copy: Path, name: str, row: str, value: int, said: str) -> None:
    def change(values: np.ndarray) -> np.ndarray:
        values[0, 5] = value
        return values

    with_row(copy / "flowers-102" / name, row, change)
    with pytest.raises(CorpusError, match=said):
        flowers.labels(copy, "train")


@given(name=st.sampled_from(LABEL_FILES), kept=st.floats(0.0, 1.0), place=st.floats(0.0, 1.0), flipped=st.integers(0, 255))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # each example restores the file
def test_a_spoilt_label_file_is_read_or_named(copy: Path, name: str, kept: float, place: float, flipped: int) -> None:
    path = copy / "flowers-102" / name
    content = path.read_bytes()
    before = flowers.labels(copy, "train")
    spoilt = bytearray(content[: int(kept * len(content))] or b"\0")
    spoilt[int(place * (len(spoilt) - 1))] ^= flipped
    path.write_bytes(spoilt)
    try:
        alike = flowers.labels(copy, "train").keys() <= {f"image_{number:05d}.jpg" for number in range(1, 307)}
    except CorpusError as error:
        alike = str(path.parent) in str(error) and "Delete the folder" in str(error)
    finally:
        path.write_bytes(content)
    assert alike
    assert flowers.labels(copy, "train") == before


@pytest.mark.parametrize("batch_size", [1, 8, 102, 150])
def test_canonical_batch(tiny: Corpus, batch_size: int) -> None:
    case = Case("any", Phase.TRAIN_STEP, Workload.FULL, Style.MATCHED, batch_size)
    setup = Setup(case, Experiment(name="test", image_size=64), tiny.root, "", threads=1, dropout=0.0)
    images, labels = canonical_batch(setup)
    assert (images.shape, images.dtype) == ((batch_size, 64, 64, 3), np.float32)
    assert (labels.shape, labels.dtype) == ((batch_size,), np.int64)
    assert len(set(labels.tolist())) == min(batch_size, drawing.CLASSES)
    assert -2.2 < images.min() < images.max() < 2.7
