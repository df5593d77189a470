"""The proof of equal work for models, by the code that a session proves it by: what is asked of whom, and what follows from the answers."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from fixtures.corpora import CLASSES
from fixtures.experiments.experiment import Experiment
from fixtures.models.folder import Folder
from harness.frameworks import FRAMEWORKS
from harness.frameworks.contract import Setup
from harness.phases.setups import setup_of
from harness.record.case import Case, Execution, Precision, Style, Workload
from harness.record.check import Check
from harness.session import equal_work, tolerances
from harness.worker.protocol import MadeWeights, MakeWeights, Request, TraceOutputs, TraceTraining

EXPERIMENT = Experiment(name="test", image_size=64, seed=1)
REFERENCE, OTHER = FRAMEWORKS
PHASES = {Workload.INFERENCE: "inference", Workload.FULL: "train_step", Workload.FROZEN: "train_step"}

RunIn = Callable[[str, str], Any]


class Proven(msgspec.Struct, frozen=True):
    """Of a case."""

    workload: Workload
    precision: Precision

    @property
    def name(self) -> str:
        return f"{self.workload}-{self.precision}"


class Answering:
    """The workers, each asked once for everything: a framework takes seconds to start."""

    def __init__(self, run_in: RunIn, folder: Path) -> None:
        self._run_in = run_in
        self._folder = folder

    def ask(self, framework: str, requests: Mapping[str, Request]) -> dict[str, Any]:
        """The answers by the names of the requests; where one is refused, what is said."""
        folder = self._folder / f"{framework}-{len(list(self._folder.iterdir()))}"
        folder.mkdir()
        for name, request in requests.items():
            (folder / f"{name}.request").write_bytes(msgspec.msgpack.encode(request))
        code = f"from tests.models.answering import answer; result = answer({framework!r}, {str(folder)!r})"
        assert self._run_in(framework, code) == len(requests)
        return {name: _read(folder / name, request) for name, request in requests.items()}


def setup(model: Folder, framework: str, proven: Proven, weights: str = "") -> Setup:
    case = Case(
        framework=framework,
        phase=PHASES[proven.workload],
        workload=proven.workload,
        style=Style.MATCHED,
        batch_size=equal_work.BATCH_SIZE,
        execution=Execution.PLAIN,
        precision=proven.precision,
        model=model.name,
    )
    classes = CLASSES if model.description.from_corpus else 0
    return setup_of(case, EXPERIMENT, model=model, classes=classes, weights=weights, threads=2)


def weights_request(model: Folder, cache: Path) -> MakeWeights:
    of_reference = setup(model, REFERENCE, Proven(Workload.INFERENCE, Precision.FP32))
    return MakeWeights(of_reference, "seeded", str(cache), FRAMEWORKS[REFERENCE].original)


def trace_request(model: Folder, framework: str, proven: Proven, weights: str) -> Request:
    """What the case's computation is compared by; not its images, which these tests have no corpus of."""
    (found,) = (
        each for each in equal_work.requests(setup(model, framework, proven, weights)) if isinstance(each, TraceOutputs | TraceTraining)
    )
    return found


def rounding_request(model: Folder, proven: Proven, weights: str) -> Request:
    found = equal_work.rounding_request(setup(model, REFERENCE, proven, weights))
    assert found is not None
    return found


def with_own_pairs(made: MadeWeights, root: Path) -> str:
    """The same weights and facts in a folder of their own, where no pairing of layers is kept yet. No file is copied."""
    source = Path(made.file)
    shutil.copytree(source.parent, root / source.parent.name, ignore=shutil.ignore_patterns("pairs-*"), copy_function=os.link)
    return str(root / source.parent.name / source.name)


def changed(model: Folder, name: str, changes: dict[str, str], root: Path) -> Folder:
    """A copy of the model, called so, with another text in Keras' file: each of the changes is found there."""
    copy = root / name
    shutil.copytree(model.root, copy, ignore=shutil.ignore_patterns("__pycache__"))
    file = copy / f"{OTHER}.py"
    text = file.read_text()
    for old, new in changes.items():
        assert old in text, f"{file} has no {old!r} any more"
        text = text.replace(old, new)
    file.write_text(text)
    return replace(model, name=name, path=str(copy))


def _read(path: Path, request: Request) -> Any:
    """path: without the ending, which says what it is."""
    refusal = path.with_name(f"{path.name}.refusal")
    if refusal.exists():
        return refusal.read_text()
    return msgspec.msgpack.decode(path.with_name(f"{path.name}.answer").read_bytes(), type=type(request).answer)


class Reference(msgspec.Struct, frozen=True):
    """What the other framework is compared with."""

    weights: dict[str, MadeWeights]  # by the name of the model
    traces: dict[tuple[str, Proven], Any]
    roundings: dict[tuple[str, Proven], Any]


def reference(models: Mapping[str, Folder], every: Iterable[Proven], answering: Answering, cache: Path) -> Reference:
    weights = answering.ask(REFERENCE, {name: weights_request(model, cache) for name, model in models.items()})
    asked: dict[str, Request] = {}
    cases = list(itertools.product(models, every))
    for name, proven in cases:
        file = weights[name].file
        asked[f"{name}-{proven.name}"] = trace_request(models[name], REFERENCE, proven, file)
        asked[f"{name}-{proven.name}-rounding"] = rounding_request(models[name], proven, file)
    told = answering.ask(REFERENCE, asked)
    return Reference(
        weights,
        {(name, proven): told[f"{name}-{proven.name}"] for name, proven in cases},
        {(name, proven): told[f"{name}-{proven.name}-rounding"] for name, proven in cases},
    )


def checks(model: Folder, proven: Proven, reference: Reference, trace: Any) -> tuple[Check, ...]:
    """As a session makes them, of what the other framework has computed."""
    case = setup(model, OTHER, proven).case
    allowed = tolerances.of(case, reference.roundings[model.name, proven])
    return equal_work.compare(case, model.description, [reference.traces[model.name, proven]], [trace], allowed)
