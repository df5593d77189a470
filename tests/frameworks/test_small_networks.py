"""Networks of several inputs and outputs, and what is said of networks that are not as they have to be. PyTorch's side."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.frameworks.conftest import RunIn


@pytest.fixture(scope="module")
def two(run_in: RunIn) -> dict[str, Any]:
    found: dict[str, Any] = run_in("pytorch", "import small_networks\nresult = small_networks.two()")
    return found


@pytest.fixture(scope="module")
def refused(run_in: RunIn) -> dict[str, str]:
    found: dict[str, str] = run_in("pytorch", "import small_networks\nresult = small_networks.refused()")
    return found


def test_what_is_channels_last_comes_channels_first(two: dict[str, Any]) -> None:
    assert two["native"] == {"x": ["torch.float32", 4, 3, 8, 8], "mask": ["torch.bool", 4], "target": [4, 2, 8, 8]}
    assert two["in memory"]


def test_outputs_are_told_by_name_and_channels_last(two: dict[str, Any]) -> None:
    outputs = two["fp32 plain"]["outputs"]
    assert {name: np.shape(values) for name, values in outputs.items()} == {"map": (4, 8, 8, 2), "mean": (4, 4)}
    assert two["fp32 plain"]["first"] == pytest.approx(outputs["map"][0][0][0][0])


@pytest.mark.parametrize(("way", "nearness"), [("fp64 plain", 1e-6), ("fp32 compiled", 1e-5), ("bf16 plain", 0.05)])
def test_every_precision_and_execution_computes_the_same(two: dict[str, Any], way: str, nearness: float) -> None:
    plain, other = two["fp32 plain"], two[way]
    for name, values in plain["outputs"].items():
        assert np.abs(np.subtract(other["outputs"][name], values)).max() < nearness * np.std(values)
    for workload in ("frozen", "full"):
        assert other[workload]["norm"] == pytest.approx(plain[workload]["norm"], rel=nearness)
        assert other[workload]["losses"] == pytest.approx(plain[workload]["losses"], rel=nearness)
    assert other["outputs"] != plain["outputs"] or way == "fp32 compiled"


def test_stock_has_the_same_network_where_the_model_has_none_of_a_library(two: dict[str, Any]) -> None:
    for name, values in two["fp32 plain"]["outputs"].items():
        assert np.abs(np.subtract(two["stock"][name], values)).max() < 1e-5 * np.std(values)


def test_what_trains_is_what_is_named_and_what_the_code_leaves_trainable(two: dict[str, Any]) -> None:
    assert two["fp32 plain"]["frozen"]["trained"] == ["up.bias", "up.weight"]
    full = ["down.bias", "down.weight", "norm.bias", "norm.weight", "up.bias", "up.weight"]
    assert two["fp32 plain"]["full"]["trained"] == full


def test_a_network_without_a_batch_norm_has_none_to_fuse(two: dict[str, Any]) -> None:
    assert two["no norm to fuse"] == "Unsupported: the network has no batch norm that could be fused"


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("other names", "model.toml names the inputs x, mask; forward(self, ids) of "),
        ("too many names", "model.toml names the input x; forward(self, x, mask) of "),
        ("no module", "no_module/pytorch.py: network(options) gives a int: return the torch.nn.Module itself"),
        ("half", "half/pytorch.py: 0.weight is torch.float16: build the network in float32"),
        ("lazy", "lazy/pytorch.py: 0.weight has no shape yet"),
        ("no tensor", "the output 1 of forward is a NoneType: let it return tensors alone"),
        ("no output", "forward gives a int: let it return a tensor, a tuple or a dict of tensors"),
        ("nothing trains", "trained = ['b.']: no tensor that trains is called so; its tensors begin with a."),
    ],
)
def test_what_a_network_has_to_be_is_said(refused: dict[str, str], fault: str, words: str) -> None:
    assert refused[fault].startswith("ModelError: ")
    assert words in refused[fault]


def test_names_of_inputs_that_do_not_fit_are_told_with_both_sides(refused: dict[str, str]) -> None:
    assert refused["other names"].endswith("other_names/pytorch.py takes ids: name them alike")
