"""The page of the libraries' models, from the examinations that a run has kept."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from harness.record.parting import Examination, Part, Parting, Reason
from history.__main__ import main
from history.gate.exit_code import ExitCode

VERSIONS = {
    "pytorch": {"framework": "torch 2.14.1", "model_library": "torchvision 0.29.1", "host": "a"},
    "tensorflow": {"framework": "tensorflow 2.21.0", "model_library": "keras 3.15.1"},
}


def kept(folder: Path, name: str, *partings: Parting, versions: dict[str, dict[str, str]] = VERSIONS) -> None:
    found = Examination(f"library_{name}", name.title(), ("pytorch", "tensorflow"), partings, (), environments=versions, layers=2)
    folder.mkdir(exist_ok=True)
    (folder / f"library_{name}.json").write_bytes(msgspec.json.encode(found))


def test_the_page_is_of_all_that_are_kept(tmp_path: Path) -> None:
    told = Reason("epsilon", "epsilon is 1e-05 in PyTorch, 0.001 in TensorFlow")
    kept(tmp_path / "kept", "alike")
    kept(tmp_path / "kept", "other", Parting(Part.INFERENCE, "norm", "batch_norm()", "bn", "", 0.0, 0.1, (told,)))
    page = tmp_path / "docs" / "page.md"
    assert main(["library-models", "--examinations", str(tmp_path / "kept"), "--into", str(page)]) == 0
    text = page.read_text(encoding="utf-8")
    assert "torch 2.14.1, torchvision 0.29.1, tensorflow 2.21.0, keras 3.15.1" in text
    assert "| Alike | **yes** |" in text
    assert "epsilon is 1e-05 in PyTorch, 0.001 in TensorFlow" in text


@pytest.mark.parametrize("fault", ["nothing there", "no examination", "two versions"])
def test_what_cannot_be_told_of_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], fault: str) -> None:
    folder = tmp_path / "kept"
    if fault != "nothing there":
        kept(folder, "alike")
    if fault == "no examination":
        (folder / "library_alike.json").write_text("{")
    if fault == "two versions":
        kept(folder, "other", versions={"pytorch": {"framework": "torch 2.15.0"}})
    code = main(["library-models", "--examinations", str(folder), "--into", str(tmp_path / "page.md")])
    assert code == ExitCode.BAD_INPUT
    assert not (tmp_path / "page.md").exists()
    assert str(folder) in (told := capsys.readouterr().err) or fault == "two versions", told


def test_a_page_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    kept(tmp_path / "kept", "alike")
    (tmp_path / "file").write_text("")
    into = tmp_path / "file" / "page.md"
    assert main(["library-models", "--examinations", str(tmp_path / "kept"), "--into", str(into)]) == ExitCode.BAD_INPUT
