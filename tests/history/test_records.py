"""The reader: what it takes, what it refuses, and that it never says more than one line about it."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.record.measurement import SCHEMA_VERSION
from harness.record.outcome import Outcome
from history.records import BadInput, read
from tests.history import suite_files as files

DURATIONS = st.lists(st.floats(min_value=1e-9, max_value=1e6, allow_nan=False), min_size=1, max_size=5)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


def write_bytes(content: bytes) -> Path:
    path = Path(tempfile.mkdtemp()) / "01-base.json"
    path.write_bytes(content)
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "01-base.json"


def refusal(path: Path) -> str:
    with pytest.raises(BadInput) as caught:
        read(path)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    return message


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.text(min_size=1, max_size=20), DURATIONS, max_size=4))
def test_durations_come_back_as_written(cases: dict[str, list[float]]) -> None:
    path = files.write(write_bytes(b""), [files.plain(name, seconds) for name, seconds in cases.items()])
    assert {row.fullname: list(row.step_seconds) for row in read(path).rows} == cases


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_whatever_replaces_a_part_is_read_or_refused_in_one_line(data: st.DataObject) -> None:
    content: Any = {
        "machine_info": json.loads(json.dumps(files.MACHINE_INFO)),
        "benchmarks": [files.measured(files.name(0), [0.1, 0.2], peak_bytes=5)],
        "unmeasured": [files.unmeasured(files.name(1), Outcome.CRASHED)],
    }
    place = content
    while True:  # walk down to a random part
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        if not place[key] or not isinstance(place[key], dict | list) or data.draw(st.booleans()):
            break
        place = place[key]
    place[key] = data.draw(JSON)
    path = write_bytes(json.dumps(content).encode())
    try:
        rows = read(path).rows
    except BadInput:
        refusal(path)
    else:
        assert all(row.step_seconds or row.outcome is not Outcome.OK for row in rows)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_anything_else_is_refused_in_one_line(content: bytes) -> None:
    refusal(write_bytes(content))


@settings(max_examples=30, deadline=None)
@given(st.floats(0.01, 0.99))
def test_a_truncated_file_is_refused(share: float) -> None:
    path = files.write(write_bytes(b""), [files.measured(files.name(0), [0.1, 0.2])])
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    refusal(path)


def test_a_measurement_comes_with_its_row(path: Path) -> None:
    files.write(path, [files.measured(files.name(0), [0.1], peak_bytes=7)], [files.unmeasured(files.name(1), Outcome.TIMEOUT, "300 s")])
    timed, untimed = read(path).rows
    assert timed.measurement is not None
    assert timed.measurement.readings[0].value_bytes == 7
    assert (untimed.outcome, untimed.detail, untimed.step_seconds) == (Outcome.TIMEOUT, "300 s", ())


def test_the_machine_is_read(path: Path) -> None:
    machine = read(files.write(path, [])).machine
    assert (machine.cpu, machine.cpu_count, machine.gpu, machine.experiment_sha256) == ("Testor 9000", 16, "Accelerator X1", "e")


@pytest.mark.parametrize(
    ("durations", "complaint"),
    [
        ([0.1, 0.0], "a duration of 0 s"),
        ([-1.0], "a duration of -1 s"),
        ([float("nan")], "NaN"),
        ([float("inf")], "Infinity"),
        ([], "no raw"),
    ],
)
def test_durations_that_are_none(path: Path, durations: list[float], complaint: str) -> None:
    assert complaint in refusal(files.write(path, [files.plain(files.name(0), durations)]))


def test_no_raw_durations(path: Path) -> None:
    benchmark = files.plain(files.name(0), [1.0])
    del benchmark["stats"]["data"]
    assert "--benchmark-json" in refusal(files.write(path, [benchmark]))


@pytest.mark.parametrize("place", ["measurement", "suite"])
def test_another_schema_version(path: Path, place: str) -> None:
    if place == "measurement":
        files.write(path, [files.measured(files.name(0), [0.1], schema_version=SCHEMA_VERSION + 1)])
    else:
        files.write(path, [], machine_info={"suite": {"schema_version": SCHEMA_VERSION + 1}})
    assert f"schema version {SCHEMA_VERSION + 1}" in refusal(path)


def test_a_case_that_is_there_twice(path: Path) -> None:
    assert "twice" in refusal(files.write(path, [files.plain(files.name(0), [1.0])] * 2))


def test_unmeasured_without_saying_why(path: Path) -> None:
    assert "outcome" in refusal(files.write(path, [], [files.unmeasured(files.name(0), Outcome.OK)]))


def test_a_file_that_is_not_there(path: Path) -> None:
    assert re.search(r"cannot be read \(No such file", refusal(path))
