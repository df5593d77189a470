"""The common inputs of a session: made once on each machine that a worker runs on."""

from __future__ import annotations

from fixtures import models
from fixtures.experiments.experiment import Experiment
from harness.record.measurement import Provenance
from harness.session.options import Options
from harness.session.workers.worker import Report, Worker
from harness.worker.protocol import Inputs, MakeInputs

MAKING_SECONDS = 3600.0  # the real data set is a download of 345 MB


class InputStore:
    def __init__(self, options: Options) -> None:
        self._options = options
        self._made: dict[tuple[str, str, str], Inputs] = {}
        self.model_name = models.DEFAULT
        self.model = models.load(self.model_name)

    @property
    def pretrained(self) -> bool:
        return self._options.weights == "imagenet"

    def experiment(self, phase: str) -> Experiment:
        return self._options.experiment(phase)

    def on(self, worker: Worker, experiment: Experiment, report: Report) -> Inputs:
        """The inputs on the worker's machine. Raises WorkerFailure."""
        key = (worker.framework, worker.hello.host, experiment.sha256)
        if key not in self._made:
            request = MakeInputs(self.model_name, experiment, self._options.dataset, self._options.weights, self._options.cache)
            self._made[key] = worker.call(request, MAKING_SECONDS, report)
        return self._made[key]

    def provenance(self, experiment: Experiment, made: Inputs) -> Provenance:
        return Provenance(
            experiment=experiment.name,
            experiment_sha256=experiment.sha256,
            corpus=made.corpus,
            corpus_sha256=made.corpus_sha256,
            weights=made.weights,
            weights_sha256=made.weights_sha256,
            model=self.model_name,
        )
