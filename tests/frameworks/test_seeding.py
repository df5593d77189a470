"""Weights from a seed: nothing that is wrong with a port stays unseen, and items differ in the outputs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.frameworks.conftest import RunIn

LOGIT_SPREAD = 0.03


@pytest.fixture(scope="module")
def told(run_in: RunIn) -> dict[str, Any]:
    found: dict[str, Any] = run_in("pytorch", "import seeding\nresult = seeding.seeded()")
    return found


def test_no_tensor_that_trains_has_one_value(told: dict[str, Any]) -> None:
    """Scales of ones, offsets and a head of zeros: swapped or forgotten, they would not show. What the code has frozen stays."""
    assert told["constant"] == ["kept"]
    assert 0.05 < told["scale"] < 0.3


def test_the_same_seed_gives_the_same(told: dict[str, Any]) -> None:
    assert told["same"]
    assert told["dtypes"] == ["float32"]


def test_norms_have_the_statistics_of_the_probe(told: dict[str, Any]) -> None:
    mean, variance = np.array(told["statistics"])
    assert np.abs(mean).max() < 2e-3, "rounded to float16"
    assert np.abs(variance - 1).max() < 2e-3


def test_logits_are_centred_and_of_one_spread(told: dict[str, Any]) -> None:
    for model in ("outputs", "deep"):
        logits = np.array(told[model])
        assert np.abs(logits.mean(axis=0)).max() < 1e-3
        assert logits.std(axis=0).mean() == pytest.approx(LOGIT_SPREAD, rel=2e-3)


def test_items_differ_without_norms_too(told: dict[str, Any]) -> None:
    as_built = np.array(told["deep as built"])
    assert as_built.std(axis=0).mean() < 0.02 * np.abs(as_built).mean(), "the network is one whose items do not differ by themselves"
    assert told["spread"]["outputs"] > 0.5


def test_outputs_that_are_not_finite_are_refused(told: dict[str, Any]) -> None:
    assert told["infinite"].startswith("ModelError: ")
    assert "infinite/pytorch.py: the output outputs is NaN or infinite" in told["infinite"]


def test_a_network_that_cannot_be_had_in_float64_is_calibrated_too(told: dict[str, Any]) -> None:
    assert told["in float32 alone"] == pytest.approx(LOGIT_SPREAD, rel=2e-3)
