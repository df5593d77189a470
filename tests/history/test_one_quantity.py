"""A case is watched by one quantity, in the gate and on the page."""

from __future__ import annotations

import math
import statistics
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from harness.findings.watched import Watched
from harness.phases import PHASES
from harness.phases.declaration import Values
from harness.record.figure import Figure, Unit
from harness.record.measurement import Epoch, Reading
from harness.record.outcome import Outcome
from history.gate.evidence import gather
from history.gate.figures import sides
from history.gate.verdict import CaseVerdict, Verdict
from history.pairs.folder import pair_files
from history.records import read
from history.report.condensing import condensed
from history.report.histories import of_machines
from history.report.storage import Dated
from tests.history import suite_files as files
from tests.history.pairs_folder import decided, verdict_of

PAIRS, ROUNDS = 12, 5
MIB = 2**20


def decided_of(folder: Path, base: float, head: float, base_fields: dict[str, Any], head_fields: dict[str, Any]) -> CaseVerdict:
    """base, head: level of the rounds' values, about which the processes differ by 1 %."""
    random = np.random.default_rng(1)
    for number in range(1, PAIRS + 1):
        for side, level, fields in (("base", base, base_fields), ("head", head, head_fields)):
            values = (level * random.lognormal(0, 0.01) * random.lognormal(0, 0.002, ROUNDS)).tolist()
            files.write(folder / f"{number:02d}-{side}.json", [files.measured(files.name(0), values, **fields)])
    return verdict_of(decided(folder), 0)


def largest(batch_size: int) -> dict[str, Any]:
    """Its allocator's peak grows with the batch."""
    peak = Reading("allocator_peak_bytes", (500 + 30 * batch_size) * MIB, "the framework's allocator")
    return {"phase": "largest_batch", "figures": {"largest_batch_size": float(batch_size)}, "readings": (peak,)}


def job() -> dict[str, Any]:
    """Of which the epochs are its rounds: training and validation."""
    epoch = Epoch(
        training_seconds=0.7,
        validation_seconds=0.3,
        training_loss=1.0,
        validation_loss=1.0,
        validation_accuracy=0.5,
        training_images=80,
        validation_images=20,
    )
    return {"phase": "fine_tuning", "epochs": (epoch,) * ROUNDS}


def test_a_larger_batch_that_fits_is_no_regression(tmp_path: Path) -> None:
    """Its steps take longer and its peak is higher, its images take no longer."""
    case = decided_of(tmp_path, 1.0, 1.2, largest(100), largest(120))
    assert (case.verdict, case.memory) == (Verdict.OK, ())
    assert case.finding is not None
    assert case.finding.base == pytest.approx(0.010, rel=0.01)
    assert case.finding.head == pytest.approx(0.010, rel=0.01)
    assert sides(case.finding).endswith(" ms")
    assert case.finding.quantity.title == "time for one image at the largest batch"


def test_images_that_take_longer_at_the_largest_batch_are_one(tmp_path: Path) -> None:
    case = decided_of(tmp_path, 1.2, 1.2, largest(120), largest(100))
    assert case.verdict is Verdict.REGRESSED
    assert "+20.2% in time" in case.reason


@pytest.mark.parametrize(
    ("base", "head", "quantity", "share"),
    [(largest(100), largest(120), "seconds_per_image", 1 / 100), (job(), job(), "epoch_seconds", 1.0)],
    ids=["largest batch", "fine-tuning"],
)
def test_gate_and_page_have_the_same_number(
    tmp_path: Path, base: dict[str, Any], head: dict[str, Any], quantity: str, share: float
) -> None:
    """share: of a base's round, which the number is the median of."""
    decided_of(tmp_path, 1.0, 1.2, base, head)
    (case,) = gather(pair_files(tmp_path)).cases
    (first,) = read(tmp_path / "01-base.json").rows
    assert case.how.figure.name == quantity
    assert math.exp(case.base[1].log_cost or math.nan) == pytest.approx(share * statistics.median(first.step_seconds))
    for pair in pair_files(tmp_path):
        for path, samples in ((pair.base, case.base), (pair.head, case.head)):
            night = condensed(read(path))
            (side,) = night.sides
            assert night.hows[side.how] == case.how
            assert side.value == pytest.approx(math.exp(samples[pair.number].log_cost or math.nan))


def test_the_meter_that_the_page_watches_is_judged_too(tmp_path: Path) -> None:
    """Without a GPU it is the host's, children included."""

    def fields(size: int) -> dict[str, Any]:
        return {"phase": "memory", "readings": (Reading("host_anonymous_bytes", size, "smaps_rollup"),)}

    case = decided_of(tmp_path, 0.1, 0.1, fields(1000 * MIB), fields(1100 * MIB))
    assert case.verdict is Verdict.REGRESSED
    assert [each.name for each in case.memory] == ["host_anonymous_bytes"]
    night = condensed(read(tmp_path / "01-head.json"))
    assert night.sides[0].value == case.memory[0].head_bytes


def memory_night(folder: Path, place: int, meter: str) -> Dated:
    """meter: "" where the case failed."""
    fields = {"phase": "memory", "readings": (Reading(meter, (place + 1) * MIB, "status"),)}
    failed = files.unmeasured(files.name(0), Outcome.CRASHED) | {"measurement": files.measurement("memory", outcome=Outcome.CRASHED)}
    measured = [files.measured(files.name(0), [0.1], **fields)] if meter else []
    run = read(files.write(folder / f"{place}.json", measured, [] if meter else [failed]))
    return Dated(source=f"{place}.json", when=datetime(2026, 11, 20 + place, tzinfo=UTC), night=condensed(run))


def test_a_failed_night_leaves_the_history_of_its_case(tmp_path: Path) -> None:
    """Without a reading nobody knows by which meter it would have been: the nights before are watched by theirs all the same."""
    (machine,) = of_machines([memory_night(tmp_path, place, meter) for place, meter in enumerate(["allocator_peak_bytes"] * 2 + [""])])
    (case,) = machine.cases
    assert case.how.figure.name == "allocator_peak_bytes"
    assert case.values == [1 * MIB, 2 * MIB, None]
    assert case.times_measured == 2
    assert np.exp(case.log_costs(3)[:2]) == pytest.approx([1 * MIB, 2 * MIB])


def test_nights_that_were_watched_by_another_meter_are_no_history(tmp_path: Path) -> None:
    """File pages were counted in before they were told apart: without this a leap would be listed, and called an improvement."""
    meters = ("host_with_children_bytes", "host_with_children_bytes", "host_anonymous_bytes", "host_anonymous_bytes")
    nights = [memory_night(tmp_path, place, meter) for place, meter in enumerate(meters)]
    (machine,) = of_machines(nights)
    (case,) = machine.cases
    assert case.values == [None, None, 3 * MIB, 4 * MIB]
    assert np.exp(case.log_costs(len(nights))[2:]) == pytest.approx([3 * MIB, 4 * MIB])
    assert np.isnan(case.log_costs(len(nights))[:2]).all()


@pytest.mark.parametrize(
    ("head", "verdict", "said"), [(90.0, Verdict.REGRESSED, "-9.9% in speed"), (112.0, Verdict.IMPROVED, "+12.2% in speed")]
)
def test_where_more_is_better_less_is_a_regression(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, head: float, verdict: Verdict, said: str
) -> None:
    rate = Watched(Figure("speed", "speed", Unit.RATE), Values.ROUNDS, higher_is_better=True, worse="lower", better="higher")
    monkeypatch.setitem(PHASES, "train_step", msgspec.structs.replace(PHASES["train_step"], watched=rate))
    case = decided_of(tmp_path, 100.0, head, {}, {})
    assert (case.verdict, case.reason) == (verdict, said)
    assert case.finding is not None
    assert case.finding.low is not None
    assert case.finding.high is not None
    assert case.finding.low < case.finding.change < case.finding.high
