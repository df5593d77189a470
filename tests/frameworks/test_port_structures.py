"""Layers that are hard to tell apart, what is said of those that do not pair, and the pairing that is kept."""

from __future__ import annotations

from typing import Any

import pytest

from tests.frameworks.conftest import RunIn
from tests.frameworks.port_models import called
from tests.frameworks.port_structures import FAULTY, REFUSED, STRUCTURES
from tests.frameworks.test_port import TOLERANCE

pytestmark = pytest.mark.slow

SAID = {
    "bias": ["dense and 0 differ by a bias alone: write use_bias=True in tensorflow.py, or bias=False in pytorch.py", "1 of PyTorch's 2"],
    "left over": ["0 of PyTorch's 2 layers with weights and 1 of Keras' 3", "Keras' network has layers that PyTorch's has not"],
    "missing": ["| ✗", "0: dense bias[4] weight[4, 6]"],
    "shape": ["2 of PyTorch's 2", "2 of Keras' 2", "No two of these have tensors of the same shapes"],
    "pieces": ["Keras' dense has the shape of PyTorch's a, b in one"],
    "parameter": ['add_weight(…, name="gamma")', '[names]\n"gamma" = "scale/variable"'],
    "reset after": ["reset_after=True"],
    "no such name": ['model.toml: [names] "2" = "left": no layer with weights of PyTorch\'s is called so: write one such as 0, 1'],
    "no such path": ['[names] "0" = "hiden": no layer with weights of Keras\' has that path: write one such as hidden'],
    "not the same": ["0 is dense bias[4] weight[4, 6], last is dense bias[3] weight[3, 4]: they cannot be the same layer"],
}
SAID_OF_FAULTS = {
    "no model": ["tensorflow.py: network(options) gives a Dense: return the keras.Model itself"],
    "no weights": ["tensorflow.py: network(options) gives a network without weights"],
    "not callable": ["tensorflow.py, line 5: return x.nothing", "has no attribute 'nothing'"],
    "inputs": ["names the inputs left, right", "takes left, write: name them alike"],
}
# In standard deviations of the logits, in float64: keras.applications' epsilon is 1.001e-5. Reached: 5e-6; with torch's epsilon 0.
DENSENET_TOLERANCE = 1e-5
# In float32: PyTorch's own logits are 6e-5 from those in float64, as they are centred. Reached: 6e-5.
DENSENET_ROUNDING = 3e-4

Found = dict[str, Any]


@pytest.fixture(scope="module")
def found(run_in: RunIn, tmp_path_factory: pytest.TempPathFactory) -> Found:
    root = str(tmp_path_factory.mktemp("structures"))
    paths = f"from pathlib import Path\nroot = Path({root!r})\nresult = None\n"
    every = "port_structures.STRUCTURES | port_structures.REFUSED | port_structures.FAULTY | {'densenet': port_structures.DENSENET}"
    run_in("pytorch", f"{paths}from tests.frameworks import port_original, port_structures\nport_original.made(root, {every})")
    names = [called(name) for name in (*STRUCTURES, *REFUSED, *FAULTY, "densenet")]
    code = f"{paths}from tests.frameworks import ported\nresult = {{name: ported.agreement(root, name) for name in {names!r}}}\n"
    code += f"result['kept'] = {{name: ported.kept_pairing(root, name) for name in {[called(name) for name in STRUCTURES]!r}}}\n"
    result: Found = run_in("tensorflow", f"{code}result['executions'] = ported.executions(root, {called('densenet')!r})")
    return result


@pytest.mark.parametrize("name", STRUCTURES)
def test_layers_are_told_apart(found: Found, name: str) -> None:
    told = found[called(name)]
    assert told == told | {"said": "", "shapes": {}, "changed": [], "unknown": []}
    assert told["distance"] < TOLERANCE


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_pair_is_refused(found: Found, name: str) -> None:
    said = found[called(name)]["said"]
    assert said.startswith("ModelError: ")
    assert "/port_" in said, "it names the model"
    assert [part for part in SAID[name] if part not in said] == []


@pytest.mark.parametrize("name", FAULTY)
def test_a_faulty_builder_is_told_in_a_sentence(found: Found, name: str) -> None:
    said = found[called(name)]["said"]
    assert said.startswith("ModelError: ")
    assert [part for part in SAID_OF_FAULTS[name] if part not in said] == []
    assert "\x1b" not in said


@pytest.mark.parametrize("name", STRUCTURES)
def test_a_pairing_is_found_out_once(found: Found, name: str) -> None:
    """And again where another version of the suite has kept it."""
    assert found["kept"][called(name)] == {"passes": [1, 0, 1], "same": True}


def test_densenet_pairs_by_itself(found: Found) -> None:
    told = found[called("densenet")]
    assert told == told | {"said": "", "shapes": {}, "changed": [], "unknown": []}
    assert told["distance"] < DENSENET_ROUNDING
    assert found["executions"]["plain fp64"] < DENSENET_TOLERANCE


def test_one_case_leaves_no_precision_to_the_next(found: Found) -> None:
    assert found["executions"]["afterwards"] == ["float32", "float32"]
