"""Bad input: one clear error that names the option or file and the mend, before anything is measured."""

from __future__ import annotations

import pytest

from tests.session.conftest import InnerRun
from tests.stand_in.model import MODEL, write_model


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("--worker=jax=popen", "unknown framework 'jax'"),
        ("--worker=sound", "is no execnet spec"),
        ("--worker=sound=popen//popen", "is no execnet spec"),
        ("--worker=sound=/usr/bin/python3", "is no execnet spec"),
        ("--worker=sound=socket=127.0.0.1:8888", "runs what it is sent in its own process"),
        ("--worker=sound=popen//pyhton=/usr/bin/python3", "unknown: pyhton"),
        ("--case-timeout=0", "'0' is not a number of seconds above 0"),
        ("--case-timeout=soon", "'soon' is not a number of seconds above 0"),
        ("--dataset=roses", "invalid choice: 'roses'"),
        ("--weights=random", "--weights 'random': write seeded, imagenet, or a file that ends in .safetensors, .pt or .pth"),
        ("--weights=mine.pt", "--weights mine.pt: no such file: name one that is there"),
        ("--corpus=birds", "--corpus birds: no such folder: name one that has a folder of JPEG files for each class"),
        ("--model=resnet51", "--model: no model 'resnet51': neither a folder nor one of"),
        ("--model=benchmarks", "model.toml is missing: a model is a folder with model.toml, pytorch.py and tensorflow.py"),
        ("--experiment=exp0", "no experiment 'exp0'"),
    ],
)
def test_bad_option(inner: InnerRun, argument: str, message: str) -> None:
    inner.use("sound", "queued")
    code, output = inner.run(argument)
    assert code == pytest.ExitCode.USAGE_ERROR
    assert message in output
    assert "Traceback" not in output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--model=reader", "--model=other/reader"), "--model: reader is there 2 times"),
        (("--model=resnet50", "--model=reader", "--weights=mine.pt"), "--weights mine.pt: one file for 2 models (resnet50, reader)"),
        (("--corpus=benchmarks", "--dataset=flowers102"), "--corpus benchmarks and --dataset flowers102: there is one corpus"),
        (("--model=reader", "--corpus=benchmarks"), "--corpus benchmarks: no input of reader is from a corpus: leave it out"),
        (("--model=misspelt",), "Object contains unknown field `itme`. Its keys are title, item, loss"),
    ],
)
def test_options_that_contradict_each_other_or_a_model(inner: InnerRun, arguments: tuple[str, ...], message: str) -> None:
    inner.use("sound", "queued")
    write_model(inner.folder / "reader")
    write_model(inner.folder / "other" / "reader")
    (inner.folder / "misspelt").mkdir()
    (inner.folder / "misspelt" / "model.toml").write_text(MODEL.replace("item =", "itme ="))
    (inner.folder / "mine.pt").touch()
    code, output = inner.run(*arguments)
    assert code == pytest.ExitCode.USAGE_ERROR
    assert message in output.replace("- at `$`", "").replace("  ", " ")
    assert "Traceback" not in output


def test_corrupt_experiment_file(inner: InnerRun) -> None:
    inner.use("sound", "queued")
    (inner.folder / "mine.json").write_text('{"batch_size": 8')
    code, output = inner.run("--experiment=mine.json")
    assert code == pytest.ExitCode.USAGE_ERROR
    assert "mine.json is not valid JSON" in output


def test_interpreter_that_is_not_there(inner: InnerRun) -> None:
    inner.use("sound", "queued")
    code, output = inner.run("--worker=sound=popen//python=/no/such/python")
    assert code == pytest.ExitCode.USAGE_ERROR
    assert "no worker could be started" in output
    assert "popen//python=PATH with the path of an interpreter that is there" in " ".join(output.split())


def test_truncated_corpus_names_the_file(inner: InnerRun) -> None:
    inner.use("sound", "queued")
    chosen = (f"--input-cache={inner.folder / 'cache'}", "-k", "data_pipeline")
    code, _ = inner.run(*chosen)
    assert code == pytest.ExitCode.OK
    image = next((inner.folder / "cache").rglob("jpg/image_00007.jpg"))
    image.write_bytes(image.read_bytes()[:1000])
    code, output = inner.run(*chosen)
    assert code == pytest.ExitCode.TESTS_FAILED
    assert "image_00007.jpg" in output
    assert "Delete the folder" in output
