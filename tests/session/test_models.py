"""Models of a session: their cases and ids, what is not collected and why, and inputs that are made once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.record.outcome import Outcome
from tests.session.conftest import InnerRun, measurements, outcomes
from tests.stand_in.model import MODEL, WEIGHTS, write_model

NO_CORPUS = "its inputs are not images of a corpus"
LOADING = """
import pytest

@pytest.mark.cases("core", phase="data_pipeline", style="matched", workload="loading", batch_size=8)
def test_data_pipeline(measure):
    measure()
"""
MATCHED = "matched-plain-fp32-frozen-bs8"


@pytest.fixture
def models(inner: InnerRun) -> InnerRun:
    inner.use("sound", "queued")
    write_model(inner.folder / "reader")
    return inner


def cached(inner: InnerRun) -> str:
    return f"--input-cache={inner.folder / 'cache'}"


def collected(inner: InnerRun, *arguments: str) -> tuple[list[str], list[str]]:
    """Ids, and the lines of what is not collected."""
    code, output = inner.run("--collect-only", "-q", *arguments)
    assert code == pytest.ExitCode.OK
    lines = output.splitlines()
    return [line for line in lines if "::" in line], [line for line in lines if ": no " in line]


def test_the_default_models_ids_do_not_name_it(models: InnerRun) -> None:
    ids, lines = collected(models)
    assert (collected(models, "--model=resnet50")) == (ids, lines)
    assert lines == []
    assert f"benchmarks/test_inner.py::test_train_step[sound-{MATCHED}]" in ids


def test_others_ids_begin_with_the_model_and_what_does_not_apply_is_told(models: InnerRun) -> None:
    ids, lines = collected(models, "--model=reader")
    assert f"benchmarks/test_inner.py::test_train_step[reader-sound-{MATCHED}]" in ids
    assert all("[reader-" in each for each in ids)
    assert not any("data_pipeline" in each for each in ids)
    assert lines == [f"reader: no data pipeline: {NO_CORPUS}"]


def test_several_stand_beside_each_other_sides_still_neighbours(models: InnerRun) -> None:
    alone, _ = collected(models, "--model=resnet50")
    ids, _ = collected(models, "--model=resnet50", "--model=reader")
    assert [each for each in ids if "reader-" not in each] == alone
    for first, second in zip(ids[::2], ids[1::2], strict=True):
        assert first.replace("sound", "queued") == second


def test_what_no_layer_is_trained_of_has_no_frozen_cases(models: InnerRun) -> None:
    write_model(models.folder / "plain", model=MODEL.replace('trained = ["head."]', ""))
    ids, lines = collected(models, "--model=plain", "-k", "inference or train_step or memory")
    assert {each.partition("::")[2].partition("[")[0] for each in ids} == {"test_inference"}
    assert "plain: no workload frozen: model.toml has no `trained` that says which layers it trains" in lines


def test_where_nothing_applies_there_is_no_test_at_all(models: InnerRun) -> None:
    (models.folder / "benchmarks" / "test_inner.py").write_text(LOADING)
    code, output = models.run("--model=reader", "-rs")
    assert code == pytest.ExitCode.NO_TESTS_COLLECTED
    assert f"reader: no data pipeline: {NO_CORPUS}" in output
    assert "NOTSET" not in output
    assert "skipped" not in output


def test_it_is_measured_named_and_recorded(models: InnerRun) -> None:
    code, _ = models.run("--model=reader", "--benchmark-json=out.json", cached(models))
    assert code == pytest.ExitCode.OK
    report = models.json()
    found = measurements(report)
    assert {each.case.model for each in found.values()} == {"reader"}
    assert {each.item for each in found.values()} == {"sentence"}
    told = report["machine_info"]["suite"]["models"]["reader"]
    assert told["title"] == "Reader"
    assert report["machine_info"]["suite"]["corpus"] is None
    for each in found.values():
        assert each.provenance is not None
        assert (each.provenance.model_sha256, each.provenance.weights_sha256) == (told["sha256"], told["weights_sha256"])
        assert (each.provenance.model_title, each.provenance.corpus) == ("Reader", "")
        if each.case.style == "matched" and each.case.phase == "train_step":
            assert each.equal_work is not None
            assert {check.name for check in each.equal_work.checks} >= {"loss curve", "gradient norm", "weights"}
            assert "pixels" not in {check.name for check in each.equal_work.checks}
    assert not (models.folder / "cache" / "generated-v1").exists()
    assert [path.name for path in (models.folder / "cache").iterdir()] == ["models"], "no corpus is drawn that nothing asks for"


def test_the_second_session_makes_nothing(models: InnerRun) -> None:
    """Weights and roundings: each is found."""
    chosen = ("--model=reader", cached(models), "-k", "matched and not tf32")
    models.run(*chosen)
    kept = _kept(models.folder / "cache")
    assert any("rounding-" in name for name in kept)
    assert any(name.endswith(".safetensors") for name in kept)
    code, _ = models.run(*chosen)
    assert code == pytest.ExitCode.OK
    assert _kept(models.folder / "cache") == kept


def _kept(cache: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in cache.rglob("*") if path.is_file() and path.suffix != ".lock"}


def test_what_cannot_be_made_is_tried_once_and_told_by_the_users_line(models: InnerRun) -> None:
    counted = WEIGHTS.replace("    return {", "    open('tried', 'a').write('x')\n    return options.nothing, {").replace("}\n", "}\n")
    write_model(models.folder / "broken", weights=counted)
    code, _ = models.run("--model=broken", "--benchmark-json=out.json", cached(models), "-k", "not tf32")
    assert code == pytest.ExitCode.TESTS_FAILED
    found = measurements(models.json())
    assert len(found) > 4
    for each in found.values():
        assert each.outcome is Outcome.ERROR
        assert f"{models.folder}/broken/weights.py, line 7: return options.nothing" in each.detail
        assert "options has no 'nothing', only classes, dropout" in each.detail
    assert (models.folder / "tried").read_text() == "x"


def test_one_that_needs_a_framework_for_its_weights_says_so(models: InnerRun) -> None:
    write_model(models.folder / "bare", weights="")
    code, _ = models.run("--model=bare", "--benchmark-json=out.json", cached(models), "-k", "inference")
    assert code == pytest.ExitCode.TESTS_FAILED
    for each in measurements(models.json()).values():
        assert "bare: seeded weights are made by a framework whose names are the canonical ones" in each.detail


def test_where_the_framework_that_makes_weights_is_not_installed_a_model_with_its_own_is_measured(models: InnerRun) -> None:
    conftest = models.folder / "conftest.py"
    listing = "FRAMEWORKS['sound']"
    replaced = f"{listing} = msgspec.structs.replace({listing}, original=NONE, package=NONE)"
    absent = f"import msgspec\nNONE = 'tests.stand_in.not_installed'\n{replaced}\n\npytest_plugins"
    conftest.write_text(conftest.read_text().replace("pytest_plugins", absent, 1))
    write_model(models.folder / "bare", weights="")
    both = ("--model=reader", "--model=bare", "-k", "inference and bs8")
    code, output = models.run(*both, "--benchmark-json=out.json", cached(models), "-rs")
    assert code == pytest.ExitCode.OK
    found = outcomes(models.json())
    assert {name.partition("[")[2].partition("-")[0]: outcome for name, outcome in found.items()} == {"reader": "ok", "bare": "unsupported"}
    assert "bare: Sound makes its weights, in a worker of its own whatever is measured, and could not: " in output


def test_a_changed_model_does_not_compare_with_what_it_was(models: InnerRun) -> None:
    chosen = ("--model=reader", cached(models), "-k", "inference and bs8")
    models.run("--benchmark-json=first.json", *chosen)
    with (models.folder / "reader" / "sound.py").open("a") as file:
        file.write("# one thing more\n")
    code, output = models.run("--benchmark-compare=first.json", *chosen)
    assert code == pytest.ExitCode.USAGE_ERROR
    assert "does not compare" in output
    assert "model reader: " in output
    json.loads((models.folder / "first.json").read_text())
