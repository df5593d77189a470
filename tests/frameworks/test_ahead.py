"""Batches made ahead: in their order, not too many, and no thread is left."""

from __future__ import annotations

import gc
import random
import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.frameworks.ahead import made_ahead

DEADLINE_SECONDS = 10.0


def loaders() -> set[threading.Thread]:
    return {each for each in threading.enumerate() if each.name.startswith("loader")}


def numbered(batches: int) -> Iterator[list[int]]:
    return ([number] for number in range(batches))


@given(batches=st.integers(0, 20), threads=st.integers(1, 4), batches_ahead=st.integers(0, 8), seed=st.integers(0, 9))
def test_batches_come_in_their_order_however_long_each_takes(batches: int, threads: int, batches_ahead: int, seed: int) -> None:
    dice = random.Random(seed)

    def make(indices: list[int]) -> int:
        time.sleep(dice.random() * 1e-3)
        return indices[0]

    assert list(made_ahead(make, numbered(batches), threads, batches_ahead)) == list(range(batches))


@pytest.mark.parametrize("batches_ahead", [1, 4])
def test_no_more_are_made_than_the_bound_says(batches_ahead: int) -> None:
    made: list[int] = []
    batches = made_ahead(lambda indices: made.append(indices[0]), numbered(100), 2, batches_ahead)
    for taken in range(1, 20):
        next(batches)
        time.sleep(0.005)  # in which the threads would go on if they could
        assert taken <= len(made) <= taken + batches_ahead
    deadline = time.monotonic() + DEADLINE_SECONDS
    while len(made) < 19 + batches_ahead - 1:  # the batch after the last one that is ahead is asked for by the next step
        assert time.monotonic() < deadline
        time.sleep(0.005)
    batches.close()  # type: ignore[attr-defined]


def test_threads_work_at_the_same_time() -> None:
    both = threading.Barrier(2, timeout=DEADLINE_SECONDS)
    assert len(list(made_ahead(lambda _: both.wait(), numbered(6), 2, 2))) == 6


def test_an_error_comes_at_its_place_and_ends_the_threads() -> None:
    def make(indices: list[int]) -> int:
        if indices == [3]:
            raise ValueError("image 3")
        return indices[0]

    before = loaders()
    batches = made_ahead(make, numbered(100), 2, 4)
    assert [next(batches) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="image 3"):
        next(batches)
    assert list(batches) == []
    assert loaders() == before


def test_threads_end_when_it_is_closed() -> None:
    before = loaders()
    batches = made_ahead(lambda indices: indices, numbered(100), 2, 4)
    next(batches)
    assert loaders() > before
    batches.close()  # type: ignore[attr-defined]
    assert loaders() == before


def test_threads_end_when_nothing_refers_to_it() -> None:
    before = loaders()
    batches = made_ahead(lambda indices: indices, numbered(100), 2, 4)
    next(batches)
    assert loaders() > before
    del batches
    gc.collect()
    assert loaders() == before


def test_each_thread_begins_with_what_it_was_given() -> None:
    begun: list[threading.Thread] = []
    made_by = set(made_ahead(lambda _: threading.current_thread(), numbered(50), 3, 6, lambda: begun.append(threading.current_thread())))
    assert made_by <= set(begun)
    assert len(begun) == len(set(begun)) <= 3
