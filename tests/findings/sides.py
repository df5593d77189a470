"""Made-up sides of comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from harness.frameworks import FRAMEWORKS
from harness.frameworks.listing import Listing
from harness.record.case import Case, Style, Workload
from harness.record.measurement import ColdStart, Epoch, Measurement, Reading
from harness.record.outcome import Outcome
from harness.record.round import Round

FIRST, SECOND, THIRD = "pytorch", "tensorflow", "third"  # in the order of the listing
TURNS = 5


def add_a_third(monkeypatch: pytest.MonkeyPatch) -> None:
    """To the frameworks that are listed."""
    monkeypatch.setitem(FRAMEWORKS, THIRD, Listing(place=9, title="Third", module="", executions={}, strategies={"threads": "by threads"}))


def case(framework: str, phase: str = "train_step", style: Style = Style.MATCHED, **axes: Any) -> Case:
    return Case(**{"framework": framework, "phase": phase, "workload": Workload.FROZEN, "style": style, "batch_size": 8} | axes)


def side(of: Case, seconds: float, foreign_share: float = 0.0, **fields: Any) -> Measurement:
    """Each turn has a round of so many seconds, times what the turn's number adds to all sides."""
    rounds = tuple(Round(seconds * (1 + turn / 100), seconds, foreign_share, turn) for turn in range(TURNS))
    return Measurement(**{"case": of, "outcome": Outcome.OK, "rounds": rounds, "cold_start": ColdStart(0.1, 0.2, 1, 0.3)} | fields)


def readings(**values: int | None) -> tuple[Reading, ...]:
    return tuple(Reading(name, value, "test") for name, value in values.items())


def job(
    framework: str,
    seconds: Sequence[float],
    style: Style = Style.STOCK,
    loss: float = 0.9,
    accuracy: float = 0.7,
    disturbed: Sequence[int] = (),
    throttled: Sequence[int] = (),
    peak_bytes: int | None = 2**30,
    images: int = 1020,
    deviation: float = 0.5,
    **axes: Any,
) -> Measurement:
    """Seconds of training of each epoch; its validation takes a quarter of that."""
    epochs = tuple(Epoch(each, each / 4, 1.0, loss, accuracy, 1020, images) for each in seconds)
    rounds = tuple(
        Round(1.25 * each, each, 0.5 if place in disturbed else 0.0, place, throttled_share=0.5 if place in throttled else 0.0)
        for place, each in enumerate(seconds)
    )
    return Measurement(
        case=case(framework, "fine_tuning", style, **axes),
        outcome=Outcome.OK,
        epochs=epochs,
        rounds=rounds,
        figures={"validation_loss_deviation": deviation},
        readings=readings(host_anonymous_bytes=peak_bytes),
    )
