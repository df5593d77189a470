"""Which cases a model has, and why it has no others: told in the collection report, a line for each reason."""

from __future__ import annotations

import pytest

from fixtures.models.description import FILE, Loss, Model
from harness.phases import PHASES, ladders
from harness.record.case import Case, Workload
from harness.record.exchange import pieces
from harness.record.fairness import SURROUNDINGS

OF_THE_PIPELINE = frozenset(ladders.PIPELINE) - SURROUNDINGS
NO_CORPUS = "its inputs are not images of a corpus"

NotCollected = dict[tuple[str, str], dict[str, None]]  # by model and reason: what there are no cases of, in order
NOT_COLLECTED = pytest.StashKey[NotCollected]()


def why_not(case: Case, model: Model) -> tuple[str, str] | None:
    """What the model has no cases of, and the reason; None where the case is one of its own."""
    phase = PHASES[case.phase]
    title = phase.title.lower()
    if phase.needs_corpus and not model.from_corpus:
        return title, NO_CORPUS
    if phase.needs_classes and model.loss is not Loss.CROSS_ENTROPY:
        return title, f"it counts what is recognised, and the loss of {FILE} is {model.loss}"
    if case.batch_size % pieces(case):
        exchanging = f" that exchange {case.exchange}" if pieces(case) > case.ranks else ""
        return f"{case.ranks} ranks{exchanging}", f"a batch of {case.batch_size} cannot be split into {pieces(case)} equal parts"
    if case.workload is Workload.FROZEN and not model.trained:
        return f"workload {case.workload}", f"{FILE} has no `trained` that says which layers it trains"
    if case.rung in OF_THE_PIPELINE and not model.from_corpus:
        return f"rungs of an input pipeline in {title}", NO_CORPUS
    return None


def note(config: pytest.Config, model: str, what: str, why: str) -> None:
    config.stash.setdefault(NOT_COLLECTED, {}).setdefault((model, why), {})[what] = None


def pytest_report_collectionfinish(config: pytest.Config) -> list[str]:
    """`mlp: no data pipeline, end to end, fine-tuning: its inputs are not images of a corpus`."""
    return [f"{model}: no {', '.join(what)}: {why}" for (model, why), what in config.stash.get(NOT_COLLECTED, {}).items()]
