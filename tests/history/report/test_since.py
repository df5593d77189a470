"""The first sentence of the page: what changed since the run before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.record.outcome import Outcome
from tests.history.report.commits_repository import commits
from tests.history.report.generated_cases import many_cases
from tests.history.report.generated_nights import Machine, Nights, Plant
from tests.history.report.test_newest import THREE, built, day, night, overview

NIGHTS = 14
SLOWER, FASTER = Plant("fp32-frozen-bs1]", NIGHTS - 3, 1.5), Plant("pytorch-matched-eager-bf16-frozen-bs1]", NIGHTS - 3, 0.5)


RESTS_ON = "One run against one run. A lasting change is told once 3 runs show it, of a case with 10 undisturbed runs or more"


def since(storage: Path) -> dict[str, Any]:
    return overview(built(storage))["since"]  # type: ignore[no-any-return]


def nights(storage: Path, *plants: Plant, **changes: Any) -> None:
    quiet = {"driver_night": None, "upgrade_night": None}
    Nights(Machine(nights=NIGHTS, rounds=8, cases=many_cases(3), plants=plants, **(quiet | changes))).write(storage)


def test_of_the_first_run(tmp_path: Path) -> None:
    night(tmp_path / "storage", cases=THREE)
    found = since(tmp_path / "storage")
    assert found["sentence"] == "The first run on this machine: there is nothing yet to compare it with."
    assert found["before"] == found["remark"] == ""


def test_of_a_run_of_other_cases(tmp_path: Path) -> None:
    night(tmp_path / "storage", cases=THREE[:1])
    night(tmp_path / "storage", 1, cases=THREE[1:2])
    assert since(tmp_path / "storage")["sentence"].startswith("None of its cases was measured before on this machine")


def test_of_a_few_runs_it_is_the_largest_difference_and_what_that_rests_on(tmp_path: Path) -> None:
    night(tmp_path / "storage", cases=THREE)
    night(tmp_path / "storage", 1, cases=THREE[:1], plants=(Plant("tensorflow", 0, 1.5),))
    found = since(tmp_path / "storage")
    assert found["sentence"].startswith(f"The largest difference from the run of {day(0)} is +")
    assert found["sentence"].endswith(": step of TensorFlow’s train step frozen matched plain fp32 bs1.")
    assert found["remark"] == f"{RESTS_ON}: 0 of 2 have as many."
    assert found["compared"] == 2


def test_where_nothing_changed(tmp_path: Path) -> None:
    nights(tmp_path / "storage")
    found = since(tmp_path / "storage")
    assert found["sentence"].startswith(f"No new lasting change is found yet; the largest difference from the run of {day(NIGHTS - 2)} is ")
    assert found["remark"] == f"{RESTS_ON}: 6 of 6 have as many."


def test_a_change_of_two_nights_is_not_told_as_none(tmp_path: Path) -> None:
    """It might last: the difference is told, and that it takes a third run."""
    nights(tmp_path / "storage", Plant("pytorch-matched-eager-bf16-frozen-bs1]", NIGHTS - 1, 1.5))
    found = since(tmp_path / "storage")
    assert found["sentence"].startswith(
        f"No new lasting change is found yet; the largest difference from the run of {day(NIGHTS - 2)} is +"
    )
    assert found["sentence"].endswith(": step of PyTorch’s train step frozen matched plain bf16 bs1.")


def test_a_case_with_few_nights_is_not_vouched_for_by_another(tmp_path: Path) -> None:
    for days in range(10):
        night(tmp_path / "storage", days, cases=THREE[: 1 if days < 8 else 3], frameworks=("pytorch",))
    assert since(tmp_path / "storage")["remark"] == f"{RESTS_ON}: 1 of 3 has as many."


def disturb(storage: Path, days: float, part: str) -> None:
    """The rounds of the cases whose node id holds `part`, in the night of that day."""
    (path,) = (storage / f"{days}").glob("*.json")
    content = json.loads(path.read_text())
    for each in content["benchmarks"]:
        if part in each["fullname"]:
            for one in each["extra_info"]["measurement"]["rounds"]:
                one["foreign_cpu_share"] = 1.0
    path.write_text(json.dumps(content))


def test_what_was_disturbed_is_not_the_largest_difference(tmp_path: Path) -> None:
    night(tmp_path / "storage", cases=THREE[:1])
    night(tmp_path / "storage", 1, cases=THREE[:1], plants=(Plant("tensorflow", 0, 1.5),))
    disturb(tmp_path / "storage", 1, "tensorflow")
    assert since(tmp_path / "storage")["sentence"].endswith(": step of PyTorch’s train step frozen matched plain fp32 bs1.")
    disturb(tmp_path / "storage", 1, "pytorch")
    found = since(tmp_path / "storage")
    assert found["sentence"].startswith(f"No case can be compared with the run of {day(0)}: each was disturbed in one of the two")
    assert found["remark"] == ""


def test_a_failure_is_part_of_it(tmp_path: Path) -> None:
    nights(tmp_path / "storage", failing={NIGHTS - 1: ("tensorflow-matched-graph-bf16", Outcome.CRASHED, "")})
    assert since(tmp_path / "storage")["sentence"].endswith("; 1 case failed.")


@pytest.mark.parametrize(
    ("plants", "told"),
    [
        ((FASTER,), ("PyTorch’s train step frozen matched plain bf16 bs1 became faster: −", "% step.")),
        ((SLOWER,), ("2 cases became slower or larger, most of all ", "% step.")),
        ((SLOWER, FASTER), ("2 cases became slower or larger, most of all ", "% step; 1 case became faster or smaller.")),
    ],
)
def test_what_became_slower_and_faster(tmp_path: Path, plants: tuple[Plant, ...], told: tuple[str, str]) -> None:
    nights(tmp_path / "storage", *plants)
    sentence = since(tmp_path / "storage")["sentence"]
    assert sentence.startswith(told[0])
    assert sentence.endswith(told[1])


def test_an_older_commit_that_is_measured_later_has_no_commits_since(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hashes = commits(tmp_path / "repository", [f"Work of day {number}" for number in range(2)])
    paths = Nights(Machine(nights=2, rounds=8, cases=THREE[:1], driver_night=None), hashes).write(tmp_path / "storage")
    contents = [json.loads(path.read_text()) for path in paths]
    for path, content, other in zip(paths, contents, reversed(contents), strict=True):
        path.write_text(json.dumps(content | {"commit_info": other["commit_info"] | {"time": content["commit_info"]["time"]}}))
    monkeypatch.chdir(tmp_path / "repository")
    site = built(tmp_path / "storage")
    assert overview(site)["since"]["between"]["count"] == 0
    assert "commits since" not in (site / "index.html").read_text()


def test_what_came_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commits, and what else is another now."""
    hashes = commits(tmp_path / "repository", [f"Work of day {number}" for number in range(3)])
    machine = Machine(nights=2, rounds=8, cases=THREE[:1], driver_night=1, upgrade_night=1)
    Nights(machine, [hashes[0], hashes[2]]).write(tmp_path / "storage")
    monkeypatch.chdir(tmp_path / "repository")
    found = since(tmp_path / "storage")
    assert found["between"]["count"] == 2
    assert [each["subject"] for each in found["between"]["commits"]] == ["Work of day 2", "Work of day 1"]
    assert "gpu driver: 595.58 → 610.20" in found["meanwhile"]
    assert any(each.startswith("PyTorch, ") and "torch 2.14.0 → torch 2.14.1" in each for each in found["meanwhile"])
