"""Experiments: the report's values, and a clear error for anything else."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.inputs.experiment import FOLDER, Experiment, ExperimentError, Head, load, shipped

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
    report = load("exp1_resnet50_bs32_lr1e-3_e10")
    assert report == Experiment(name="exp1_resnet50_bs32_lr1e-3_e10")
    assert (report.batch_size, report.learning_rate, report.epochs, report.shuffle_buffer) == (32, 1e-3, 10, 1000)
    assert (report.image_size, report.validation_fraction, report.head.hidden_units, report.head.dropout) == (224, 0.2, 128, 0.5)


def test_the_cpus_experiment_differs_in_batch_size_alone() -> None:
    report, cpu = load("exp1_resnet50_bs32_lr1e-3_e10"), load("exp2_resnet50_bs8_lr1e-3_e10")
    assert msgspec.structs.replace(report, name=cpu.name, batch_size=8) == cpu


def test_names_follow_the_reports_scheme() -> None:
    for name in shipped():
        experiment = load(name)
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
    assert load(str(tmp_path / "a.json")).sha256 == load(str(tmp_path / "b.json")).sha256


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"batch_size": 0}', "`int` >= 1 - at `$.batch_size`"),
        ('{"batch_size": "8"}', "Expected `int`, got `str` - at `$.batch_size`"),
        ('{"batchsize": 8}', "unknown field `batchsize`"),
        ('{"optimizer": "lion"}', "Invalid enum value 'lion' - at `$.optimizer`"),
        ('{"learning_rate": -0.1}', "`float` > 0.0 - at `$.learning_rate`"),
        ('{"validation_fraction": 1.0}', "`float` < 1.0 - at `$.validation_fraction`"),
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
        experiment = load(str(path))
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
