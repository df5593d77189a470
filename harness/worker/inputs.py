"""Makes the common inputs on the worker's machine, or finds them made."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from fixtures.corpora import flowers, own, oxford
from fixtures.made_once import writing
from fixtures.models import code, weights
from fixtures.models.description import ModelError
from fixtures.models.kept import FACTS, Kept
from fixtures.models.weights import Weights, WeightsError
from harness.frameworks.contract import Framework, Setup
from harness.frameworks.original import Original
from harness.worker.input_cache import input_cache
from harness.worker.protocol import MadeCorpus, MadeWeights, MakeCorpus, MakeWeights, TakeWeights
from harness.worker.sources import GENERATED, IMAGENET, SEEDED

Report = Callable[[str, int, int], None]  # stage, done, total

NOT_OF_THE_WEIGHTS = frozenset({"softmax", "pretrained", "dropout"})  # options that change no weight: norms see the size
TRAVELS = (".safetensors", ".json")


def corpus(request: MakeCorpus, framework: Framework, report: Report) -> MadeCorpus:
    """Raises CorpusError or CacheError, which name the file and the mend."""
    cache = input_cache(request.cache)
    if request.dataset == GENERATED:
        made = flowers.generated(cache, lambda done, total: report("drawing the corpus", done, total))
    elif request.dataset == oxford.NAME:
        report("downloading Oxford Flowers 102", 0, 0)
        made = flowers.real(cache, framework.download)
    else:
        made = own.corpus(cache, request.dataset, lambda done, total: report("reading the corpus", done, total))
    return MadeCorpus(made.name, made.root, made.sha256, made.classes)


def canonical_weights(request: MakeWeights, original: Original | None, report: Report) -> MadeWeights:
    """Weights, and the facts beside them where there is an original to tell them. Raises ModelError, CacheError and others."""
    setup, model = request.setup, request.setup.model
    model.expect_here()
    kept = _kept(request)
    if not kept.has(kept.weights_name) or (original is not None and kept.facts() is None):
        with kept.locked():
            report("making the weights", 0, 0)
            file = kept.weights(lambda: _weights(request, original))
            if original is not None and kept.facts() is None:
                report("counting", 0, 0)
                kept.keep(FACTS, original.facts(setup, weights.load(Path(file.path))))
    return _made(kept)


def given(file: str) -> dict[str, bytes]:
    """All that is kept of those weights, by the names of the files."""
    return {path.name: path.read_bytes() for path in sorted(Path(file).parent.iterdir()) if path.suffix in TRAVELS}


def taken(request: TakeWeights) -> MadeWeights:
    """The same on this machine. What is here already stays."""
    kept = Kept(input_cache(request.cache) / "models" / Path(request.weights.file).parent.name)
    if lacking := _lacking(kept, request.kept):
        with kept.locked(), writing(kept.folder):
            kept.folder.mkdir(parents=True, exist_ok=True)
            for name, content in lacking.items():
                path = kept.folder / name
                unfinished = path.with_suffix(".unfinished")
                unfinished.write_bytes(content)
                unfinished.replace(path)
    return _made(kept)


def _lacking(kept: Kept, given: Mapping[str, bytes]) -> dict[str, bytes]:
    """Of the files that were given, those that are not here, or other weights."""

    def is_here(name: str, content: bytes) -> bool:
        return kept.has(name) and (name != kept.weights_name or (kept.folder / name).read_bytes() == content)

    return {name: content for name, content in given.items() if not is_here(name, content)}


def _kept(request: MakeWeights) -> Kept:
    setup = request.setup
    options = {name: value for name, value in vars(setup.options).items() if name not in NOT_OF_THE_WEIGHTS}
    made_from: dict[str, Any] = {"model": setup.model.sha256, "seed": setup.experiment.seed, "options": options}
    source = request.source
    if source not in (SEEDED, IMAGENET):
        source, made_from["file"] = "file", _sha256(Path(source))
    return Kept.called(input_cache(request.cache), setup.model.name, source, made_from)


def _weights(request: MakeWeights, original: Original | None) -> Weights:
    setup, maker = request.setup, code.maker(request.setup.model)
    if request.source not in (SEEDED, IMAGENET):
        return _asked(original, request).read(setup, Path(request.source))
    pretrained = _asked(original, request).downloaded(setup) if request.source == IMAGENET else None
    if maker is not None:
        made: Weights = maker.weights(setup.options, setup.experiment.seed, pretrained)
        return made
    seeded = _asked(original, request).seeded(setup)
    return seeded if pretrained is None else _put_over(setup, seeded, pretrained)


def _asked(original: Original | None, request: MakeWeights) -> Original:
    if original is None:
        what = "seeded weights" if request.source == SEEDED else f"the weights of --weights {request.source}"
        raise ModelError(
            f"{request.setup.model.root}: {what} are made by a framework whose names are the canonical ones, and this session has none: "
            f"give it a worker, or write the model a weights.py for seeded ones"
        )
    return original


def _put_over(setup: Setup, seeded: Weights, pretrained: Weights) -> Weights:
    """A pretrained backbone under the seeded head, whose tensors may be missing among the former."""
    for name, values in pretrained.items():
        if name not in seeded:
            raise WeightsError(f"{setup.model.root}: pretrained() gives {name}, which the network has not: leave it out")
        if values.shape != seeded[name].shape:
            told = f"pretrained() gives {name} of shape {values.shape}, the network needs {seeded[name].shape}"
            raise WeightsError(f"{setup.model.root}: {told}: leave it out if it is the head's")
    return seeded | pretrained


def _made(kept: Kept) -> MadeWeights:
    file, facts = kept.weights(dict), kept.facts()
    return MadeWeights(kept.name, file.path, file.sha256, facts.flop_per_item if facts else {})


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        mend = "name a file that is there where the worker runs"
        raise WeightsError(f"--weights: {path} cannot be read ({error.strerror}): {mend}") from error
