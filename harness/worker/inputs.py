"""Makes the common inputs on the worker's machine, or finds them made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import platformdirs

from fixtures import models
from fixtures.corpora import flowers, oxford
from fixtures.models.contract import Canonical
from fixtures.models.weights import WeightsFile
from harness.frameworks.contract import Framework
from harness.record.case import Workload
from harness.worker.protocol import Inputs, MakeInputs

Report = Callable[[str, int, int], None]  # stage, done, total


def make(request: MakeInputs, framework: Framework, report: Report) -> Inputs:
    """Corpus and weights of the request. Raises CorpusError, ModelError and WeightsError, which name the file and the mend."""
    cache = Path(request.cache) if request.cache else platformdirs.user_cache_path("flowers-benchmarks")
    corpus = _corpus(request, cache, framework, report)
    report("making the weights", 0, 0)
    model = models.canonical(request.model)
    file = _weights(request, model, cache, framework)
    return Inputs(
        corpus=corpus.name,
        corpus_folder=corpus.root,
        corpus_sha256=corpus.sha256,
        weights=file.name,
        weights_file=file.path,
        weights_sha256=file.sha256,
        flop_per_item={str(each): model.flop_per_item(each, request.experiment) for each in Workload},
    )


def _corpus(request: MakeInputs, cache: Path, framework: Framework, report: Report) -> flowers.Corpus:
    if request.dataset == oxford.NAME:
        report("downloading Oxford Flowers 102", 0, 0)
        return flowers.real(cache, framework.download)
    return flowers.generated(cache, lambda done, total: report("drawing the corpus", done, total))


def _weights(request: MakeInputs, model: Canonical, cache: Path, framework: Framework) -> WeightsFile:
    if request.weights == "imagenet":
        return model.imagenet(cache, request.experiment, lambda: framework.pretrained(request.model))
    return model.seeded(cache, request.experiment)
