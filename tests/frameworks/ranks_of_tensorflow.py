"""What ranks of TensorFlow's make of small networks, and a single process of theirs. Runs in its interpreter."""

from __future__ import annotations

import gc
import math
import os
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from msgspec.structs import replace

from harness.frameworks.contract import DataParallelStep, Framework, Setup
from harness.frameworks.ranks import NCCL_INTERFACE
from harness.record.case import Execution, Precision, Workload
from harness.record.outcome import Unsupported
from harness.worker import traces
from tests.frameworks.ranked import ranked, setup
from tests.frameworks.small_models import CLASSES, IMAGES, folder

RANKS, STEPS = 2, 3
MORE_STEPS = 20  # in which no thread is added
NORMED, PLAIN = "ranked_with_norm", "ranked_without_norm"
SYNCHRONIZED: dict[str, Any] = {"model": NORMED, "exchange": "synchronized"}
ROWS: dict[str, dict[str, Any]] = {
    "plain": {},
    "compiled": {"execution": Execution.COMPILED},
    "compiled bf16": {"execution": Execution.COMPILED, "precision": Precision.BF16},
    "accumulated": {"exchange": "accumulated_4"},
    "packs": {"exchange": "packs_1_mib"},
    "frozen": {"model": NORMED, "workload": Workload.FROZEN},
    "synchronized": SYNCHRONIZED,
    "synchronized, frozen": SYNCHRONIZED | {"workload": Workload.FROZEN},
    "synchronized, compiled": SYNCHRONIZED | {"execution": Execution.COMPILED},
    "afterwards": {},
}


def placed(root: Path) -> None:
    """The models' folders: without a batch norm, and with one. A bias before it would have a gradient of rounding alone."""
    for name, torch_norm, keras_norm in (
        (PLAIN, "nn.Identity()", ""),
        (NORMED, "nn.BatchNorm2d(4)", "BatchNormalization(epsilon=1e-5, momentum=0.9)"),
    ):
        inner = f"nn.Conv2d(3, 4, 3, padding=1, bias=False), {torch_norm}, nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()"
        heads = "nn.Linear(4, 600), nn.ReLU(), nn.Linear(600, 600), nn.Linear(600, 3)"
        code = f"from torch import nn\n\n\ndef network(options):\n    return nn.Sequential({inner}, {heads})\n"
        place = folder(root, name, CLASSES.format(more='trained = ["8."]') + IMAGES, code)
        layers = ["Conv2D(4, 3, padding='same', use_bias=False)", *filter(None, [keras_norm]), "ReLU()", "GlobalAveragePooling2D()"]
        layers += ["Dense(600, activation='relu')", "Dense(600)", "Dense(3)"]
        stack = ", ".join(f"keras.layers.{each}" for each in layers)
        code = f"import keras\n\n\ndef network(options):\n    return keras.Sequential([keras.Input([8, 8, 3]), {stack}])\n"
        (Path(place) / "tensorflow.py").write_text(code)


def weighed(root: Path) -> None:
    """Their weights, made by PyTorch, in whose interpreter this runs."""
    from fixtures.models.kept import FACTS, Kept
    from harness.frameworks.pytorch import original

    for name in (PLAIN, NORMED):
        of_model = setup("pytorch", str(root / name), ranks=1)
        weights, kept = original.seeded(of_model), Kept(root / f"{name}-weights")
        kept.weights(lambda weights=weights: weights)
        kept.keep(FACTS, original.facts(of_model, weights))


def found(root: Path) -> dict[str, Any]:
    """By row what each rank tells, and the single process; and of TensorFlow's guide, in processes with its own threads."""
    by_rank = ranked(_setup(root, RANKS), lambda framework, of_rank: _rows(framework, of_rank, root))
    (alone,) = ranked(_setup(root, 1), lambda framework, of_one: _rows(framework, of_one, root))
    guide = {"style": "stock", "execution": None, "precision": None}
    by_guide = ranked(_setup(root, RANKS, **guide), _steps)
    return {"ranks": by_rank, "alone": alone, "guide": by_guide}


def _setup(root: Path, ranks: int, model: str = PLAIN, **axes: Any) -> Setup:
    return replace(setup("tensorflow", str(root / model), ranks, **axes), weights=f"{root}/{model}-weights/{model}-weights.safetensors")


def _rows(framework: Framework, given: Setup, root: Path) -> dict[str, Any]:
    rows = {}
    for name, row in ROWS.items():
        of_row = _setup(root, given.case.ranks, **row)
        if given.rank is None:
            of_row = replace(of_row, case=replace(of_row.case, exchange=None))
        framework.open_device(of_row)
        try:
            rows[name] = _steps(framework, replace(of_row, rank=given.rank))
        except Unsupported as error:
            rows[name] = {"said": str(error)}
    return rows


def _steps(framework: Framework, of_case: Setup) -> dict[str, Any]:
    if of_case.rank is None:
        work: Any = framework.train_step(of_case)
    else:
        work = framework.data_parallel(of_case)
    told = {"norm": math.hypot(*work.gradient_norms())}
    before, losses = traces.sampled(work.weights(), work.trained()), []
    for _ in range(STEPS):
        work.step()
        work.fence()
        losses.append(work.read_back())
    after, weights = traces.sampled(work.weights(), work.trained()), work.weights()
    updates = np.concatenate([after[name] - before[name] for name in sorted(after)])
    statistics = [float(each) for name in sorted(weights) if "running" in name for each in weights[name].ravel()]
    told |= {"losses": losses, "updates": updates.tolist(), "statistics": statistics}
    if of_case.rank is not None:
        told |= _exchanges(work)
    network = weakref.ref(work.network)
    work.close()
    gc.collect()
    return told | {"freed": network() is None}


def _exchanges(work: Any) -> dict[str, Any]:
    """The bytes of each sum over all ranks in the graphs of the step, of the same without exchange, and of the exchange alone."""
    step: DataParallelStep = work
    alone, exchange = step.without_exchange(), step.exchange()
    for other in (exchange, alone):
        for _ in range(2):
            other.step()
            other.fence()
    threads = psutil.Process().num_threads()
    for _ in range(MORE_STEPS):
        exchange.step()
        exchange.fence()
    told = {
        "threads_added": psutil.Process().num_threads() - threads,
        "exchanged_bytes": step.exchanged_bytes,
        "together": _sums(work._train, work.inputs, work.targets),
        "without exchange": _sums(alone._train, work.inputs, work.targets),
        "exchange": _sums(exchange._sum),
        "lost": alone.read_back(),
        "summed": exchange.read_back(),
        "nccl": os.environ.get(NCCL_INTERFACE),
    }
    exchange.close()
    alone.close()
    return told


def _sums(graph: Any, *arguments: Any) -> list[int]:
    """What TensorFlow runs of them; XLA could compile none."""
    operations = graph.get_concrete_function(*arguments).graph.get_operations()
    summed = [each.outputs[0] for each in operations if each.type.startswith("Collective") and each.type != "CollectiveAssignGroupV2"]
    return sorted(each.shape.num_elements() * each.dtype.size for each in summed)
