"""From a case to what its work is built from."""

from __future__ import annotations

from fixtures.experiments.experiment import Experiment
from fixtures.models.folder import Folder
from harness.frameworks.contract import Setup
from harness.phases import PHASES
from harness.record.case import Case, Style


def setup_of(
    case: Case,
    experiment: Experiment,
    *,
    model: Folder,
    corpus: str = "",
    classes: int = 0,
    weights: str = "",
    threads: int = 1,
    pretrained: bool = False,
) -> Setup:
    """corpus: its folder, of so many classes; weights: their file. In a matched job there is no dropout: the curves have to coincide.

    Only a model whose inputs are a corpus' images has a pipeline. Raises ModelError.
    """
    phase = PHASES[case.phase]
    return Setup(
        case=case,
        neutral=phase.neutral(case),
        fed=phase.fed and model.description.from_corpus,
        whole_job=phase.whole_job,
        model=model,
        experiment=experiment,
        corpus=corpus,
        classes=classes,
        weights=weights,
        threads=threads,
        drops_out=not (phase.whole_job and case.style is Style.MATCHED),
        pretrained=pretrained,
    )
