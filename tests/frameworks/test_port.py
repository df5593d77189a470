"""The port: PyTorch's tensors in Keras compute what they compute in PyTorch, for every kind of layer."""

from __future__ import annotations

from typing import Any

import pytest

from tests.frameworks.conftest import RunIn
from tests.frameworks.port_models import MODELS, called

# In standard deviations of the outputs. Reached on a CPU: 1e-6. Where both frameworks have oneDNN's kernel it is 0, to the bit; without it
# in one of them the same networks are 4e-7 to 9e-7 apart.
TOLERANCE = 1e-5
SHOWN = 1e-2  # what a fault makes of it at least: 1 and more

Found = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def found(run_in: RunIn, tmp_path_factory: pytest.TempPathFactory) -> Found:
    root = str(tmp_path_factory.mktemp("port"))
    paths = f"from pathlib import Path\nroot = Path({root!r})\nresult = None\n"
    run_in("pytorch", f"{paths}from tests.frameworks import port_models, port_original\nport_original.made(root, port_models.MODELS)")
    names = [called(name) for name in MODELS]
    each = "{'agreement': ported.agreement(root, name), 'sensitivity': ported.sensitivity(root, name)}"
    result: Found = run_in("tensorflow", f"{paths}from tests.frameworks import ported\nresult = {{name: {each} for name in {names!r}}}")
    return result


@pytest.mark.parametrize("name", MODELS)
def test_outputs_are_pytorchs(found: Found, name: str) -> None:
    told = found[called(name)]["agreement"]
    assert told["said"] == ""
    assert told["shapes"] == {}
    assert told["distance"] < TOLERANCE


@pytest.mark.parametrize("name", MODELS)
def test_a_tensor_that_is_turned_round_would_show(found: Found, name: str) -> None:
    """The test before can fail: 0 is a distance that it may have."""
    assert found[called(name)]["sensitivity"] > SHOWN


@pytest.mark.parametrize("name", MODELS)
def test_every_tensor_comes_back_as_it_went_in(found: Found, name: str) -> None:
    told = found[called(name)]["agreement"]
    assert told["changed"] == []
    assert told["unknown"] == []
