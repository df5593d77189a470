"""The losses by name are their formulas, at outputs of any rank; what does not fit is said."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.frameworks.conftest import RunIn


@pytest.fixture(scope="module")
def told(run_in: RunIn) -> dict[str, Any]:
    found: dict[str, Any] = run_in("pytorch", "import small_losses\nresult = small_losses.losses()")
    return found


def cross_entropy(logits: Any, labels: Any) -> Any:
    """Of each label; classes on the last axis."""
    chosen = np.take_along_axis(np.asarray(logits), np.asarray(labels)[..., None], -1)[..., 0]
    return np.log(np.exp(logits).sum(axis=-1)) - chosen


@pytest.mark.parametrize("which", ["classes", "classes in int32", "sequence"])
def test_cross_entropy_has_its_classes_on_the_last_axis(told: dict[str, Any], which: str) -> None:
    outputs, targets, loss = told[which]
    assert loss == pytest.approx(cross_entropy(outputs, targets).mean(), rel=1e-5)


def test_cross_entropy_of_outputs_that_are_channels_last_elsewhere(told: dict[str, Any]) -> None:
    outputs, targets, loss = told["channels first"]
    assert loss == pytest.approx(cross_entropy(np.moveaxis(outputs, 1, -1), targets).mean(), rel=1e-5)
    assert loss == pytest.approx(told["sequence"][2], rel=1e-6)


def test_binary_cross_entropy_is_of_logits(told: dict[str, Any]) -> None:
    outputs, targets, loss = (np.asarray(each) for each in told["bits"])
    assert loss == pytest.approx((np.log1p(np.exp(outputs)) - outputs * targets).mean(), rel=1e-5)


@pytest.mark.parametrize("which", ["numbers", "second output"])
def test_mean_squared_error(told: dict[str, Any], which: str) -> None:
    outputs, targets, loss = (np.asarray(each) for each in told[which])
    assert loss == pytest.approx(((outputs - targets) ** 2).mean(), rel=1e-5)


def test_a_loss_is_taken_in_float32_and_of_a_network_in_float64_in_that(told: dict[str, Any]) -> None:
    assert told["dtypes"] == ["torch.float32", "torch.float64"]


def test_ones_own_is_given_what_the_network_gives(told: dict[str, Any]) -> None:
    assert told["own"] == 2 * 1.5 + 3


def test_items_of_a_fine_tuning(told: dict[str, Any]) -> None:
    logits, labels, mean = told["classes"]
    losses, recognised, stock = told["items"]
    assert losses == pytest.approx(cross_entropy(logits, labels), rel=1e-5)
    assert recognised == (np.argmax(logits, axis=1) == labels).tolist()
    assert stock == pytest.approx(mean, rel=1e-6)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (
            "several outputs",
            "numbers/model.toml: the network gives 0, 1: write output = the one that the loss is taken of, or loss = 'own'",
        ),
        ("no such output", "picking/model.toml: output = '1': the network gives outputs; write one of these"),
        ("spread", "an item of the target has shape [1] in PyTorch, where the output wants [3]"),
        ("several targets", "a loss by name has one target, not y, z"),
        ("labels", "an item of the target has shape [] in PyTorch, where the output wants [5]"),
        ("no own", "without/pytorch.py: no function loss(outputs, targets)"),
        ("own, no scalar", "vector/pytorch.py: loss(outputs, targets) gives a tensor of shape [4, 3]: return a scalar"),
        ("not of classes", "numbers/model.toml: loss mean_squared_error: fine-tuning counts recognised classes"),
    ],
)
def test_what_does_not_fit_is_said(told: dict[str, Any], fault: str, words: str) -> None:
    assert told["said"][fault].startswith("ModelError: ")
    assert words in told["said"][fault]
