"""Each model that ships is one network in both frameworks: proven by the workers' own code, within the tolerances of a session.

A model of a user's, as short as one may be, is proven like them; and what is wrong in a port is found.
"""

from __future__ import annotations

from typing import Any

import pytest

from fixtures.models.folder import Folder, find, shipped
from harness.record.case import Precision, Workload
from harness.record.check import Check
from tests.models import proof
from tests.models.faults import FAULTS, Fault
from tests.models.proof import OTHER, REFERENCE, Answering, Proven, Reference, RunIn

pytestmark = [pytest.mark.slow, pytest.mark.early]

PROVEN = (
    Proven(Workload.INFERENCE, Precision.FP32),
    Proven(Workload.INFERENCE, Precision.BF16),
    Proven(Workload.FULL, Precision.FP32),
)
OF_A_USER = "densenet"
MODELS = [*shipped(), OF_A_USER]
WITH_BATCH_NORM = ("resnet50", "mobilenet_v2", OF_A_USER)
FILES_OF_A_USER = {
    "model.toml": """
title = "DenseNet121"
item = "image"
loss = "cross_entropy"
inputs.image.values = "corpus"
""",
    "pytorch.py": """
import torchvision
def network(options):
    built = torchvision.models.densenet121(num_classes=options.classes)
    for module in built.modules():
        module.momentum = 0.01  # Keras' batch norms keep 0.99
    return built
""",
    "tensorflow.py": """
import keras
def network(options):
    shape = (options.image_size, options.image_size, 3)
    return keras.applications.DenseNet121(weights=None, input_shape=shape, classes=options.classes, classifier_activation=None)
""",
}
MOST_LINES = 15

Checks = dict[tuple[str, Proven], tuple[Check, ...]]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Folder]:
    folder = tmp_path_factory.mktemp("users") / OF_A_USER
    folder.mkdir()
    for name, text in FILES_OF_A_USER.items():
        (folder / name).write_text(text)
    return {name: find(name) for name in shipped()} | {OF_A_USER: find(str(folder))}


@pytest.fixture(scope="module")
def answering(run_in: RunIn, tmp_path_factory: pytest.TempPathFactory) -> Answering:
    return Answering(run_in, tmp_path_factory.mktemp("answers"))


@pytest.fixture(scope="module")
def reference(models: dict[str, Folder], answering: Answering, tmp_path_factory: pytest.TempPathFactory) -> Reference:
    return proof.reference(models, PROVEN, answering, tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def told(models: dict[str, Folder], answering: Answering, reference: Reference, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the other framework computes: of each model, and by the names of the faults of the faulty ones."""
    asked = {
        f"{name}-{proven.name}": proof.trace_request(models[name], OTHER, proven, reference.weights[name].file)
        for name, proven in reference.traces
    }
    for name, fault in FAULTS.items():
        root = tmp_path_factory.mktemp(name)
        weights = proof.with_own_pairs(reference.weights[fault.model], root)
        changed = proof.changed(models[fault.model], name, fault.changes, root)
        asked[name] = proof.trace_request(changed, OTHER, fault.proven, weights)
    return answering.ask(OTHER, asked)


@pytest.fixture(scope="module")
def checks(models: dict[str, Folder], reference: Reference, told: dict[str, Any]) -> Checks:
    return {
        (name, proven): proof.checks(models[name], proven, reference, told[f"{name}-{proven.name}"]) for name, proven in reference.traces
    }


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("proven", PROVEN, ids=lambda proven: proven.name)
def test_is_one_network_in_both_frameworks(checks: Checks, model: str, proven: Proven) -> None:
    assert [check.told for check in checks[model, proven] if not check.holds] == []


@pytest.mark.parametrize("model", MODELS)
def test_all_that_a_step_changes_is_compared(checks: Checks, model: str) -> None:
    names = [check.name for check in checks[model, PROVEN[-1]]]
    means = ["running means"] if model in WITH_BATCH_NORM else []
    assert names == ["loss curve", "gradient norm", *means, "trained tensors", "weights"]


@pytest.mark.parametrize("model", MODELS)
def test_another_items_outputs_would_be_told(checks: Checks, model: str) -> None:
    (outputs,) = checks[model, PROVEN[0]]
    assert not outputs.weak


@pytest.mark.parametrize("name", FAULTS)
def test_what_is_wrong_in_a_port_is_found(told: dict[str, Any], models: dict[str, Folder], reference: Reference, name: str) -> None:
    fault: Fault = FAULTS[name]
    if isinstance(told[name], str):
        assert fault.found_by in told[name]
    else:
        found = proof.checks(models[fault.model], fault.proven, reference, told[name])
        assert fault.found_by in [check.name for check in found if not check.holds]


def test_no_shipped_model_says_which_layer_is_which() -> None:
    assert [name for name in shipped() if find(name).description.names] == []


def test_each_shipped_model_has_a_file_for_each_framework() -> None:
    assert [name for name in shipped() for framework in (REFERENCE, OTHER) if not find(name).file(framework).is_file()] == []


def test_a_users_folder_is_as_short_as_promised() -> None:
    lines = [line for text in FILES_OF_A_USER.values() for line in text.splitlines() if line]
    assert len(lines) <= MOST_LINES
    assert "names" not in FILES_OF_A_USER["model.toml"]
