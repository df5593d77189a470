"""The neutral transform of an image, against Pillow's decoder and an interpolation written out; and the memory of its batches."""

from __future__ import annotations

import gc
import io
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from fixtures.inputs import drawing, flowers, images
from fixtures.inputs.batch import MEAN, STD
from fixtures.inputs.images import ALIGNMENT_BYTES, BatchMemory, BatchReader, ImageError, ImageReader

SIZE = 32
ROUNDING = 1e-4  # normalised units; a grey level is 170 times as much
SEED = 20261125

same_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # each example writes its file anew


def interpolated(picture: npt.NDArray[np.uint8], size: int) -> npt.NDArray[np.float64]:
    """Bilinear between the centres of pixels, axis by axis; what lies beyond the outermost centre has its value."""
    values = picture.astype(np.float64)
    for axis in (0, 1):
        length = values.shape[axis]
        place = np.clip((np.arange(size) + 0.5) * length / size - 0.5, 0, length - 1)
        before = np.floor(place).astype(int)
        share = np.expand_dims(place - before, tuple(each for each in range(3) if each != axis))
        values = (1 - share) * values.take(before, axis) + share * values.take(np.minimum(before + 1, length - 1), axis)
    return values


def expected(path: Path, size: int = SIZE) -> npt.NDArray[np.float64]:
    with Image.open(path) as picture:
        return (interpolated(np.asarray(picture.convert("RGB")), size) / 255 - MEAN) / STD


def read(path: Path, reader: ImageReader | None = None, size: int = SIZE) -> npt.NDArray[np.float32]:
    image = np.full((size, size, 3), np.nan, np.float32)
    (reader or ImageReader(size)).read(path, image)
    return image


def written(folder: Path, width: int, height: int, **settings: object) -> Path:
    noise = np.random.default_rng(SEED).integers(0, 256, (height // 4 + 1, width // 4 + 1, 3), np.uint8)
    picture = Image.fromarray(noise).resize((width, height))
    path = folder / "image.jpg"
    picture.save(path, **settings)
    return path


@given(
    width=st.integers(1, 200),
    height=st.integers(1, 200),
    quality=st.integers(5, 95),
    subsampling=st.sampled_from(["4:4:4", "4:2:2", "4:2:0"]),
    progressive=st.booleans(),
)
@same_folder
def test_any_image_is_decoded_and_interpolated_exactly(
    tmp_path: Path, width: int, height: int, quality: int, subsampling: str, progressive: bool
) -> None:
    path = written(tmp_path, width, height, quality=quality, subsampling=subsampling, progressive=progressive)
    assert np.abs(read(path) - expected(path)).max() < ROUNDING


def test_a_picture_of_the_corpus_at_the_networks_size(tmp_path: Path) -> None:
    path = tmp_path / "image.jpg"
    path.write_bytes(drawing.jpeg(7, 0))
    assert np.abs(read(path, size=224) - expected(path, 224)).max() < ROUNDING


def test_one_readers_buffers_serve_images_of_all_sizes(tmp_path: Path) -> None:
    reader = ImageReader(SIZE)
    for width, height in ((40, 30), (300, 200), (9, 7), (200, 301), (40, 30)):
        path = written(tmp_path, width, height)
        assert np.array_equal(read(path, reader), read(path))


WHOLE = drawing.jpeg(3, 0)


@given(st.integers(0, len(WHOLE) - 1))
@same_folder
def test_a_truncated_image_is_refused_by_its_name_wherever_it_ends(tmp_path: Path, length: int) -> None:
    path = tmp_path / "image_00001.jpg"
    path.write_bytes(WHOLE[:length])
    with pytest.raises(ImageError, match=r"image_00001\.jpg: "):
        read(path)


@given(st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), min_size=1, max_size=4))
@same_folder
def test_a_changed_image_is_read_or_refused_by_its_name(tmp_path: Path, changes: list[tuple[int, int]]) -> None:
    content = bytearray(WHOLE)
    for place, value in changes:
        content[place] = value
    path = tmp_path / "image_00001.jpg"
    path.write_bytes(content)
    try:
        sound = np.isfinite(read(path)).all()
    except ImageError as error:
        sound = str(error).startswith(f"{path}: ")
    assert sound


@given(st.binary(max_size=200))
@same_folder
def test_what_is_no_image_is_refused_by_its_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "image_00001.jpg"
    path.write_bytes(content)
    with pytest.raises(ImageError, match=r"image_00001\.jpg: "):
        read(path)


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_other_colours_are_refused_and_the_reader_goes_on(tmp_path: Path, mode: str) -> None:
    grey, sound = tmp_path / "grey.jpg", tmp_path / "sound.jpg"
    sound.write_bytes(WHOLE)
    Image.open(io.BytesIO(WHOLE)).convert(mode).save(grey)
    reader = BatchReader([sound, grey], SIZE)
    before = reader.read([0])
    with pytest.raises(ImageError, match=r"grey\.jpg: its colours are (Gray|CMYK), not YCbCr"):
        reader.read([0, 1])
    assert np.array_equal(reader.read([0]), before)


def test_the_corpus_is_checked_for_the_colours_that_are_read() -> None:
    assert images.COLOUR == flowers.COLOUR


def test_threads_of_one_reader_do_not_get_into_each_others_images(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.jpg" for number in range(12)]
    for number, path in enumerate(paths):
        path.write_bytes(drawing.jpeg(number, 0))
    alone = np.stack([read(path) for path in paths])
    reader = BatchReader(paths, SIZE)
    wanted = np.random.default_rng(SEED).integers(0, len(paths), (40, 5)).tolist()
    with ThreadPoolExecutor(4) as pool:
        for indices, batch in zip(wanted, pool.map(reader.read, wanted), strict=True):
            assert np.array_equal(batch, alone[indices])


@given(st.lists(st.one_of(st.integers(1, 5), st.none()), max_size=40), st.randoms(use_true_random=False))
def test_memory_that_is_referred_to_is_not_given_out(wanted: list[int | None], dice) -> None:  # type: ignore[no-untyped-def]
    """A number takes a batch of so many images, None lets go of one. Each batch keeps what was written into it."""
    memory = BatchMemory(4)
    held: list[tuple[float, npt.NDArray[np.float32]]] = []
    for mark, count in enumerate(wanted):
        if count is not None:
            batch = memory.take(count)
            assert (batch.shape, batch.dtype) == ((count, 4, 4, 3), np.float32)
            assert batch.ctypes.data % ALIGNMENT_BYTES == 0
            assert batch.flags.c_contiguous
            batch[:] = mark
            held.append((mark, batch))
            del batch
        elif held:
            held.pop(dice.randrange(len(held)))
        assert all((batch == mark).all() for mark, batch in held)


def test_memory_is_given_out_again_once_it_was_let_go() -> None:
    memory = BatchMemory(4)
    places = set()
    for _ in range(20):
        batch = memory.take(3)
        places.add(batch.ctypes.data)
        del batch
    assert len(places) == 1
    kept, other = memory.take(3), memory.take(3)
    assert not np.shares_memory(kept, other)


def test_memory_is_no_two_threads() -> None:
    memory, spoilt, start = BatchMemory(8), [], threading.Barrier(4)

    def work(mark: int) -> None:
        start.wait()
        dice, held = np.random.default_rng(mark), []
        for step in range(400):
            batch = memory.take(int(dice.integers(1, 4)))
            batch[:] = 1000 * mark + step
            held.append((1000 * mark + step, batch))
            del batch
            if len(held) > 3:
                value, oldest = held.pop(int(dice.integers(len(held))))
                if not (oldest == value).all():
                    spoilt.append(value)
                del oldest

    threads = [threading.Thread(target=work, args=(mark,)) for mark in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert spoilt == []


def test_a_batch_may_outlive_its_memorys_owner() -> None:
    memory = BatchMemory(4)
    batch = memory.take(2)
    batch[:] = 7.0
    del memory
    gc.collect()
    assert (batch == 7.0).all()


def test_a_view_keeps_its_batchs_memory() -> None:
    memory = BatchMemory(4)
    batch = memory.take(3)
    view = batch[1:]
    del batch
    assert not np.shares_memory(view, memory.take(3))
