"""Model folders of a few lines, each with something that not every network has, and setups of them. Runs in PyTorch's interpreter."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from fixtures.experiments.experiment import Experiment
from fixtures.models.folder import find
from harness.frameworks.contract import Setup
from harness.record.case import Case, Execution, Precision, Style, Workload
from harness.record.fairness import Source

EXPERIMENT = Experiment(name="test", image_size=32, seed=1)
BATCH_SIZE = 4

HEAD = 'title = "Small"\nitem = "row"\n'
CLASSES = HEAD + 'loss = "cross_entropy"\n{more}\n[targets.label]\nshape = []\ndtype = "int64"\nbelow = 3\n'
IMAGES = "[inputs.image]\nshape = [8, 8, 3]\nchannels_last = true\n"
BEGIN = "import torch\nfrom torch import nn\nfrom torch.nn import functional\n"
NET = (
    BEGIN
    + "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n{made}\n    def forward(self, {given}):\n{forward}\n"
)
NETWORK = "def network(options):\n    return {network}\n"


def folder(root: Path, name: str, toml: str, code: str) -> str:
    """Writes it; gives its path."""
    place = root / name
    place.mkdir()
    (place / "model.toml").write_text(toml)
    (place / "pytorch.py").write_text(code)
    return str(place)


def setup(
    model: str,
    workload: Workload = Workload.INFERENCE,
    *,
    execution: Execution = Execution.PLAIN,
    precision: Precision = Precision.FP32,
    weights: str = "",
    drops_out: bool = False,
    classes: int = 0,
    experiment: Experiment = EXPERIMENT,
) -> Setup:
    found = find(model)
    case = Case(
        framework="pytorch",
        phase="inference" if workload is Workload.INFERENCE else "train_step",
        model=found.name,
        workload=workload,
        style=Style.MATCHED,
        execution=execution,
        precision=precision,
        batch_size=BATCH_SIZE,
    )
    return Setup(
        case=case,
        neutral=frozenset(Source),
        fed=False,
        whole_job=False,
        model=found,
        experiment=experiment,
        classes=classes,
        weights=weights,
        threads=1,
        drops_out=drops_out,
    )


def said(step: Callable[[], Any]) -> str:
    """What it raises, told with its type; "" where it raises nothing."""
    try:
        step()
    except Exception as error:  # the tests say which it is to be
        return f"{type(error).__name__}: {error}"
    return ""


def net(made: str, forward: str, given: str = "x") -> str:
    """A file with a network of those two methods; lines of each are separated by semicolons."""
    made, forward = ("\n".join(f"        {line.strip()}" for line in lines.split(";")) for lines in (made, forward))
    return NET.format(made=made, given=given, forward=forward) + NETWORK.format(network="Net()")


def sequential(*layers: str) -> str:
    return BEGIN + NETWORK.format(network=f"nn.Sequential({', '.join(layers)})")


def classes(inputs: str, more: str = "") -> str:
    """A model.toml of a network that tells three classes apart."""
    return CLASSES.format(more=more) + inputs


def rows(*shape: int) -> str:
    return f"[inputs.x]\nshape = {list(shape)}\n"
