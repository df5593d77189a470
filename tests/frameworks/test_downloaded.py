"""Weights that lie in a library's folder of downloads are looked at before they are used."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PUBLISHED = {"resnet50": "resnet50-11ad3fa6.pth", "mobilenet_v2": "mobilenet_v2-7ebf99e0.pth", "vit_b_16": "vit_b_16-c867db91.pth"}
CODE = """
import json, os
os.environ["TORCH_HOME"] = {home!r}
from pathlib import Path
from fixtures.models.code import builder
from fixtures.models.folder import find
from fixtures.models.published import expect_whole
from fixtures.models.weights import WeightsError

def said(call):
    try:
        call()
    except WeightsError as error:
        return str(error)
    return ""

whole = Path({whole!r})
found = {{model: said(builder(find(model), "pytorch").pretrained) for model in {models!r}}}
result = json.dumps([found, said(lambda: expect_whole(whole)), said(lambda: expect_whole(whole.with_name("none-0.pth")))])
"""
TOML = """
title = "Mine"
item = "sequence"
loss = "cross_entropy"

[inputs.values]
shape = [2]

[targets.label]
shape = []
dtype = "int64"
below = 2
"""


@pytest.mark.parametrize("content", [b"PK\x03\x04" + bytes(1000), b"", b"<html>404</html>"])
def test_what_is_not_the_file_of_that_name_is_named_with_the_mend(
    run_in: Callable[[str, str], Any], tmp_path: Path, content: bytes
) -> None:
    """PyTorch: "UnpicklingError: invalid load key", and no file (pytorch#170244)."""
    checkpoints = tmp_path / "hub" / "checkpoints"
    checkpoints.mkdir(parents=True)
    for name in PUBLISHED.values():
        (checkpoints / name).write_bytes(content)
    whole = checkpoints / f"other-{hashlib.sha256(content).hexdigest()[:8]}.pth"
    whole.write_bytes(content)
    code = CODE.format(home=str(tmp_path), whole=str(whole), models=list(PUBLISHED))
    damaged, sound, missing = json.loads(run_in("pytorch", code))
    for model, name in PUBLISHED.items():
        assert str(checkpoints / name) in damaged[model]
        assert f"begins with {Path(name).stem.rpartition('-')[2]}" in damaged[model]
        assert "Remove the file" in damaged[model]
    assert (sound, missing) == ("", "")


OWN = """
import os
os.environ["TORCH_HOME"] = {home!r}
from pathlib import Path
from unittest import mock

from fixtures.models import code, published
from fixtures.models.folder import find
from fixtures.models.weights import WeightsError
from harness.frameworks.pytorch import original
from harness.phases.setups import setup_of
from fixtures.experiments.experiment import Experiment
from harness.record.case import Case, Precision, Style, Workload

axes = {{"workload": Workload.INFERENCE, "style": Style.MATCHED, "batch_size": 2, "precision": Precision.FP32}}
setup = setup_of(Case(framework="pytorch", phase="inference", **axes), Experiment(name="test"), model=find({model!r}), threads=1)
try:
    original.downloaded(setup)
except (WeightsError, ZeroDivisionError) as error:
    result = [type(error).__name__, str(error)]
"""
LOADING = """
import torch

def network(options):
    return torch.nn.Linear(2, 2)

def pretrained():
    return torch.load(torch.hub.get_dir() + "/checkpoints/mine-0123abcd.pth")
"""


@pytest.mark.parametrize(
    ("loading", "kind"), [(LOADING, "WeightsError"), (LOADING.replace("torch.load", "1 / 0 or torch.load"), "ZeroDivisionError")]
)
def test_a_model_of_ones_own_that_downloads(run_in: Callable[[str, str], Any], tmp_path: Path, loading: str, kind: str) -> None:
    """What it could not read is named; a fault of its own stays what it is, whatever lies in the folder."""
    checkpoints, model = tmp_path / "hub" / "checkpoints", tmp_path / "mine"
    checkpoints.mkdir(parents=True)
    content = b"PK\x03\x04" + bytes(100)
    for name in ("mine-0123abcd.pth", "my-model-1.pth"):
        (checkpoints / name).write_bytes(content)
    model.mkdir()
    (model / "pytorch.py").write_text(loading)
    (model / "model.toml").write_text(TOML)
    found, told = run_in("pytorch", OWN.format(home=str(tmp_path), model=str(model)))
    assert found == kind
    assert ("mine-0123abcd.pth: not the weights of that name" in told) == (kind == "WeightsError")
    assert "my-model" not in told


KERAS = """
import os
os.environ["KERAS_HOME"] = {home!r}
from fixtures.models.code import builder
from fixtures.models.folder import find
from harness.record.outcome import Unsupported

network = builder(find("resnet50"), "tensorflow")
try:
    with network.downloading():
        network.keras.utils.get_file("none.h5", "http://127.0.0.1:9/none.h5")
except Unsupported as error:
    result = str(error)
"""


def test_keras_without_a_network(run_in: Callable[[str, str], Any], tmp_path: Path) -> None:
    told = run_in("tensorflow", KERAS.format(home=str(tmp_path)))
    assert told.startswith("no download of Keras' weights (URL fetch failure on http://127.0.0.1:9/none.h5")
