"""From a case to what its work is built from."""

from __future__ import annotations

from fixtures.experiments.experiment import Experiment
from harness.frameworks.contract import Setup
from harness.phases import PHASES
from harness.record.case import Case, Style


def setup_of(
    case: Case, experiment: Experiment, *, model: str, corpus: str = "", weights: str = "", threads: int = 1, pretrained: bool = False
) -> Setup:
    """corpus: its folder; weights: their file. In a matched job there is no dropout: the curves have to coincide."""
    phase = PHASES[case.phase]
    return Setup(
        case=case,
        neutral=phase.neutral(case),
        fed=phase.fed,
        whole_job=phase.whole_job,
        model=model,
        experiment=experiment,
        corpus=corpus,
        weights=weights,
        threads=threads,
        dropout=0.0 if phase.whole_job and case.style is Style.MATCHED else experiment.head.dropout,
        pretrained=pretrained,
    )
