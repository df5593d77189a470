"""A verdict for each of a case's fates, and one line for each folder that has none."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.record.outcome import NOT_INSTALLED, Outcome
from history.gate.decision import decide, suspects
from history.gate.evidence import gather
from history.gate.verdict import Severity, Verdict
from history.pairs.folder import pair_files
from history.pairs.plan import Plan
from history.records import BadInput
from tests.history import suite_files as files
from tests.history.pairs_folder import decided, one_case, timed, verdict_of, write_pairs


def test_nothing_changed(tmp_path: Path) -> None:
    write_pairs(tmp_path, pairs=8, cases=20, slow_down={})
    decision = decided(tmp_path)
    assert decision.count(Verdict.OK) == 20
    assert decision.severity is Severity.PASSES
    assert decision.whole_run is not None
    assert decision.whole_run.low < 0 < decision.whole_run.high


def test_the_planted_changes_are_named(tmp_path: Path) -> None:
    write_pairs(tmp_path, pairs=12, cases=20, slow_down={3: 0.10, 7: -0.10, 11: 0.01})
    decision = decided(tmp_path)
    assert {case.case: case.verdict for case in decision.cases if case.verdict is not Verdict.OK} == {
        files.name(3): Verdict.REGRESSED,
        files.name(7): Verdict.IMPROVED,
    }
    finding = verdict_of(decision, 3).finding
    assert finding is not None
    assert finding.low is not None
    assert finding.high is not None
    assert finding.low < 0.10 < finding.high
    assert decision.cases[0].case == files.name(3)  # the worst first
    assert decision.severity is Severity.BLOCKS


def test_what_all_cases_share_is_not_hidden(tmp_path: Path) -> None:
    write_pairs(tmp_path, pairs=12, cases=10, slow_down=dict.fromkeys(range(10), 0.08))
    decision = decided(tmp_path)
    assert decision.count(Verdict.REGRESSED) == 10
    assert decision.whole_run is not None
    assert decision.whole_run.low > 0.06


def test_suspects_are_what_is_not_clear(tmp_path: Path) -> None:
    write_pairs(tmp_path, pairs=4, cases=20, slow_down={3: 0.04})
    found = suspects(gather(pair_files(tmp_path)), Plan(max_pairs=64), across_environments=False)
    assert files.name(3) in found
    assert len(found) < 10


def test_one_pair_shows_nothing(tmp_path: Path) -> None:
    write_pairs(tmp_path, pairs=1, cases=3, slow_down={0: 0.5})
    assert {case.verdict for case in decided(tmp_path).cases} == {Verdict.INCONCLUSIVE}


def test_a_wide_interval_is_inconclusive(tmp_path: Path) -> None:
    for number, seconds in enumerate((0.10, 0.13, 0.08, 0.11), start=1):
        files.write(tmp_path / f"{number:02d}-base.json", [files.plain(files.name(0), [0.1])])
        files.write(tmp_path / f"{number:02d}-head.json", [files.plain(files.name(0), [seconds])])
    case = verdict_of(decided(tmp_path), 0)
    assert case.verdict is Verdict.INCONCLUSIVE
    assert case.severity is Severity.OPEN


def test_missing_and_new(tmp_path: Path) -> None:
    one_case(tmp_path, files.measured(files.name(0), [0.1]), files.measured(files.name(1), [0.1]))
    decision = decided(tmp_path)
    assert verdict_of(decision, 0).verdict is Verdict.MISSING
    assert verdict_of(decision, 1).verdict is Verdict.NEW
    assert decision.severity is Severity.OPEN


def test_a_case_lost_in_one_pair(tmp_path: Path) -> None:
    write_pairs(tmp_path, pairs=8, cases=2, slow_down={})
    files.write(tmp_path / "05-head.json", [files.measured(files.name(0), [0.1])])
    case = verdict_of(decided(tmp_path), 1)
    assert case.verdict is Verdict.INCONCLUSIVE
    assert "pair 5" in case.reason


@pytest.mark.parametrize(
    ("base", "head", "severity"),
    [
        (Outcome.OK, Outcome.CRASHED, Severity.BLOCKS),
        (Outcome.OUT_OF_MEMORY, Outcome.OUT_OF_MEMORY, Severity.OPEN),
        (Outcome.TIMEOUT, Outcome.OK, Severity.OPEN),
        (Outcome.UNSUPPORTED, Outcome.UNSUPPORTED, Severity.PASSES),
    ],
)
def test_failed(tmp_path: Path, base: Outcome, head: Outcome, severity: Severity) -> None:
    for number in (1, 2):
        for side, outcome in (("base", base), ("head", head)):
            path = tmp_path / f"{number:02d}-{side}.json"
            if outcome is Outcome.OK:
                files.write(path, [timed()])
            else:
                files.write(path, [], [files.unmeasured(files.name(0), outcome, "the words")])
    case = verdict_of(decided(tmp_path), 0)
    assert (case.verdict, case.severity) == (Verdict.FAILED, severity)
    assert str(base if head is Outcome.OK else head) in case.reason


def test_a_framework_that_is_installed_on_neither_side_was_not_compared(tmp_path: Path) -> None:
    for side in ("01-base", "01-head", "02-base", "02-head"):
        detail = f"{NOT_INSTALLED} (/usr/bin/python): No module named 'torch'"
        files.write(tmp_path / f"{side}.json", [], [files.unmeasured(files.name(0), Outcome.UNSUPPORTED, detail)])
    case = verdict_of(decided(tmp_path), 0)
    assert (case.verdict, case.severity) == (Verdict.FAILED, Severity.OPEN)


def test_throttled(tmp_path: Path) -> None:
    write_pairs(tmp_path, pairs=4, cases=1, slow_down={})
    files.write(tmp_path / "02-head.json", [], [files.unmeasured(files.name(0), Outcome.THROTTLED)])
    case = verdict_of(decided(tmp_path), 0)
    assert case.verdict is Verdict.INCONCLUSIVE
    assert "throttled" in case.reason


@pytest.mark.parametrize(
    ("section", "change", "said"),
    [
        ("gpu", {"name": "Accelerator X2"}, "gpu: Accelerator X1 → Accelerator X2"),
        ("gpu", None, "gpu: Accelerator X1 → none"),
        ("cpu", {"brand_raw": "Other"}, "cpu: Testor 9000 → Other"),
        ("suite", {"experiment_sha256": "f"}, "experiment: exp (e) → exp (f)"),
        ("suite", {"job_experiment_sha256": "jf"}, "job experiment: je → jf"),
        ("suite", {"job_weights_sha256": "jx"}, "job weights: jw → jx"),
    ],
)
def test_another_machine(tmp_path: Path, section: str, change: dict[str, Any] | None, said: str) -> None:
    one_case(tmp_path, timed(), timed())
    other = files.MACHINE_INFO | {section: None if change is None else files.MACHINE_INFO[section] | change}
    files.write(tmp_path / "03-head.json", [timed()], machine_info=other)
    case = verdict_of(decided(tmp_path), 0)
    assert case.verdict is Verdict.NOT_COMPARABLE
    assert said in case.reason
    assert "03-head.json" in case.reason


def test_another_model_s_cases_alone_do_not_compare(tmp_path: Path) -> None:
    """Its folder was changed: whatever its cases say is of another model. The other model's are judged as ever."""
    mlp = {"case": files.measurement()["case"] | {"model": "mlp"}}
    entries = [timed(), files.measured(files.name(1), [1.0] * 8, **mlp)]
    models = {"mlp": {"sha256": "m", "weights_sha256": "v"}, "resnet50": {"weights_sha256": "w"}}
    for number in range(1, 5):
        for side in ("base", "head"):
            told = models | ({"mlp": {"sha256": "other", "weights_sha256": "v"}} if side == "head" else {})
            suite = files.MACHINE_INFO["suite"] | {"models": told}
            files.write(tmp_path / f"{number:02d}-{side}.json", entries, machine_info=files.MACHINE_INFO | {"suite": suite})
    found = decided(tmp_path)
    assert verdict_of(found, 0).verdict is Verdict.OK
    assert verdict_of(found, 1).verdict is Verdict.NOT_COMPARABLE
    assert verdict_of(found, 1).reason == "model mlp: m → other in 01-head.json"


def test_what_was_not_told_yet_is_no_difference(tmp_path: Path) -> None:
    one_case(tmp_path, timed(), timed(environment=files.ENVIRONMENT | {"library": "2"}))
    suite = {name: value for name, value in files.MACHINE_INFO["suite"].items() if not name.startswith("job_")}
    files.write(tmp_path / "03-head.json", [timed()], machine_info=files.MACHINE_INFO | {"suite": suite | {"experiment": "renamed"}})
    assert verdict_of(decided(tmp_path), 0).verdict is Verdict.OK


def test_machines_are_compared_whichever_file_tells_them(tmp_path: Path) -> None:
    """The first base does not tell its weights; two others do, and differ."""
    one_case(tmp_path, timed(), timed())
    suite = files.MACHINE_INFO["suite"]
    for file, weights in (("01-base", None), ("02-base", "w1"), ("03-head", "w2")):
        told = files.MACHINE_INFO | {"suite": suite | {"weights_sha256": weights}}
        files.write(tmp_path / f"{file}.json", [timed()], machine_info=told)
    rest = {"machine_info": files.MACHINE_INFO | {"suite": suite | {"weights_sha256": "w1"}}}
    for file in ("01-head", "02-head", "03-base", "04-base", "04-head"):
        files.write(tmp_path / f"{file}.json", [timed()], **rest)
    assert "weights: w1 → w2 in 03-head.json" in verdict_of(decided(tmp_path), 0).reason


def test_environments_are_compared_whichever_process_tells_them(tmp_path: Path) -> None:
    """The first base does not tell its library; two others do, and differ."""
    one_case(tmp_path, timed(environment=files.ENVIRONMENT | {"library": "1"}), timed(environment=files.ENVIRONMENT | {"library": "2"}))
    files.write(tmp_path / "01-base.json", [timed()])
    assert "library: 1 → 2" in verdict_of(decided(tmp_path), 0).reason


def test_another_framework_compares_only_on_request(tmp_path: Path) -> None:
    one_case(tmp_path, timed(), timed(environment=files.ENVIRONMENT | {"framework": "torch 2.15.0", "host": "there"}))
    assert "torch 2.14.1 → torch 2.15.0" in verdict_of(decided(tmp_path), 0).reason
    assert verdict_of(decided(tmp_path, across_environments=True), 0).verdict is Verdict.OK


def test_another_device_never_compares(tmp_path: Path) -> None:
    one_case(tmp_path, timed(), timed(environment=files.ENVIRONMENT | {"device_name": "Accelerator X2"}))
    assert verdict_of(decided(tmp_path, across_environments=True), 0).verdict is Verdict.NOT_COMPARABLE


def test_files_with_and_without_measurements_do_not_mix(tmp_path: Path) -> None:
    one_case(tmp_path, timed(), files.plain(files.name(0), [0.1]))
    with pytest.raises(BadInput, match=r"01-head\.json.*without this suite's measurement.*01-base\.json"):
        decided(tmp_path)


@pytest.mark.parametrize(
    ("names", "complaint"),
    [
        ([], "no pairs in there"),
        (["01-base.json"], r"01-base\.json: its partner is missing \(01-head\.json\)"),
        (["01-base.json", "1-base.json", "01-head.json"], "pair 1 is there twice"),
        (["01-base.json", "01-head.json"], "no file has a case in it"),
    ],
)
def test_folders_without_pairs(tmp_path: Path, names: list[str], complaint: str) -> None:
    for each in names:
        files.write(tmp_path / each, [])
    with pytest.raises(BadInput, match=complaint) as caught:
        decided(tmp_path)
    assert re.match(re.escape(str(tmp_path)), str(caught.value))


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such folder"):
        decided(tmp_path / "nowhere")


def test_ten_thousand_cases(tmp_path: Path) -> None:
    for number in (1, 2):
        for side in ("base", "head"):
            benchmarks = [files.plain(files.name(index), [0.1 + 0.0001 * (index % 7)]) for index in range(10_000)]
            files.write(tmp_path / f"{number:02d}-{side}.json", benchmarks)
    decision = decide(gather(pair_files(tmp_path)), Plan(max_pairs=2), across_environments=False)
    assert len(decision.cases) == 10_000


RANKS = {ranks: f"benchmarks/test_data_parallel.py::test_data_parallel[ranks{ranks}]" for ranks in (1, 2, 4)}


def ranked(ranks: int, step_seconds: float, **environment: str) -> dict[str, Any]:
    measured = files.measured(RANKS[ranks], [step_seconds] * 5, phase="data_parallel", environment=files.ENVIRONMENT | environment)
    measured["extra_info"]["measurement"]["case"] |= {"ranks": ranks, "exchange": "synchronized" if ranks == 4 else None}
    return measured


def test_each_number_of_ranks_is_a_case_of_its_own(tmp_path: Path) -> None:
    """Two of them become slower; one rank does not, nor do four, which exchange in another way."""
    random = np.random.default_rng(7)
    for number in range(1, 13):
        for side, slower in (("base", 1.0), ("head", 1.15)):
            noise = random.lognormal(0, 0.01, 3)
            seconds = {ranks: 0.1 * float(each) * (slower if ranks == 2 else 1.0) for ranks, each in zip(RANKS, noise, strict=True)}
            files.write(tmp_path / f"{number:02d}-{side}.json", [ranked(ranks, each) for ranks, each in seconds.items()])
    assert {each.case: each.verdict for each in decided(tmp_path).cases} == {
        RANKS[1]: Verdict.OK,
        RANKS[2]: Verdict.REGRESSED,
        RANKS[4]: Verdict.OK,
    }


def test_ranks_that_had_other_cores_do_not_compare(tmp_path: Path) -> None:
    own, shared = {"cores_of_all_ranks": "2", "cores_shared": "no"}, {"cores_of_all_ranks": "1", "cores_shared": "cores"}
    one_case(tmp_path, ranked(2, 0.1, **own), ranked(2, 0.1, **shared))
    (case,) = decided(tmp_path).cases
    assert case.verdict is Verdict.NOT_COMPARABLE
    assert "cores" in case.reason
