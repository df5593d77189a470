"""A ported network in every use: trained, frozen, compiled, in other precisions, in files; and dropout switched off."""

from __future__ import annotations

from typing import Any

import pytest

from tests.frameworks.conftest import RunIn
from tests.frameworks.port_models import called
from tests.frameworks.test_port import TOLERANCE

LOSS_TOLERANCE = 1e-5  # relative. Reached: 1e-6 over three steps
FORMAT_TOLERANCE = 1e-5  # in standard deviations. Reached: 8e-7 by TFLite, 0 by Keras' own
BF16_TOLERANCE = 0.1  # reached: 0.03
TRAINED, TWO, SUBCLASSED, LSTM = (called(name) for name in ("trained", "two inputs and outputs", "subclassed", "lstm of two"))

Found = dict[str, Any]


@pytest.fixture(scope="module")
def found(run_in: RunIn, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Found]:
    root = str(tmp_path_factory.mktemp("training"))
    paths = f"from pathlib import Path\nroot = Path({root!r})\n"
    models = "{'trained': all.TRAINED, 'lstm of two': all.LSTM_OF_TWO} | {name: all.STRUCTURES[name] for name in NAMES}"
    models = models.replace("NAMES", "('two inputs and outputs', 'subclassed')")
    code = f"from tests.frameworks import port_original, port_structures as all\nport_original.made(root, {models})\n"
    pytorch = run_in("pytorch", f"{paths}{code}result = port_original.trained(root, {TRAINED!r})")
    code = f"from tests.frameworks import ported\nresult = ported.trained(root, {TRAINED!r})\n"
    code += f"result['executions'] = {{name: ported.executions(root, name) for name in {(TRAINED, TWO, SUBCLASSED)!r}}}\n"
    code += f"result['formats'] = {{name: ported.formats(root, name) for name in {(TRAINED, TWO, SUBCLASSED, LSTM)!r}}}\n"
    return {"pytorch": pytorch, "tensorflow": run_in("tensorflow", f"{paths}{code}result['dropped'] = ported.dropped()")}


@pytest.mark.parametrize("workload", ["frozen", "full"])
def test_steps_are_pytorchs(found: dict[str, Found], workload: str) -> None:
    """Dropout off. Keras' running variance is biased, torch's is not; everything else is the same after three steps."""
    pytorch, tensorflow = found["pytorch"][workload], found["tensorflow"][workload]
    assert tensorflow["losses"] == pytest.approx(pytorch["losses"], rel=LOSS_TOLERANCE)
    assert tensorflow["norm"] == pytest.approx(pytorch["norm"], rel=LOSS_TOLERANCE)
    assert tensorflow["trained"] == pytorch["trained"]
    assert set(tensorflow["apart"]) <= {"bn.running_var"}


def test_frozen_trains_what_model_toml_says(found: dict[str, Found]) -> None:
    trained = found["tensorflow"]["frozen"]["trained"]
    assert trained == ["head.0.bias", "head.0.weight", "head.2.bias", "head.2.weight", "norm.bias", "norm.weight"]
    assert "bn.running_var" not in found["tensorflow"]["frozen"]["apart"], "a frozen batch norm measures nothing"


@pytest.mark.parametrize("model", [TRAINED, TWO, SUBCLASSED])
def test_every_execution_and_precision_computes_the_same(found: dict[str, Found], model: str) -> None:
    told = found["tensorflow"]["executions"][model]
    assert told["plain fp64"] < TOLERANCE
    assert told["compiled fp32"] < TOLERANCE
    assert 0 < told["plain bf16"] < BF16_TOLERANCE
    assert told["afterwards"] == ["float32", "float32"]
    if model == TRAINED:  # three axes, where the kernel knows images
        assert told["fused_norm fp32"] < TOLERANCE
    else:
        assert told["fused_norm fp32"] == "Unsupported: the network has no batch norm that could be fused"


@pytest.mark.parametrize(
    ("model", "formats"),
    [
        (TRAINED, ("keras", "saved_model", "tflite")),
        (TWO, ("keras", "saved_model", "tflite")),
        (LSTM, ("keras", "saved_model", "tflite")),
        (SUBCLASSED, ("saved_model", "tflite")),
    ],
)
def test_formats_keep_inputs_and_outputs_by_name(found: dict[str, Found], model: str, formats: tuple[str, ...]) -> None:
    told = found["tensorflow"]["formats"][model]
    assert {each: told[each] for each in formats if not isinstance(told[each], float) or told[each] > FORMAT_TOLERANCE} == {}


def test_what_keras_cannot_load_is_its_own_error(found: dict[str, Found]) -> None:
    assert "register_keras_serializable" in found["tensorflow"]["formats"][SUBCLASSED]["keras"]


def test_nothing_is_left_out_at_random_once_it_is_switched_off(found: dict[str, Found]) -> None:
    told = found["tensorflow"]["dropped"]
    assert told == {name: [False, True] for name in told}
    assert len(told) == 9
