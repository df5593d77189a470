"""Experiments: the report's values, and a clear error for anything else."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.inputs.experiment import FOLDER, Experiment, ExperimentError, Head, Run, load, shipped

experiments = st.builds(
    Experiment,
    name=st.text(min_size=1),
    batch_size=st.integers(1, 65536),
    learning_rate=st.floats(1e-9, 10.0),
    epochs=st.integers(1, 1000),
    shuffle_buffer=st.integers(1, 10**6),
    image_size=st.integers(32, 1024),
    validation_fraction=st.floats(0.01, 0.99),
    head=st.builds(Head, hidden_units=st.integers(1, 4096), dropout=st.floats(0.0, 0.99)),
    frozen_backbone=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)


def test_the_reports_values_are_the_defaults() -> None:
    report = load("exp1_resnet50_bs32_lr1e-3_e10").steps
    assert report == Experiment(name="exp1_resnet50_bs32_lr1e-3_e10")
    assert (report.batch_size, report.learning_rate, report.epochs, report.shuffle_buffer) == (32, 1e-3, 10, 1000)
    assert (report.image_size, report.validation_fraction, report.head.hidden_units, report.head.dropout) == (224, 0.2, 128, 0.5)


def test_the_cpus_experiment_differs_in_batch_size_alone() -> None:
    report, cpu = load("exp1_resnet50_bs32_lr1e-3_e10").steps, load("exp2_resnet50_bs8_lr1e-3_e10").steps
    assert msgspec.structs.replace(report, name=cpu.name, batch_size=8) == cpu


def test_names_follow_the_reports_scheme() -> None:
    for name in shipped():
        experiment = load(name).jobs
        assert experiment.name == name
        scheme = f"_resnet50_bs{experiment.batch_size}_lr{experiment.learning_rate:.0e}_e{experiment.epochs}".replace("e-0", "e-")
        assert name.endswith(scheme)
        assert (FOLDER / f"{name}.json").is_file()


@given(experiments)
def test_an_experiment_survives_its_file(experiment: Experiment) -> None:
    again = msgspec.json.decode(msgspec.json.encode(experiment), type=Experiment)
    assert again == experiment
    assert again.sha256 == experiment.sha256


@given(experiments, experiments)
def test_the_hash_tells_experiments_apart(first: Experiment, second: Experiment) -> None:
    assert (first == second) == (first.sha256 == second.sha256)


def test_the_hash_is_of_the_values_not_of_the_layout(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"name": "x", "epochs": 3, "batch_size": 4}')
    (tmp_path / "b.json").write_text('{\n  "batch_size": 4,\n  "learning_rate": 1e-3, "epochs": 3, "name": "x"}')
    assert load(str(tmp_path / "a.json")).steps.sha256 == load(str(tmp_path / "b.json")).steps.sha256


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"batch_size": 0}', "`int` >= 1 - at `$.batch_size`"),
        ('{"batch_size": "8"}', "Expected `int`, got `str` - at `$.batch_size`"),
        ('{"batchsize": 8}', "unknown field `batchsize`"),
        ('{"optimizer": "lion"}', "Invalid enum value 'lion' - at `$.optimizer`"),
        ('{"learning_rate": -0.1}', "`float` > 0.0 - at `$.learning_rate`"),
        ('{"validation_fraction": 1.0}', "`float` < 1.0 - at `$.validation_fraction`"),
        ('{"batch_size": -8}', "`int` >= 1 - at `$.batch_size`"),
        ('{"target_accuracy": 1.5}', "`float` <= 1.0 - at `$.target_accuracy`"),
        ('{"extends": 7}', '"extends" is 7: write the name of an experiment, or a file'),
        ('{"extends": "mine.json"}', "extends itself"),
        ('{"benchmarks": []}', "a run that does not say what it was made with"),
        ('{"benchmarks": [], "experiments": {"steps": {"name": "x"}, "jobs": null}}', "Expected `object`, got `null`"),
        ('{"head": {"dropout": 1.0}}', "`float` < 1.0 - at `$.head.dropout`"),
        ('{"image_size": 16}', "`int` >= 32 - at `$.image_size`"),
        ("[]", "holds no JSON object"),
        ('{"batch_size": 8', "is not valid JSON"),
        ("", "is not valid JSON"),
    ],
)
def test_a_bad_file_is_refused_by_name_and_field(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "mine.json"
    path.write_text(content)
    with pytest.raises(ExperimentError) as refused:
        load(str(path))
    assert str(path) in str(refused.value)
    assert message in str(refused.value)
    assert str(refused.value).startswith("--experiment: ")


@given(st.binary(max_size=200))
def test_no_bytes_end_in_another_error(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "bytes.json"
    path.write_bytes(content)
    try:
        experiment = load(str(path)).steps
    except ExperimentError as error:
        message = str(error)
    else:
        assert experiment == msgspec.convert({"name": "bytes"} | json.loads(content), Experiment)
        return
    assert str(path) in message


@given(st.text(max_size=50))
def test_no_name_ends_in_another_error(name: str) -> None:
    if name not in shipped() and not Path(name.replace("\0", "")).exists():
        with pytest.raises(ExperimentError, match="neither a file nor one of"):
            load(name)


def test_an_experiment_extends_another(tmp_path: Path) -> None:
    """A shipped one by its name, one beside it by its file; what is an object is merged field by field."""
    (tmp_path / "base.json").write_text('{"extends": "exp1_resnet50_bs32_lr1e-3_e10", "head": {"hidden_units": 64}, "epochs": 3}')
    (tmp_path / "mine.json").write_text('{"extends": "base.json", "head": {"dropout": 0.1}, "batch_size": 16}')
    report = load("exp1_resnet50_bs32_lr1e-3_e10").steps
    expected = msgspec.structs.replace(report, name="mine", epochs=3, batch_size=16, head=Head(hidden_units=64, dropout=0.1))
    assert load(str(tmp_path / "mine.json")) == Run(expected, expected)


def test_a_base_that_is_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text('{"extends": "gone.json"}')
    with pytest.raises(ExperimentError, match=r"no experiment '.*gone\.json'"):
        load(str(tmp_path / "mine.json"))


@given(experiments, experiments)
def test_a_run_is_repeated_from_its_json(tmp_path_factory: pytest.TempPathFactory, steps: Experiment, jobs: Experiment) -> None:
    path = tmp_path_factory.getbasetemp() / "run.json"
    path.write_bytes(msgspec.json.encode({"benchmarks": [], "experiments": Run(steps, jobs)}))
    assert load(str(path)) == Run(steps, jobs)
