"""An exit code that means a verdict is never given for anything else."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from history.__main__ import main
from history.commands import gate
from history.gate.exit_code import ExitCode
from tests.history import planted_suite
from tests.history.pairs_folder import write_pairs
from tests.history.report.generated_cases import many_cases
from tests.history.report.generated_nights import Machine, Nights

PROJECT = Path(__file__).parents[2]
NOWHERE = "/proc/x"  # where nobody can make anything, root included
FULL = "/dev/full"


def told(capsys: pytest.CaptureFixture[str]) -> str:
    """The one sentence."""
    (line,) = capsys.readouterr().err.splitlines()
    return line


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(planted_suite.create(tmp_path / "project"))
    return tmp_path / "project"


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    """In which nothing changed."""
    (tmp_path / "pairs").mkdir()
    write_pairs(tmp_path / "pairs", 8, 2, {})
    return tmp_path / "pairs"


@pytest.fixture
def storage(tmp_path: Path) -> Path:
    Nights(Machine(nights=3, rounds=4, cases=many_cases(2))).write(tmp_path / "storage")
    return tmp_path / "storage"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("gate", "--base", "base", "--into", NOWHERE), f"--into {NOWHERE}: no folder can be made there"),
        (("gate", "--base", "base", "--into", "file"), "--into file: no folder can be made there"),
        (("gate", "--base", "base", "--into", "file/below"), "--into file/below: no folder can be made there"),
        (
            ("gate", "--base", "base", "--json", "nowhere/out.json"),
            "--json nowhere/out.json: cannot be written (there is no folder nowhere)",
        ),
        (("gate", "--base", "base", "--markdown", "."), "--markdown .: is a folder. Name a file."),
        (("gate", "--base", "base", "--junit-xml", "file/out.xml"), "--junit-xml file/out.xml: cannot be written"),
        (("gate", "--pairs", NOWHERE), f"{NOWHERE}: no such folder"),
        (("noise", "--into", NOWHERE), f"--into {NOWHERE}: no folder can be made there"),
        (("noise", "--json", "."), "--json .: is a folder"),
        (("report", "file", "--output", "site"), "file: no such folder"),
        (("recover", "file"), "file"),
        (("library-models", "--examinations", NOWHERE, "--into", "x.md"), f"--examinations {NOWHERE}: no library_*.json there"),
        (("measured", NOWHERE, "--into", "x.md"), f"{NOWHERE}: is no folder"),
    ],
)
def test_a_place_that_cannot_be_is_told_before_anything_is_measured(
    project: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], sentence: str
) -> None:
    (project / "file").touch()
    assert main(arguments) == ExitCode.BAD_INPUT
    assert sentence in told(capsys)
    assert not list(project.glob(".benchmarks/*/*-base.*"))


def test_a_folder_of_the_collection_may_be_where_the_decision_goes(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As in the workflow: it is made before the files are looked for. The first pair is never begun."""
    assert main(("gate", "--base", "nothing", "--into", "gate", "--json", "gate/decision.json")) == ExitCode.BAD_INPUT
    assert "'nothing' is no revision" in told(capsys)
    arguments = ("gate", "--base", "base", "--into", "gate", "--json", "gate/decision.json", "--budget", "0.000001")
    assert main(arguments) == ExitCode.BAD_INPUT
    assert "no pairs in there" in capsys.readouterr().err


def test_what_is_written_when_all_is_measured_and_cannot_be(pairs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for option, path, why in (
        ("--json", f"{NOWHERE}/a", os.strerror(errno.ENOENT)),
        ("--markdown", FULL, os.strerror(errno.ENOSPC)),
        ("--junit-xml", str(pairs), os.strerror(errno.EISDIR)),
    ):
        assert main(("gate", "--pairs", str(pairs), option, path)) == ExitCode.BAD_INPUT
        assert told(capsys).endswith(f"{option} {path}: cannot be written ({why}).")


@pytest.mark.parametrize("cache", [NOWHERE, FULL, "file"])
def test_a_cache_that_cannot_be_written_is_done_without(
    storage: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], cache: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    assert main(("report", str(storage), "--output", "site", "--cache", cache)) == 0
    captured = capsys.readouterr()
    assert f"--cache {cache}: cannot be written" in captured.err
    assert "3 runs of up to" in captured.out
    assert (tmp_path / "site/index.html").is_file()


def test_a_cache_that_fills_the_disk_or_is_damaged_is_done_without(storage: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = ("report", str(storage), "--output", str(tmp_path / "site"), "--cache", str(tmp_path / "cache"))
    write = Path.write_bytes

    def half(path: Path, content: bytes) -> int:
        if path.is_relative_to(tmp_path / "cache"):
            write(path, content[:10])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(path, content)

    with monkeypatch.context() as context:
        context.setattr(Path, "write_bytes", half)
        assert main(arguments) == 0
    assert [path for path in (tmp_path / "cache").rglob("*") if path.is_file()] == []
    assert main(arguments) == 0
    kept = sorted((tmp_path / "cache").rglob("*.msgpack"))
    assert len(kept) == 3
    sound = kept[1].read_bytes()
    kept[0].write_bytes(b"")
    kept[1].write_bytes(sound[:50] + bytes([sound[50] ^ 1]) + sound[51:])
    assert main(arguments) == 0
    assert kept[1].read_bytes() == sound


def test_a_site_that_cannot_be_is_told_before_a_year_of_runs_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(("report", str(tmp_path / "nowhere"), "--output", NOWHERE, "--cache", str(tmp_path))) == ExitCode.BAD_INPUT
    assert f"--output {NOWHERE}: no folder can be made there" in told(capsys)


def raising(error: BaseException) -> Callable[[object], int]:
    def run(options: object) -> int:
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (RuntimeError("a fault"), ExitCode.FAULT, "a fault of this program, no verdict (RuntimeError)"),
        (AssertionError(), ExitCode.FAULT, "no verdict (AssertionError)"),
        (RecursionError(), ExitCode.FAULT, "no verdict (RecursionError)"),
        (MemoryError(), ExitCode.FAULT, "no verdict (MemoryError)"),
        (OSError(errno.ENOSPC, "No space left on device", "/a/b"), ExitCode.BAD_INPUT, "/a/b: No space left on device."),
        (OSError(errno.EMFILE, "Too many open files"), ExitCode.BAD_INPUT, "python -m history: Too many open files."),
        (OSError("said alone"), ExitCode.BAD_INPUT, "said alone."),
        (KeyboardInterrupt(), ExitCode.INTERRUPTED, "stopped."),
    ],
)
def test_what_goes_wrong_is_no_verdict(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: BaseException, code: ExitCode, sentence: str
) -> None:
    monkeypatch.setattr(gate, "run", raising(error))
    assert main(("gate", "--base", "x")) == code
    assert sentence in capsys.readouterr().err.splitlines()[-1]
    assert code not in (ExitCode.NOTHING_REGRESSED, ExitCode.REGRESSED, ExitCode.INCONCLUSIVE)


def test_what_is_not_installed_is_no_verdict(tmp_path: Path) -> None:
    """Python's own exit code for it is 1."""
    (tmp_path / "rich.py").write_text("raise ModuleNotFoundError(\"No module named 'rich'\", name='rich')")
    done = history("gate", "--pairs", "x", PYTHONPATH=f"{tmp_path}:{PROJECT}")
    assert done.returncode == ExitCode.BAD_INPUT
    assert done.stderr == "python -m history: No module named 'rich'. Install what the suite needs: pip install -e .\n"


def history(*arguments: str, stdout: int = subprocess.PIPE, **environment: str) -> subprocess.CompletedProcess[str]:
    variables = os.environ | {"PYTHONPATH": str(PROJECT)} | environment
    command = [sys.executable, "-m", "history", *arguments]
    return subprocess.run(command, stdout=stdout, stderr=subprocess.PIPE, text=True, env=variables, cwd="/", check=False)


def test_a_reader_that_went_is_no_verdict(pairs: Path) -> None:
    """`history gate … | head`: rich's own way out is exit code 1."""
    reading, writing = os.pipe()
    os.close(reading)
    done = history("gate", "--pairs", str(pairs), stdout=writing)
    os.close(writing)
    assert done.returncode == ExitCode.BROKEN_PIPE
    assert done.stderr == "python -m history: nobody reads what it prints any more.\n"


def test_names_that_are_no_text_are_no_reason_to_end(
    storage: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    site = Path(os.fsdecode(bytes(tmp_path) + b"/caf\xe9"))
    assert main(("report", str(storage), "--output", str(site), "--cache", str(tmp_path / "cache"))) == 0
    assert (site / "data/history.parquet").is_file()
    monkeypatch.setattr(gate, "run", lambda options: print(site.name) or 0)
    assert main(("gate", "--base", "x")) == 0
    assert capsys.readouterr().out.endswith("caf?\n")


def test_a_terminal_without_most_letters(pairs: Path) -> None:
    done = history("gate", "--pairs", str(pairs), PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stdout.isascii(), done.stderr) == (ExitCode.NOTHING_REGRESSED, True, "")
