"""PyTorch's ranks: they compute what one process does, exchange what they say, and nothing in the step without exchange."""

from __future__ import annotations

from typing import Any

import pytest

from tests.frameworks.conftest import RunIn

pytestmark = pytest.mark.slow

ROUNDING = 1e-4  # of sums in another order. Reached: 2e-6
BF16_ROUNDING = 0.05  # reached: 0.01
VALUES_BYTES = 4 * (784 * 512 + 512 + 512 * 512 + 512 + 512 * 10 + 10)


@pytest.fixture(scope="module")
def found(run_in: RunIn, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return _found(run_in, tmp_path_factory, "plain")


@pytest.fixture(scope="module")
def compiled(run_in: RunIn, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return _found(run_in, tmp_path_factory, "compiled")


def _found(run_in: RunIn, tmp_path_factory: pytest.TempPathFactory, what: str) -> Any:
    root = str(tmp_path_factory.mktemp(what))
    return run_in("pytorch", f"from pathlib import Path\nimport ranks_of_pytorch\nresult = ranks_of_pytorch.{what}(Path({root!r}))")


@pytest.mark.parametrize("row", ["plain", "accumulated", "small buckets", "large buckets", "views", "synchronized"])
def test_ranks_compute_what_one_process_does(found: Any, row: str) -> None:
    told = found["rows"][row]
    assert told.pop("ranks") == 0, "each sum is made once"
    assert max(told.values()) < ROUNDING, told


def test_in_bfloat16_too(found: Any) -> None:
    told = found["rows"]["bf16"]
    assert told.pop("ranks") == 0
    assert told["updates"] > 0
    assert max(told.values()) < BF16_ROUNDING, told


def test_norms_of_ones_own_statistics_are_told_from_synchronized_ones(found: Any) -> None:
    told = found["rows"]["own statistics"]
    assert min(told[name] for name in ("losses", "norm", "updates", "statistics")) > 10 * ROUNDING, told


def test_by_habit_the_ranks_train_the_same(found: Any) -> None:
    assert found["rows"]["stock"]["ranks"] == 0


@pytest.mark.parametrize("row", ["own statistics", "synchronized", "stock", "accumulated"])
def test_a_step_without_exchange_exchanges_nothing(found: Any, row: str) -> None:
    for rank in found["ranks"]:
        told = rank["alone"][row]
        assert told["parted"] > 10 * ROUNDING, "the ranks have taken the same step"
        assert told["statistics"] < ROUNDING
        assert told["loss"] < ROUNDING


@pytest.mark.parametrize("row", ["plain", "small buckets", "large buckets"])
def test_the_exchange_alone_is_in_the_wrappers_own_buckets(found: Any, row: str) -> None:
    told = found["ranks"][0]["exchanged"][row]
    waited, together = told["made"]
    assert ", ".join(map(str, together)) == told["buckets"]
    assert told["expected"] == told["made"], "of a network whose gradients come in their order"
    assert sum(together) == told["bytes"] == VALUES_BYTES
    assert told["summed"] == [2.0]
    assert len(together) == (1 if row == "large buckets" else 2)
    assert waited == []


def test_what_synchronized_norms_exchange_is_counted(found: Any) -> None:
    told = found["ranks"][0]["exchanged"]["synchronized"]
    waited, together = told["made"]
    assert waited == [4 * 2 * 4, 4 * 2 * 5] * 2, "of each channel two values, forward and backward"
    assert told["bytes"] == sum(waited) + sum(together)
    assert told["summed"] == [2.0]


def test_a_compiled_step_is_split_at_the_buckets_and_compiled_once(compiled: Any) -> None:
    row = compiled["row"]
    assert row.pop("ranks") == 0
    assert max(row.values()) < ROUNDING, row
    for rank in compiled["ranks"]:
        assert rank["first"] == rank["buckets"] + 1 > 2, "a graph for each bucket, and one for the loss"
        assert rank["later"] == 0


def test_what_cannot_be_done_is_told(found: Any) -> None:
    told = found["ranks"][1]
    assert told["turned off"].startswith("NotCompiledError: torch.compile has compiled nothing")
    assert told["no norms"].startswith("Unsupported: the network has no batch norm that takes a batch's statistics")
    assert "the loss does not depend on left.weight, left.bias" in told["unused"]
    assert told["unused"].startswith("ModelError: ")


def test_nccl_is_sent_to_the_ranks_own_network(found: Any) -> None:
    """In both frameworks, which have one each: else they would be compared over two networks."""
    assert [rank["nccl"] for rank in found["ranks"]] == ["=lo", "=lo"]


def test_closed_works_leave_nothing(found: Any) -> None:
    assert [rank["freed"] for rank in found["ranks"]] == [True, True]
