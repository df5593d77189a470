"""The layers of a network as PyTorch lists them: in order of execution, by kind, and what goes into each."""

from __future__ import annotations

from typing import Any

import pytest

from tests.frameworks.conftest import RunIn


@pytest.fixture(scope="module")
def told(run_in: RunIn) -> dict[str, Any]:
    found: dict[str, Any] = run_in("pytorch", "import described\nresult = described.layers()")
    return found


def by_name(layers: list[list[Any]]) -> dict[str, list[Any]]:
    return {layer[0]: layer[1:] for layer in layers}


def test_layers_are_in_the_order_in_which_they_compute(told: dict[str, Any]) -> None:
    """Not in that of the code. `hidden` is used without being called: it stands behind what is before it in the code."""
    names = [layer[0] for layer in told["odd"]]
    assert names == ["", "first", "hidden", "normed", "normed.parametrizations.weight", "prelu", "last"]


def test_every_tensor_is_listed_once(told: dict[str, Any]) -> None:
    for name in ("odd", "recurrent", "attention", "norms"):
        listed = [tensor[0] for layer in told[name] for tensor in layer[2].values()]
        assert sorted(listed) == told[f"{name} weights"]


def test_what_is_no_layer_of_a_known_kind_is_a_parameter(told: dict[str, Any]) -> None:
    layers = by_name(told["odd"])
    assert layers[""][:2] == ["parameter", {"scale": ["scale", 4]}]
    assert layers["prelu"][:2] == ["parameter", {"weight": ["prelu.weight", 1]}]
    assert layers["normed"][:2] == ["parameter", {"bias": ["normed.bias", 4]}], "its weight is computed"
    assert layers["normed.parametrizations.weight"][0] == "parameter"
    assert layers["hidden"][0] == "dense"


def test_constants_of_the_code_are_no_weights(told: dict[str, Any]) -> None:
    assert not {"table", "count"} & set(told["odd weights"])


def test_what_goes_into_a_layer_is_told(told: dict[str, Any]) -> None:
    layers = by_name(told["odd"])
    assert layers["first"][2] == pytest.approx(told["odd probe"])
    assert layers["hidden"][2] is None, "it is not called"
    assert layers[""][2] is None, "the parameter of a module with layers in it may be anywhere"
    mean, root_mean_square = layers["last"][2]
    assert mean == pytest.approx(0, abs=1e-6), "what a layer norm gives"
    assert root_mean_square == pytest.approx(1, abs=1e-2)


def test_a_recurrent_layer_is_one_for_each_direction_and_depth(told: dict[str, Any]) -> None:
    layers = by_name(told["recurrent"])
    assert list(layers) == ["embed", "deep.l0", "deep.l0_reverse", "deep.l1", "deep.l1_reverse", "gru", "head", "thin", "out"]
    assert layers["deep.l0_reverse"][:2] == [
        "lstm",
        {
            "weight_ih": ["deep.weight_ih_l0_reverse", 16, 6],
            "weight_hh": ["deep.weight_hh_l0_reverse", 16, 4],
            "bias_ih": ["deep.bias_ih_l0_reverse", 16],
            "bias_hh": ["deep.bias_hh_l0_reverse", 16],
        },
    ]
    assert layers["deep.l1"][1]["weight_ih"] == ["deep.weight_ih_l1", 16, 8]
    assert layers["deep.l0"][2] == layers["deep.l0_reverse"][2] is not None
    assert layers["deep.l1"][2] is None, "nobody sees what goes into it"
    assert layers["gru"][0] == "gru"
    assert layers["gru"][1]["weight_ih"] == ["gru.weight_ih_l0", 15, 8]


def test_a_tensor_that_is_shared_is_its_first_layers(told: dict[str, Any]) -> None:
    layers = by_name(told["recurrent"])
    assert layers["embed"][:2] == ["embedding", {"weight": ["embed.weight", 10, 6]}]
    assert layers["out"][:2] == ["parameter", {"bias": ["out.bias", 10]}]
    assert layers["embed"][2] == pytest.approx(told["recurrent probe"])


def test_attention_is_one_layer(told: dict[str, Any]) -> None:
    attention, head = told["attention"]
    assert attention[:3] == [
        "attention",
        "attention",
        {
            "in_proj_weight": ["attention.in_proj_weight", 24, 8],
            "in_proj_bias": ["attention.in_proj_bias", 24],
            "out_weight": ["attention.out_proj.weight", 8, 8],
            "out_bias": ["attention.out_proj.bias", 8],
        },
    ]
    assert attention[3] == pytest.approx(told["attention probe"])
    assert head[1] == "dense"


def test_kinds(told: dict[str, Any]) -> None:
    kinds = [layer[1] for layer in told["norms"]]
    assert kinds == ["convolution", "batch_norm", "group_norm", "transposed_convolution", "rms_norm", "dense"]
    assert sorted(told["norms"][1][2]) == ["bias", "running_mean", "running_var", "weight"]
