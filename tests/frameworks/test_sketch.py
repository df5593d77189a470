"""A sketch of a tensor: how far apart two are can be told from it, and which are the same but for their order."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.frameworks.sketch import COLUMNS, ROWS, Sketch, signs

SHAPES = st.lists(st.integers(1, 7), min_size=1, max_size=4).map(tuple)


def drawn(shape: tuple[int, ...], seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


@given(SHAPES, st.integers(0, 1000))
def test_what_is_the_same_is_not_apart(shape: tuple[int, ...], seed: int) -> None:
    values = drawn(shape, seed)
    assert Sketch.of(values).apart(Sketch.of(values.copy())) == 0.0


@given(SHAPES, st.integers(0, 1000), st.data())
def test_a_single_value_shows(shape: tuple[int, ...], seed: int, data: st.DataObject) -> None:
    values = drawn(shape, seed)
    place = data.draw(st.integers(0, values.size - 1))
    other = values.copy()
    other.reshape(-1)[place] += 1.0
    exact = 1.0 / (math.sqrt(values.size) * max(Sketch.of(values).scale, Sketch.of(other).scale))
    assert Sketch.of(values).apart(Sketch.of(other)) == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize("size", [1e-12, 1e-6, 1.0])
def test_the_distance_is_the_root_mean_square_in_deviations(size: float) -> None:
    values, noise = drawn((4, 16, 9, 9), 1), drawn((4, 16, 9, 9), 2)
    assert Sketch.of(values).apart(Sketch.of(values + size * noise)) == pytest.approx(size / max(1.0, math.hypot(1.0, size)), rel=0.2)


@given(st.integers(1, 5), st.integers(1, 5), st.integers(1, 5), st.integers(1, 5))
def test_another_layout_is_found_where_it_is_among_the_orders(items: int, height: int, width: int, channels: int) -> None:
    values = drawn((items, height, width, channels), 3)
    turned = np.moveaxis(values, -1, 1)
    assert Sketch.of(turned).apart(Sketch.of(values, [(0, 3, 1, 2)])) == 0.0


def test_what_has_other_sizes_or_is_not_finite_is_infinitely_far() -> None:
    values = drawn((3, 5), 4)
    broken = values.copy()
    broken[0, 0] = np.nan
    endless = values.copy()
    endless[1, 1] = -np.inf
    for other in (drawn((3, 6), 4), broken, endless):
        assert Sketch.of(values).apart(Sketch.of(other)) == math.inf
        assert Sketch.of(other).apart(Sketch.of(values)) == math.inf


@given(st.permutations(range(12)))
def test_the_same_values_in_another_order_are_told_from_others(order: list[int]) -> None:
    values = drawn((12,), 5)
    assert Sketch.of(values).holds_the_same(Sketch.of(values[order]), 1e-12)
    assert not Sketch.of(values).holds_the_same(Sketch.of(values * 1.001), 1e-6)


@given(st.integers(1, 9000), st.integers(1, 9000))
def test_signs_are_the_same_however_many_are_asked_for(few: int, many: int) -> None:
    some, more = signs(few).copy(), signs(few + many)
    assert some.shape == (ROWS, few)
    assert np.array_equal(some, more[:, :few])
    assert set(np.unique(more)) <= {-1.0, 1.0}


def test_a_sketch_travels() -> None:
    sketch = Sketch.of(drawn((2, 3, 4, 5), 6), [(0, 3, 1, 2)])
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(sketch), type=Sketch) == sketch
    assert sketch.numbers.shape == (2, ROWS * COLUMNS)
    assert Sketch.of(np.empty((0, 3))).apart(Sketch.of(np.empty((0, 3)))) == 0.0
