"""A night without its rounds is the same night: what page, trends and exports have of it is as it was, to the last digit."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.record.outcome import Outcome
from harness.record.round import Round
from history.nights.condensed_file import condensed_file
from history.packing import compact, packed
from history.records import TO_DECIDE, TO_SHOW, BadInput, parse, read
from history.report.condensing import condensed
from history.report.night import Night
from tests.history import suite_files as files
from tests.history.report.generated_cases import of_model, standard_cases
from tests.history.report.generated_nights import Machine, Nights

ROUNDS = st.lists(
    st.builds(
        Round,
        seconds=st.floats(1e-9, 1e6),
        cpu_seconds=st.floats(0, 1e6),
        foreign_cpu_share=st.floats(0, 1),
        block=st.integers(0, 5),
        device_seconds=st.none() | st.floats(1e-9, 1e6),
        throttled_share=st.none() | st.floats(0, 1),
    ),
    min_size=1,
    max_size=12,
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every phase, a model beside the default one, a case that failed, and one of another suite."""
    cases = (*standard_cases(), *of_model("mlp", standard_cases()[3:6]))
    failing = {0: ("train_step[tensorflow-matched-xla", Outcome.OUT_OF_MEMORY, "no room")}
    (path,) = Nights(Machine(nights=1, rounds=40, cases=cases, failing=failing)).write(tmp_path_factory.mktemp("whole"))
    content = json.loads(path.read_bytes())
    content["benchmarks"].append(files.plain("other.py::test_other", [0.3, 0.1, 0.2, 0.7]) | {"stats": statistics([0.3, 0.1, 0.2, 0.7])})
    path.write_text(json.dumps(content, indent=4))
    return path


def statistics(seconds: list[float]) -> dict[str, Any]:
    """As pytest-benchmark writes them; its quartiles are not ours."""
    return {"data": seconds, "min": min(seconds), "q1": 0.15, "median": 0.25, "q3": 0.5, "max": max(seconds)}


def night(path: Path, content: bytes) -> Night:
    return condensed(parse(path, content, TO_SHOW))


def without_rounds(content: bytes) -> bytes:
    return condensed_file(Path("night.json"), content)


def test_all_figures_are_as_they_were(whole: Path) -> None:
    content = whole.read_bytes()
    before, after = night(whole, content), night(whole, without_rounds(content))
    assert len(before.ratios) > 10
    assert {side.outcome for side in before.sides} >= {Outcome.OK, Outcome.OUT_OF_MEMORY}
    assert after.condensed
    assert not before.condensed
    assert msgspec.structs.replace(after, condensed=False) == before


def test_no_round_is_left_and_most_of_the_room_is_free(whole: Path) -> None:
    content = whole.read_bytes()
    document = json.loads(without_rounds(content))
    for entry in document["benchmarks"]:
        assert "data" not in entry["stats"]
        assert not {"rounds", "references", "memory_curve"} & entry["extra_info"].get("measurement", {}).keys()
    assert "measurement.rounds" in document["condensed"]["left_out"]
    assert len(packed(without_rounds(content))) < len(packed(compact(content))) / 4 < len(content) / 40


def test_a_second_time_it_stays_as_it_is(whole: Path) -> None:
    once = without_rounds(whole.read_bytes())
    assert without_rounds(once) == without_rounds(packed(once)) == once


@settings(max_examples=60, deadline=None)
@given(st.lists(ROUNDS, min_size=1, max_size=2), st.integers(1, 3), st.booleans())
def test_whatever_the_rounds_were(sides: list[list[Round]], steps: int, limited: bool) -> None:
    """Two sides where there are two; disturbed and throttled ones among them, turns that only one has, and the limit beside them."""
    document = msgspec.json.encode({"machine_info": files.MACHINE_INFO, "benchmarks": benchmarks(sides, steps, limited)})
    path = Path("night.json")
    assert msgspec.structs.replace(night(path, without_rounds(document)), condensed=False) == night(path, document)


def benchmarks(sides: list[list[Round]], steps: int, limited: bool) -> list[Mapping[str, Any]]:
    found = []
    for place, rounds in enumerate(sides):
        references = {"limit": tuple(rounds[::-1])} if limited else {}
        measurement = files.measurement(rounds=tuple(rounds), steps_per_round=steps, references=references)
        measurement["case"]["framework"] = ("pytorch", "tensorflow")[place]
        five = statistics([each.seconds / steps for each in rounds])
        found.append({"fullname": files.name(place), "stats": five, "extra_info": {"measurement": measurement}})
    return found


def test_no_decision_is_made_of_it(tmp_path: Path, whole: Path) -> None:
    path = tmp_path / "01-base.json.gz"
    path.write_bytes(packed(without_rounds(whole.read_bytes())))
    with pytest.raises(BadInput, match="condensed: it has no raw durations any more"):
        read(path, TO_DECIDE)


@pytest.mark.parametrize("told", [{"value": 0.0}, {"low": -1.0}, {"value": "much"}, {"ratio": {"estimate": 0, "low": 1, "high": 1}}])
def test_what_is_no_measure_is_refused(whole: Path, told: dict[str, Any]) -> None:
    document = json.loads(without_rounds(whole.read_bytes()))
    document["benchmarks"][0]["extra_info"]["condensed"] |= told
    with pytest.raises(BadInput, match="not a pytest-benchmark file"):
        parse(whole, json.dumps(document).encode(), TO_SHOW)


def test_unpacked_pytest_benchmark_compares_it(tmp_path: Path, whole: Path) -> None:
    for name, content in (("0001_whole.json", whole.read_bytes()), ("0002_condensed.json", without_rounds(whole.read_bytes()))):
        document = json.loads(content)
        document["benchmarks"] = [each for each in document["benchmarks"] if "test_inference[" in each["fullname"]]
        (tmp_path / name).write_text(json.dumps(document))
    command = [str(Path(sys.executable).with_name("pytest-benchmark")), "compare", "0001_whole.json", "0002_condensed.json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("pytorch-matched-eager-fp32-bs1]") == 2
