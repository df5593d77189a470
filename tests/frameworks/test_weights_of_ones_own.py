"""Weights of the user's own: a file of any of the usual forms fits, and of any other one it is said what is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from tests.frameworks.conftest import RunIn

BFLOAT16_STEP = 2**-8


@pytest.fixture(scope="module")
def told(run_in: RunIn) -> dict[str, Any]:
    found: dict[str, Any] = run_in("pytorch", "import seeding\nresult = seeding.read()")
    return found


@pytest.mark.parametrize("form", ["safetensors", "state dict", "the other name of a shared tensor", "a checkpoint, wrapped"])
def test_what_was_written_is_read(told: dict[str, Any], form: str) -> None:
    assert told[form] == 0


def test_other_floats_become_float32(told: dict[str, Any]) -> None:
    assert 0 < told["half"] < BFLOAT16_STEP


def test_a_shared_tensor_has_one_name(told: dict[str, Any]) -> None:
    assert told["tensors"] == ["first.bias", "first.weight", "head.bias", "head.weight", "second.bias"]


@pytest.mark.parametrize(
    ("fault", "file", "words"),
    [
        ("missing", "f.pt", "head.weight is missing"),
        ("unknown", "g.pt", "tail.weight is not part of this network"),
        ("misshapen", "h.pt", "head.weight has shape (4, 3), the network needs (3, 4)"),
        ("not finite", "i.pt", "head.bias holds NaN or infinity"),
        ("another constant", "j.pt", "the buffer shift is not as network(options) makes it"),
        ("a constant's shape", "k.pt", "the buffer shift is not as network(options) makes it"),
        ("pickle", "l.pt", "no pickle is run"),
        ("truncated", "m.pt", "cannot be read"),
        ("no tensors", "n.pt", "holds no tensors by name"),
        ("no safetensors", "o.safetensors", "cannot be read"),
        ("another ending", "p.bin", "a file ends in .safetensors, .pt or .pth"),
        ("not there", "q.pt", "is missing"),
    ],
)
def test_what_does_not_fit_is_named(told: dict[str, Any], fault: str, file: str, words: str) -> None:
    assert told[fault].startswith("WeightsError: ")
    assert file in told[fault]
    assert words in told[fault]


def test_pretrained_weights_are_the_models_offer(told: dict[str, Any]) -> None:
    assert set(told["tensors"]) <= set(told["offered"])
    assert told["downloaded"].startswith("ModelError: ")
    assert "tied/pytorch.py offers no pretrained weights: write pretrained()" in told["downloaded"]
