"""What several ranks' answers are together."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.record.measurement import ALONE, EXCHANGE, Reading, of_rank
from harness.record.round import Round
from harness.session.workers.merging import merged
from harness.worker.protocol import Block, Ended
from harness.worker.trace import TRACED_BATCHES, Array, PixelTrace, TrainingTrace

NO_MEANS = Array.of(np.empty(0, np.float32))
ROUND = Round(0.1, 0.1, 0.0, 0)


def trace(losses: tuple[float, ...], **updates: list[float]) -> TrainingTrace:
    return TrainingTrace(losses, (1.0,), NO_MEANS, {name: Array.of(np.array(each)) for name, each in updates.items()})


def test_what_is_none_of_a_rank_s_own_is_the_first_one_s() -> None:
    assert merged([{"device": "cpu"}, {"device": "cpu"}]) == {"device": "cpu"}
    assert merged([None, None]) is None


@given(st.lists(st.lists(st.floats(0, 10), min_size=3, max_size=3), min_size=1, max_size=4))
def test_a_batch_s_loss_is_the_mean_of_its_parts(losses: list[list[float]]) -> None:
    found = merged([trace(tuple(each), a=[1.0]) for each in losses])
    assert found.losses == pytest.approx([math.fsum(each) / len(losses) for each in zip(*losses, strict=True)])
    assert found.ranks_apart == 0.0


def test_the_rank_whose_weights_have_parted_most_is_told() -> None:
    found = merged([trace((1.0,), a=[1.0, 0.0]), trace((1.0,), a=[1.0, 0.0]), trace((1.0,), a=[1.0, 0.25])])
    assert found.ranks_apart == pytest.approx(0.25)


def test_ranks_that_train_other_tensors_have_parted() -> None:
    assert merged([trace((1.0,), a=[1.0], b=[1.0]), trace((1.0,), a=[1.0])]).ranks_apart == math.inf


def test_each_rank_s_own_rounds_stand_beside_the_first_one_s() -> None:
    first = Block((ROUND,), 0, 0.0, 0.1, {ALONE: (ROUND,), EXCHANGE: (ROUND,)})
    others = [Block((), 0, 0.0, 0.0, {ALONE: (Round(float(number), 0.0, 0.0, 0),)}) for number in (1, 2)]
    found = merged([first, *others])
    assert found.rounds == (ROUND,)
    assert found.references.keys() == {ALONE, EXCHANGE, of_rank(ALONE, 1), of_rank(ALONE, 2)}
    assert found.references[of_rank(ALONE, 2)][0].seconds == 2.0
    assert merged([first]) == first


def test_each_rank_s_memory_is_named() -> None:
    answers = [Ended({"exchanged_bytes": 1.0}, (Reading("host", number, "", ""),), 0.0) for number in (1, 2, 3)]
    found = merged(answers)
    assert {reading.name: reading.value_bytes for reading in found.readings} == {"host": 1, of_rank("host", 1): 2, of_rank("host", 2): 3}
    assert found.figures == {"exchanged_bytes": 1.0}


@given(ranks=st.integers(1, 3), each=st.integers(1, 3))
def test_the_parts_of_each_batch_are_put_together_in_the_order_of_the_ranks(ranks: int, each: int) -> None:
    whole = np.arange(TRACED_BATCHES * ranks * each, dtype=np.float32).reshape(TRACED_BATCHES, ranks, each)
    answers = [
        PixelTrace(Array.of(whole[:, rank].reshape(-1, 1, 1, 1)), tuple(whole[:, rank].ravel().astype(int).tolist()), {"x": 1})
        for rank in range(ranks)
    ]
    found = merged(answers)
    assert found.taken == tuple(range(whole.size))
    assert found.pixels.to_numpy().ravel().tolist() == list(range(whole.size))
    assert found.labels == {"x": 1}
