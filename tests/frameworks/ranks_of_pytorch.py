"""What two ranks compute together, beside what one process does with their whole batch. Runs in PyTorch's interpreter."""

from __future__ import annotations

import gc
import math
import os
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy
import torch
import torch._dynamo
from msgspec.structs import replace

from harness.frameworks.contract import Framework, Setup, TrainStep
from harness.frameworks.pytorch import network, original
from harness.frameworks.ranks import NCCL_INTERFACE
from harness.record.case import Execution, Precision, Style
from harness.record.exchange import ACCUMULATED, SYNCHRONIZED
from harness.record.fairness import Source
from harness.worker import distances
from harness.worker.work import train_step
from tests.frameworks import ranked, small_models
from tests.frameworks.small_models import said

RANKS = 2
STEPS = 3
COMPILED = {"execution": Execution.COMPILED, "exchange": "buckets_1_mib"}
DENSE = {
    "plain": {},
    "bf16": {"precision": Precision.BF16},
    "accumulated": {"exchange": ACCUMULATED},
    "small buckets": {"exchange": "buckets_1_mib"},
    "large buckets": {"exchange": "buckets_100_mib"},
    "views": {"exchange": "gradient_views"},
}
NORMED = {
    "own statistics": {},
    "synchronized": {"exchange": SYNCHRONIZED},
    "stock": {"style": Style.STOCK, "execution": None, "precision": None},
}
TWO_NORMS = (
    "nn.Conv2d(3, 4, 3)",
    "nn.BatchNorm2d(4)",
    "nn.ReLU()",
    "nn.Flatten()",
    "nn.Linear(144, 5)",
    "nn.BatchNorm1d(5, momentum=None, affine=False)",
    "nn.Linear(5, 3)",
)
NET = small_models.net("self.used = nn.Linear(5, 3); self.left = nn.Linear(5, 3)", "return self.used(x)")

Found = dict[str, Any]


def compiled(root: Path) -> Found:
    """A bucket is large enough for a layer of this network."""
    weights = _weights(root / "compiled.safetensors", "mlp")
    together, one = (
        replace(ranked.setup("pytorch", "mlp", ranks, **axes), weights=weights) for ranks, axes in ((RANKS, COMPILED), (1, {}))
    )
    by_rank = ranked.ranked(together, _compiled)
    (alone,) = ranked.ranked(one, _computed)
    first, second = (each.pop("computed") for each in by_rank)
    return {"row": _distances(first, second, alone), "ranks": by_rank}


def plain(root: Path) -> Found:
    """All in one crew: each case comes after others in the same processes."""
    models = {
        "mlp": "mlp",
        "normed": small_models.folder(root, "normed", small_models.classes(small_models.IMAGES), small_models.sequential(*TWO_NORMS)),
        "unused": small_models.folder(root, "unused", small_models.classes(small_models.rows(5)), NET),
    }
    weights = {name: _weights(root / f"{name}.safetensors", model) for name, model in models.items()}

    def setup(model: str, axes: dict[str, Any], ranks: int = RANKS) -> Setup:
        found = replace(ranked.setup("pytorch", models[model], ranks, **axes), weights=weights[model])
        return replace(found, neutral=found.neutral | {Source.THREADS})  # one process has one number of them

    def of_ranks(framework: Framework, joined: Setup) -> Found:
        def joining(model: str, axes: dict[str, Any]) -> Setup:
            return replace(setup(model, axes), rank=joined.rank)

        return {
            "computed": {name: _computed(framework, joining("mlp", axes)) for name, axes in DENSE.items()}
            | {name: _computed(framework, joining("normed", axes)) for name, axes in NORMED.items()},
            "alone": {name: _alone(framework, joining("normed", axes)) for name, axes in NORMED.items()}
            | {"accumulated": _alone(framework, joining("mlp", DENSE["accumulated"]))},
            "exchanged": {name: _exchanged(framework, joining("mlp", DENSE[name])) for name in ("plain", "small buckets", "large buckets")}
            | {"synchronized": _exchanged(framework, joining("normed", NORMED["synchronized"]))},
            "turned off": _turned_off(framework, joining("mlp", COMPILED)),
            "no norms": said(lambda: framework.data_parallel(joining("mlp", {"exchange": SYNCHRONIZED}))),
            "unused": said(lambda: _computed(framework, joining("unused", {}))),
            "freed": _freed(framework, joining("mlp", {})),
            "nccl": os.environ.get(NCCL_INTERFACE),
        }

    def of_one(framework: Framework, _: Setup) -> Found:
        dense = {name: _computed(framework, setup("mlp", axes | {"exchange": None}, ranks=1)) for name, axes in DENSE.items()}
        return dense | {name: _computed(framework, setup("normed", axes | {"exchange": None}, ranks=1)) for name, axes in NORMED.items()}

    together = ranked.ranked(setup("mlp", {}), of_ranks)
    (one,) = ranked.ranked(setup("mlp", {}, ranks=1), of_one)
    first, second = (each.pop("computed") for each in together)
    return {"rows": {name: _distances(first[name], second[name], one[name]) for name in one}, "ranks": together}


def _weights(file: Path, model: str) -> str:
    safetensors.numpy.save_file(original.seeded(ranked.setup("pytorch", model, 1)), file)
    return str(file)


def _computed(framework: Framework, setup: Setup) -> Found:
    framework.open_device(setup)
    work = train_step(framework, setup)
    taken = _taken(work)
    work.close()
    return taken


def _taken(work: TrainStep) -> Found:
    """What a few steps do."""
    before = work.weights()
    norm = math.hypot(*work.gradient_norms())
    losses, means = [], {}
    for _ in range(STEPS):
        work.step()
        work.fence()
        losses.append(work.read_back())
        means = means or _measured(work.weights(), before)  # of the first step: later ones differ by what Adam makes of rounding
    after = work.weights()
    return {"norm": norm, "losses": losses, "means": means, "updates": {name: after[name] - before[name] for name in work.trained()}}


def _measured(weights: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """What a step has added to the running statistics, variances too."""
    return {name: weights[name] - before[name] for name in weights if "running" in name}


def _distances(first: Found, second: Found, one: Found) -> dict[str, float]:
    """Between the two ranks, and of their work from that of one process."""
    return {
        "ranks": distances.updates(second["updates"], first["updates"]),
        "losses": distances.curve(np.mean([first["losses"], second["losses"]], axis=0), one["losses"]),
        "norm": distances.relative(first["norm"], one["norm"]),
        "updates": distances.updates(first["updates"], one["updates"]),
        "statistics": distances.updates(first["means"], one["means"]),
    }


def _alone(framework: Framework, setup: Setup) -> dict[str, float]:
    """How far a step without exchange, after one with it, is from a process of its own with the rank's part of the batch."""
    framework.open_device(setup)
    together, own = framework.data_parallel(setup), framework.train_step(replace(setup, case=replace(setup.case, exchange=None)))
    for work in (together, own):  # a norm counts the batches that it has seen
        work.step()
    before = together.weights()
    network.load(own.network, before)  # type: ignore[attr-defined]
    alone = together.without_exchange()
    alone.step()
    own.step()
    after, expected = together.weights(), own.weights()
    statistics = distances.updates(_measured(after, before), _measured(expected, before))
    loss = distances.relative(alone.read_back(), own.read_back())
    added = {name: after[name] - before[name] for name in together.trained()}
    summed = [torch.from_numpy(each.copy()) for each in added.values()]
    for each in summed:
        torch.distributed.all_reduce(each)
    mean = {name: each.numpy() / RANKS for name, each in zip(added, summed, strict=True)}
    parted = distances.updates(added, mean)
    for work in (alone, together, own):
        work.close()
    return {"statistics": statistics, "loss": loss, "parted": parted}


def _exchanged(framework: Framework, setup: Setup) -> Found:
    framework.open_device(setup)
    work = framework.data_parallel(setup)
    expected = _pieces(work.exchange())
    for _ in range(3):
        work.step()
    exchange: Any = work.exchange()
    made = _pieces(exchange)
    for values in [*exchange._waited, *exchange._together]:
        values.fill_(1.0)
    exchange.step()
    exchange.fence()
    summed = {float(value) for values in [*exchange._waited, *exchange._together] for value in (values.min(), values.max())}
    told = work.parallel._get_ddp_logging_data()["rebuilt_bucket_sizes"]  # type: ignore[attr-defined]
    found = {"bytes": work.exchanged_bytes, "summed": sorted(summed), "buckets": told, "expected": expected, "made": made}
    exchange.close()
    work.close()
    return found


def _pieces(exchange: Any) -> list[list[int]]:
    """Bytes in each."""
    exchange.step()
    return [[4 * values.numel() for values in pieces] for pieces in (exchange._waited, exchange._together)]


def _compiled(framework: Framework, setup: Setup) -> Found:
    """What it computes, and how many graphs are compiled for the first step, and for further ones with and without exchange."""
    counters = torch._dynamo.utils.counters["aot_autograd"]
    framework.open_device(setup)
    work = framework.data_parallel(setup)
    expected = len(_pieces(work.exchange())[1])  # by the order of the layers, as the compiler splits: the graphs' gradients come in another
    computed = _taken(work)
    first, alone = counters["total"], work.without_exchange()
    for each in (alone, work, alone):
        each.step()
    found = {"computed": computed, "buckets": expected, "first": first, "later": counters["total"] - first}
    alone.close()
    work.close()
    return found


def _turned_off(framework: Framework, setup: Setup) -> str:
    framework.open_device(setup)
    work = framework.data_parallel(setup)
    with torch.compiler.set_stance("force_eager"):
        told = said(work.step)
    work.close()
    return told


def _freed(framework: Framework, setup: Setup) -> bool:
    framework.open_device(setup)
    work: Any = framework.data_parallel(setup)
    works: list[Any] = [work.without_exchange(), work.exchange(), work]
    held: Callable[[], Any] = weakref.ref(work.network)
    del work
    for each in works:
        each.step()
    while works:
        works.pop(0).close()
    gc.collect()
    return held() is None
