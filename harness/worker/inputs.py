"""Makes the common inputs on the worker's machine, or finds them made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import platformdirs

from fixtures.corpora import flowers
from fixtures.corpora.batch import calibration_images
from fixtures.models.resnet50 import weights
from harness.frameworks.contract import Framework
from harness.worker.protocol import Inputs, MakeInputs

Report = Callable[[str, int, int], None]  # stage, done, total


def make(request: MakeInputs, framework: Framework, report: Report) -> Inputs:
    """Corpus and weights of the request. Raises CorpusError and WeightsError, which name the file and the mend."""
    cache = Path(request.cache) if request.cache else platformdirs.user_cache_path("flowers-benchmarks")
    corpus = _corpus(request, cache, framework, report)
    report("making the weights", 0, 0)
    file = _weights(request, cache, framework)
    return Inputs(
        corpus=corpus.name,
        corpus_folder=corpus.root,
        corpus_sha256=corpus.sha256,
        weights=file.name,
        weights_file=file.path,
        weights_sha256=file.sha256,
    )


def _corpus(request: MakeInputs, cache: Path, framework: Framework, report: Report) -> flowers.Corpus:
    if request.dataset == flowers.REAL:
        report("downloading Oxford Flowers 102", 0, 0)
        return flowers.real(cache, framework.download)
    return flowers.generated(cache, lambda done, total: report("drawing the corpus", done, total))


def _weights(request: MakeInputs, cache: Path, framework: Framework) -> weights.WeightsFile:
    if request.weights == "imagenet":
        return weights.imagenet(cache, request.experiment, framework.pretrained)
    return weights.canonical(cache, request.experiment, calibration_images())
