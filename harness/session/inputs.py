"""The common inputs of a session: made once, and there on each machine that a worker runs on, before anything is measured."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from fixtures.experiments.experiment import Experiment
from fixtures.models.folder import Folder
from harness.frameworks import FRAMEWORKS, title
from harness.frameworks.contract import Setup
from harness.phases import PHASES
from harness.phases.declaration import Schedule
from harness.phases.setups import setup_of
from harness.record.case import Case, Execution, Precision, Style, Workload
from harness.record.measurement import Provenance
from harness.record.outcome import Outcome
from harness.session.options import Options
from harness.session.workers.places import Place
from harness.session.workers.worker import Report, Worker, WorkerFailure, WorkerStartError
from harness.worker.protocol import GiveWeights, MadeCorpus, MadeWeights, MakeCorpus, MakeWeights, TakeWeights
from harness.worker.share import WHOLE
from harness.worker.sources import IMAGENET, SEEDED

MAKING_SECONDS = 3600.0  # the real data set is a download of 345 MB

Workers = Callable[[str, str], Worker]  # the live worker of a framework, by its spec. Raises WorkerStartError
NO_CORPUS = MadeCorpus("", "", "", 0)  # of a model whose inputs are no corpus' images


class Inputs(msgspec.Struct, frozen=True):
    """On one of the machines of a framework's workers."""

    corpus: MadeCorpus
    weights: MadeWeights


class Original(msgspec.Struct, frozen=True):
    """Weights where they were made."""

    framework: str
    spec: str
    files: str  # as `Hello` has them
    weights: MadeWeights


class InputStore:
    """What failed to be made is remembered: it is not tried again for each case, as what a model's own code does is not."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._corpora: dict[tuple[str, str], MadeCorpus] = {}  # by framework and machine
        self._originals: dict[tuple[str, str], Original | WorkerFailure] = {}  # by model and experiment
        self._made: dict[tuple[str, str, str, str], Inputs | WorkerFailure] = {}  # by framework, machine, model and experiment

    @property
    def examined_steps(self) -> int:
        return self._options.examined_steps

    @property
    def pretrained(self) -> bool:
        return self._options.weights == IMAGENET

    def experiment(self, phase: str) -> Experiment:
        return self._options.experiment(phase)

    def model(self, case: Case) -> Folder:
        return self._options.model(case.model)

    def places(self, case: Case) -> tuple[Place, ...]:
        """Of its ranks, by number. A phase without ranks has one place, and a machine for itself."""
        if PHASES[case.phase].schedule is not Schedule.RANKS:
            spec = self._options.workers[case.framework]
            return (Place(spec, spec, WHOLE),)
        return self._options.places[case.framework].of(case.ranks, shares=max(self._options.ranks))

    def has(self, case: Case) -> bool:
        """Whether its inputs were made, or failed to be, on each machine that it runs on."""
        return all(self._key(case, place) in self._made for place in self.places(case))

    def make(self, case: Case, workers: Workers, report: Report) -> None:
        """Has the case's inputs made, or finds them made, wherever it runs. Raises WorkerStartError for that framework's own."""
        for place in self.places(case):
            key = self._key(case, place)
            if key not in self._made:
                worker = workers(case.framework, place.spec)
                try:
                    self._made[key] = self._inputs(case, place, worker, workers, report)
                except WorkerFailure as failure:
                    self._made[key] = failure

    def of(self, case: Case) -> Inputs:
        """The first rank's. Raises WorkerFailure where they could not be made."""
        return self._at(case, self.places(case)[0])

    def of_ranks(self, case: Case) -> list[Inputs]:
        """Each one's, by number. Raises WorkerFailure where they could not be made."""
        return [self._at(case, place) for place in self.places(case)]

    def _at(self, case: Case, place: Place) -> Inputs:
        made = self._made[self._key(case, place)]
        if isinstance(made, WorkerFailure):
            raise WorkerFailure(made.outcome, made.detail)
        return made

    def provenance(self, case: Case) -> Provenance:
        """Of a case whose inputs are made."""
        made, model, experiment = self.of(case), self.model(case), self.experiment(case.phase)
        return Provenance(
            experiment=experiment.name,
            experiment_sha256=experiment.sha256,
            corpus=made.corpus.name,
            corpus_sha256=made.corpus.sha256,
            weights=made.weights.name,
            weights_sha256=made.weights.sha256,
            model=model.name,
            model_title=model.description.title,
            model_sha256=model.sha256,
        )

    def _key(self, case: Case, place: Place) -> tuple[str, str, str, str]:
        return case.framework, place.machine, case.model, self.experiment(case.phase).sha256

    def _inputs(self, case: Case, place: Place, worker: Worker, workers: Workers, report: Report) -> Inputs:
        there = worker.hello.files  # before it makes way for the one that makes the weights
        corpus = self._corpus(place, worker, report) if self.model(case).description.from_corpus else NO_CORPUS
        original = self._original(case, place, corpus, worker, workers, report)
        if original.files == there:
            return Inputs(corpus, original.weights)
        kept = workers(original.framework, original.spec).call(GiveWeights(original.weights.file), MAKING_SECONDS, report)
        request = TakeWeights(original.weights, kept, self._options.cache)
        return Inputs(corpus, workers(case.framework, place.spec).call(request, MAKING_SECONDS, report))

    def _corpus(self, place: Place, worker: Worker, report: Report) -> MadeCorpus:
        key = worker.framework, place.machine
        if key not in self._corpora:
            request = MakeCorpus(self._options.dataset, self._options.cache)
            self._corpora[key] = worker.call(request, MAKING_SECONDS, report)
        return self._corpora[key]

    def _original(self, case: Case, place: Place, corpus: MadeCorpus, worker: Worker, workers: Workers, report: Report) -> Original:
        key = case.model, self.experiment(case.phase).sha256
        if key not in self._originals:
            try:
                self._originals[key] = self._made_weights(case, place, corpus, worker, workers, report)
            except WorkerFailure as failure:
                self._originals[key] = failure
        original = self._originals[key]
        if isinstance(original, WorkerFailure):
            raise WorkerFailure(original.outcome, original.detail)
        return original

    def _made_weights(self, case: Case, place: Place, corpus: MadeCorpus, worker: Worker, workers: Workers, report: Report) -> Original:
        """By the framework whose names are the canonical ones; where that cannot be had, by any, of a model that makes its own."""
        setup = self._setup(case, corpus)
        maker = next((name for name, listing in FRAMEWORKS.items() if listing.original), None)
        if maker is None:
            return self._made_by(worker, place.spec, setup, "", report)
        try:
            spec = self._options.workers[maker]
            return self._made_by(workers(maker, spec), spec, setup, FRAMEWORKS[maker].original, report)
        except WorkerStartError as error:
            absent = str(error)
        except WorkerFailure as failure:
            if failure.outcome is not Outcome.UNSUPPORTED:
                raise
            absent = failure.detail
        if self._options.weights == SEEDED and setup.model.file("weights").is_file():
            given = worker if worker.runs else workers(case.framework, place.spec)
            return self._made_by(given, place.spec, setup, "", report)
        told = f"{case.model}: {title(maker)} makes its weights, in a worker of its own whatever is measured, and could not: {absent}"
        raise WorkerFailure(Outcome.UNSUPPORTED, told)

    def _made_by(self, worker: Worker, spec: str, setup: Setup, original: str, report: Report) -> Original:
        request = MakeWeights(setup, self._options.weights, self._options.cache, original)
        return Original(worker.framework, spec, worker.hello.files, worker.call(request, MAKING_SECONDS, report))

    def _setup(self, case: Case, corpus: MadeCorpus) -> Setup:
        """The same whichever case asks first."""
        plain = {"style": Style.MATCHED, "rung": None, "strategy": None, "model_format": None}
        one = replace(case, workload=Workload.INFERENCE, execution=Execution.PLAIN, precision=Precision.FP32, batch_size=1, **plain)
        experiment = self.experiment(case.phase)
        return setup_of(one, experiment, model=self.model(case), corpus=corpus.folder, classes=corpus.classes, pretrained=self.pretrained)
