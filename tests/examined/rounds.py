"""Examinations of many models at once: each framework is asked for all of them, in rounds, as a framework takes seconds to start."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec.structs import replace

from fixtures.models.folder import Folder
from harness.frameworks.contract import Setup
from harness.frameworks.tape import Walked
from harness.record.case import Precision, Workload
from tests.examined.examining import Asked
from tests.examined.plant import PYTORCH, TENSORFLOW, Plant, model
from tests.models import proof
from tests.models.proof import Answering, Proven, RunIn

INFERENCE = Proven(Workload.INFERENCE, Precision.FP64)
TRAINING = Proven(Workload.FULL, Precision.FP64)
DONE_BY = {INFERENCE: "examining", TRAINING: "trainings"}  # modules beside this one
MOST = 8  # of rounds: one more than there are places without a reason in any model

Found = dict[str, Walked | str]  # by the name of a model; a text is what was refused


class Rounds:
    """Each of `examined` goes through both frameworks; a walk that needs values of the tape goes through them again."""

    def __init__(self, run_in: RunIn, folder: Path, proven: Proven = INFERENCE, batch_size: int | None = None) -> None:
        """batch_size: of large networks; None for that which equal work is proven with."""
        self._run_in = run_in
        self._proven = proven
        self._batch_size = batch_size
        self._folder = folder

    def planted(self, plants: Mapping[str, Plant]) -> dict[str, Folder]:
        root = self._directory("models")
        return {name: plant.planted(name, root) for name, plant in plants.items()}

    def found(self, examined: Mapping[str, Folder], plants: Mapping[str, Plant]) -> Found:
        """examined: models and planted ones, by name. plants: which of these are planted, and how."""
        weights = self._weights(examined, plants)
        asked = {name: Asked(self._setup(each, weights[name])) for name, each in examined.items() if (Path(weights[name])).is_file()}
        found: Found = {name: weights[name] for name in examined if name not in asked}
        for place in range(MOST):
            folder = self._directory(f"round-{place}")
            for name, each in asked.items():
                (folder / f"{name}.asked").write_bytes(msgspec.msgpack.encode(each))
            alike = self._set_aside(folder, examined)
            self._run(TENSORFLOW, "tapes", folder)
            for path, first in alike.items():
                path.with_suffix(".later").rename(path)
                shutil.copy(first.with_suffix(".tape"), path.with_suffix(".tape"))
            self._run(PYTORCH, "walks", folder)
            walked = {name: _read(folder, name) for name in asked}
            found |= walked
            asked = {
                name: replace(asked[name], wanted=(*asked[name].wanted, *each.wanted))
                for name, each in walked.items()
                if isinstance(each, Walked) and each.wanted
            }
            if not asked:
                break
        return found

    def _setup(self, examined: Folder, weights: str) -> Setup:
        setup = proof.setup(examined, TENSORFLOW, self._proven, weights)
        if self._batch_size is None:  # a small network, whose threads would wait for each other longer than they compute
            return replace(setup, threads=1)
        return replace(setup, case=replace(setup.case, batch_size=self._batch_size))

    def _set_aside(self, folder: Path, examined: Mapping[str, Folder]) -> dict[Path, Path]:
        """What asks for the same tape as another one, which is that: the same network of TensorFlow's, and the same weights."""
        firsts: dict[tuple[object, ...], Path] = {}
        alike = {}
        for path in sorted(folder.glob("*.asked")):
            asked = msgspec.msgpack.decode(path.read_bytes(), type=Asked)
            network = (examined[path.stem].root / f"{TENSORFLOW}.py").read_text()
            weights = hashlib.sha256(Path(asked.setup.weights_file).read_bytes()).hexdigest()
            first = firsts.setdefault((network, weights, asked.wanted), path)
            if first is not path:
                path.rename(path.with_suffix(".later"))
                alike[path] = first
        return alike

    def _weights(self, examined: Mapping[str, Folder], plants: Mapping[str, Plant]) -> dict[str, str]:
        """The file of each model's weights, or what was refused. A network that PyTorch has as it was has the same ones."""
        originals = {plant.model: model(plant.model) for plant in plants.values() if plant.file == TENSORFLOW}
        own = {name: each for name, each in examined.items() if name not in plants or plants[name].file == PYTORCH}
        answering = Answering(self._run_in, self._directory("weights"))
        cache = self._directory("cache")
        made = answering.ask(PYTORCH, {name: proof.weights_request(each, cache) for name, each in {**originals, **own}.items()})
        files = {name: each if isinstance(each, str) else each.file for name, each in made.items()}
        pairs = {name: self._directory(f"pairs/{name}") for name in examined if name not in own}
        return {name: proof.with_own_pairs(made[plants[name].model], pairs[name]) if name in pairs else files[name] for name in examined}

    def _run(self, framework: str, what: str, folder: Path) -> None:
        self._run_in(framework, f"from tests.examined.{DONE_BY[self._proven]} import {what}; result = {what}({str(folder)!r})")

    def _directory(self, name: str) -> Path:
        made = self._folder / name
        made.mkdir(parents=True, exist_ok=True)
        return made


def _read(folder: Path, name: str) -> Walked | str:
    refusal = folder / f"{name}.refusal"
    return refusal.read_text() if refusal.exists() else msgspec.msgpack.decode((folder / f"{name}.walked").read_bytes(), type=Walked)
