"""Every entry of the catalogue is planted in a small network, in each framework's file, or it is said why it cannot be."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import tests.examined
from fixtures.models.folder import find, shipped
from tests.examined.plant import MODELS, PYTORCH, TENSORFLOW, Plant, model
from tests.models.proof import RunIn

CODE = """
from harness.frameworks.pytorch.walk import catalogue
result = [each.name for each in catalogue.ENTRIES]
"""
LARGE = {*shipped(), "trained_encoder"}
INHERENT = "No setting makes the two alike: it is told of every batch norm that is trained, and nothing needs to be planted."
WRITTEN_OUT = "`nn.GRU` and `nn.LSTM` have no such setting, and a cell that is written out is no call of theirs: its place alone is named."
NOT_PLANTED = {
    ("unbiased_variance", PYTORCH): INHERENT,
    ("unbiased_variance", TENSORFLOW): INHERENT,
    ("reset_after", PYTORCH): WRITTEN_OUT,  # reset_before_in_pytorch
    ("recurrent_activation", PYTORCH): WRITTEN_OUT,  # hard_gates_in_pytorch
    ("mask_zero", PYTORCH): "PyTorch hands no mask on by itself: one that it has is written in a call, and is the entry `attention_mask`.",
    ("class_weights", TENSORFLOW): "Weights in Keras' loss are numbers of which nothing in PyTorch tells: the loss alone is named.",
}


def test_each_entry_is_planted_in_both_frameworks(run_in: RunIn) -> None:
    planted = {(entry, plant.file) for plant in _plants() if plant.model not in LARGE for entry in plant.entries}
    every = {(entry, framework) for entry in run_in(PYTORCH, CODE) for framework in (PYTORCH, TENSORFLOW)}
    assert every - planted == NOT_PLANTED.keys()


def test_the_trained_encoder_is_the_one_that_ships() -> None:
    own, ships = model("trained_encoder").description, find("text_encoder").description
    assert (own.inputs, own.options) == (ships.inputs, ships.options)
    for framework in (PYTORCH, TENSORFLOW):
        text = (MODELS / "trained_encoder" / f"{framework}.py").read_text()
        assert f"from fixtures.models.text_encoder.{framework} import network as network" in text


def _plants() -> Iterator[Plant]:
    for module in pkgutil.iter_modules(tests.examined.__path__):
        if module.name.startswith("plants_"):
            yield from importlib.import_module(f"tests.examined.{module.name}").PLANTS.values()
