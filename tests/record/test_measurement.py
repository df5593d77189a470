"""The record that travels: nothing is lost on the way, nothing bad gets in, and its figures are what they say."""

from __future__ import annotations

import json
import math
import statistics
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.findings.comparison import title_of
from harness.findings.figures import items_per_second
from harness.phases import PHASES
from harness.record.case import Case, Execution, Precision, Style, Workload
from harness.record.check import Check, EqualWork
from harness.record.measurement import ColdStart, Measurement, Provenance, Reading
from harness.record.outcome import Outcome
from harness.record.round import Round

seconds = st.floats(1e-6, 1e4)
shares = st.floats(0.0, 1.0)
sizes = st.integers(0, 2**50)

cases = st.builds(
    Case,
    framework=st.sampled_from(["pytorch", "tensorflow"]),
    phase=st.sampled_from(sorted(PHASES)),
    workload=st.sampled_from(Workload),
    style=st.sampled_from(Style),
    batch_size=st.integers(1, 4096),
    execution=st.none() | st.sampled_from(Execution),
    precision=st.none() | st.sampled_from(Precision),
)
rounds = st.builds(Round, seconds=seconds, cpu_seconds=seconds, foreign_cpu_share=shares, block=st.integers(0, 100))
measurements = st.builds(
    Measurement,
    case=cases,
    outcome=st.sampled_from(Outcome),
    detail=st.text(),
    steps_per_round=st.integers(1, 1000),
    rounds=st.lists(rounds, max_size=20).map(tuple),
    retaken_rounds=st.integers(0, 100),
    cold_start=st.none() | st.builds(ColdStart, seconds, seconds, st.integers(0, 50), seconds),
    figures=st.dictionaries(st.text(), st.floats(allow_nan=False, allow_infinity=False), max_size=5),
    readings=st.lists(st.builds(Reading, st.text(), st.none() | sizes, st.text(), st.text()), max_size=5).map(tuple),
    equal_work=st.none() | st.builds(EqualWork, st.text(), st.lists(st.builds(Check, st.text(), shares, shares, st.text())).map(tuple)),
    provenance=st.none() | st.builds(Provenance, *[st.text()] * 6),
    environment=st.dictionaries(st.text(), st.text(), max_size=5),
)


@given(measurements)
def test_a_measurement_survives_the_json(measurement: Measurement) -> None:
    written = json.dumps({"extra_info": {"measurement": msgspec.to_builtins(measurement)}}, ensure_ascii=True)
    assert msgspec.convert(json.loads(written)["extra_info"]["measurement"], Measurement) == measurement


@given(measurements)
def test_a_measurement_survives_the_way_from_the_worker(measurement: Measurement) -> None:
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(measurement), type=Measurement) == measurement


@given(measurements, st.data())
def test_a_field_of_another_type_is_refused(measurement: Measurement, data: st.DataObject) -> None:
    built = msgspec.to_builtins(measurement)
    built[data.draw(st.sampled_from(["case", "outcome", "rounds", "steps_per_round", "readings", "environment"]))] = 0.5
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(built, Measurement)


@given(st.lists(seconds, min_size=2, max_size=50), st.integers(1, 100))
def test_figures(durations: list[float], steps: int) -> None:
    case = Case(framework="pytorch", phase="inference", workload=Workload.INFERENCE, style=Style.MATCHED, batch_size=4)
    taken = tuple(Round(each, each, 0.0, 0) for each in durations)
    measurement = Measurement(case=case, outcome=Outcome.OK, steps_per_round=steps, rounds=taken)
    assert measurement.median_step_seconds == pytest.approx(statistics.median(durations) / steps)
    assert items_per_second(measurement) == pytest.approx(4 * steps / statistics.median(durations))
    percentiles = [measurement.percentile_seconds(percent) for percent in (1, 50, 90, 99)]
    assert all(low <= high * (1 + 1e-9) for low, high in pairwise(percentiles))
    assert percentiles[1] == pytest.approx(measurement.median_step_seconds)
    assert min(durations) / steps * (1 - 1e-9) <= percentiles[0]
    assert percentiles[-1] <= max(durations) / steps * (1 + 1e-9)


@pytest.mark.parametrize(("difference", "holds"), [(0.0, True), (1.0, True), (1.1, False), (math.inf, False), (math.nan, False)])
def test_a_check_holds_up_to_its_tolerance_and_never_for_nan(difference: float, holds: bool) -> None:
    assert Check("logits", difference, 1.0, "").holds is holds


def test_the_sides_of_a_comparison_share_its_name_and_nothing_else_does() -> None:
    matched = Case(
        framework="pytorch",
        phase="train_step",
        workload=Workload.FROZEN,
        style=Style.MATCHED,
        batch_size=8,
        execution=Execution.PLAIN,
        precision=Precision.FP32,
    )
    assert title_of(matched) == "train step frozen matched plain fp32 bs8"
    assert title_of(msgspec.structs.replace(matched, framework="tensorflow")) == title_of(matched)
    for change in (
        {"phase": "memory"},
        {"workload": Workload.FULL},
        {"style": Style.STOCK},
        {"batch_size": 9},
        {"execution": Execution.COMPILED},
        {"precision": Precision.BF16},
    ):
        assert title_of(msgspec.structs.replace(matched, **change)) != title_of(matched)
