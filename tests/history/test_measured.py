"""The page of what a machine has measured: it is the one that the command makes, its figures are those of the files, and old files read."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from history.__main__ import main
from history.gate.exit_code import ExitCode
from history.measured.again import command
from history.measured.folder import read_folder
from history.nights.condensed_file import condensed_file
from tests.history import suite_files as files

PROJECT = Path(__file__).parents[2]
PAGE = Path("docs/measured/h200.md")
H200 = Path("docs/measured/h200")
BOTH = "both-fp32.json"
FULL_STEP = "benchmarks/test_train_step.py::test_train_step[{}-full-bs32]"
H200_FP32_TERAFLOPS = 66.9
TOLD = 0.005  # of a figure, what three digits leave out


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the H200's, below the folder that commands are given in."""
    shutil.copytree(PROJECT / H200, tmp_path / H200)
    monkeypatch.chdir(tmp_path)
    return tmp_path / H200


def made(folder: Path = H200) -> str:
    assert main(["measured", str(folder), "--into", str(PAGE)]) == 0
    return PAGE.read_text(encoding="utf-8")


def change(path: Path, how: Callable[[dict[str, Any]], Any]) -> None:
    document = json.loads(path.read_bytes())
    how(document)
    path.write_text(json.dumps(document))


def section(page: str, title: str) -> str:
    return page.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def rows(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]


def row(text: str, *beginning: str) -> list[str]:
    (found,) = (each for each in rows(text) if each[: len(beginning)] == list(beginning))
    return found


@pytest.mark.usefixtures("folder")
def test_the_page_in_the_repository_is_the_one_that_its_command_makes() -> None:
    kept = (PROJECT / PAGE).read_text(encoding="utf-8")
    told = re.findall(r"^python -m history (.*)$", kept, re.MULTILINE)
    assert main(told[-1].split()) == 0
    assert PAGE.read_text(encoding="utf-8") == kept


def test_its_speeds_follow_from_the_durations_in_the_file_alone() -> None:
    benchmarks = {each["fullname"]: each for each in json.loads((PROJECT / H200 / BOTH).read_bytes())["benchmarks"]}
    seconds = [
        statistics.median(benchmarks[FULL_STEP.format(side)]["stats"]["data"])
        for side in ("pytorch-matched-eager-fp32", "tensorflow-matched-graph-fp32")
    ]
    page = (PROJECT / PAGE).read_text(encoding="utf-8")
    told = row(section(page, "Side by side").partition("Inference")[0], "full matched plain fp32 bs32", "images/s")
    assert [float(each) for each in told[2:4]] == pytest.approx([32 / each for each in seconds], rel=TOLD)
    assert float(re.match(r"\*\*PyTorch ([\d.]+)× faster\*\*", told[5])[1]) == pytest.approx(seconds[1] / seconds[0], rel=0.01)  # type: ignore[index]
    low, high = map(float, told[4].partition(", ")[2].split(" – "))
    assert low <= seconds[0] / seconds[1] <= high


def test_shares_of_the_peak_powers_and_published_figures_fit_together() -> None:
    """Three figures of a row each tell a fourth."""
    page = (PROJECT / PAGE).read_text(encoding="utf-8")
    energy = section(page, "Share of the chip's peak, and energy")
    of_cases = [each for each in rows(energy) if each[1] in ("PyTorch", "TensorFlow")]
    assert len(of_cases) == 16
    for case, _, rate, gflop, share, joules, power in of_cases:
        if "stock" not in case:
            assert float(share.rstrip("%")) / 100 == pytest.approx(
                float(rate.replace(",", "")) * float(gflop) / (H200_FP32_TERAFLOPS * 1e3), abs=0.001
            )
            assert float(gflop) == (24.288 if "full" in case else 8.175)
        assert float(power.rstrip(" W")) == pytest.approx(float(rate.replace(",", "")) * float(joules), rel=0.01)
    published = section(page, "Beside figures that others have published")
    of_nvidia = [each for each in rows(published) if "367 images/s" in each[2]]
    assert of_nvidia[0][2] == f"**367 images/s**, {367 * 24.288 / 15.7e3:.1%} of its peak"
    assert all(each[0].startswith("[NVIDIA") and "](https://" in each[0] for each in rows(published)[2:])


def test_it_says_what_it_rests_on_and_what_is_not_there() -> None:
    page = (PROJECT / PAGE).read_text(encoding="utf-8")
    for text in (
        "One run each",
        "NVIDIA H200",
        "580.159.04",
        "torch 2.11.0+cu130",
        "tensorflow 2.21.0",
        "2026-11-28 02:52 UTC",
        "dbfcf39be26e",
    ):
        assert text in page.replace("\\", "")
    coverage = section(page, "Measured, and not measured")
    for phase in ("Data pipeline", "End to end", "Fine-tuning", "Largest batch", "Model formats", "Pipeline scaling"):
        assert row(coverage, phase) == [phase, "–", "–"]
    assert "TensorFlow: tf32, bf16, fused norm, compiled, stock" in coverage
    memory = section(page, "Memory, by each meter")
    assert row(memory, "device allocator peak")[1:4] == ["544 MiB", "428 MiB", "1.27"]
    assert "file pages were" in memory


def test_it_renders_as_tables_of_one_width_each() -> None:
    tokens = MarkdownIt("commonmark").enable("table").parse((PROJECT / PAGE).read_text(encoding="utf-8"))
    assert sum(token.type == "table_open" for token in tokens) > 10
    assert [token.content for token in tokens if token.type == "heading_open" and token.tag == "h1"] == [""]
    assert not [token for token in tokens if token.type == "inline" and token.content.startswith("|")]  # a table that was none
    widths: list[int] = []
    for token in tokens:
        if token.type == "tr_open":
            widths.append(0)
        elif token.type in ("td_open", "th_open"):
            widths[-1] += 1
        elif token.type == "table_close":
            assert len(set(widths)) == 1
            widths = []


def test_its_commands_name_cases_that_there_are() -> None:
    for session in read_folder(PROJECT / H200).sessions:
        (line,) = {command(session, H200.as_posix()).replace("\\\n", "")}
        words = [word.strip('"') for word in line.split()]
        asked = [sys.executable, "-m", *words, "--collect-only", "-q", "-p", "no:cacheprovider"]
        done = subprocess.run(asked, cwd=PROJECT, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert sorted(each for each in done.stdout.splitlines() if "::" in each) == sorted(words[1:-1])


@pytest.mark.parametrize("place", ["docs/a&b", "docs/(x)", "a;b", "it's", "a b", "$HOME", "docs/[1]"])
def test_a_folder_of_any_name_is_one_word_of_its_command(place: str) -> None:
    session = read_folder(PROJECT / H200).sessions[0]
    assert shlex.split(command(session, place).replace("\\\n", ""))[-1] == f"--experiment={place}/{session.name}"


def test_files_that_lack_what_today_s_have_read_and_say_so(folder: Path) -> None:
    """No git, no driver that tells, nothing of the interpreter, readings or energy."""

    def older(document: dict[str, Any]) -> None:
        document["commit_info"] = {"id": "unversioned"}
        document["datetime"] = ""
        document["machine_info"] = {"cpu": {}, "suite": {"schema_version": 2}}
        for each in document["benchmarks"]:
            measurement = each["extra_info"]["measurement"]
            for name in ("figures", "missing", "readings", "cold_start", "equal_work", "provenance", "environment"):
                del measurement[name]

    (folder / "published.toml").unlink()
    for path in folder.glob("*.json"):
        change(path, older)
    page = made()
    assert row(section(page, "Measured on"), "<code>both-fp32.json</code>")[1:3] == ["not told", "<code>unversioned</code>"]
    assert row(section(page, "Measured on"), "GPU")[1] == "none"
    assert row(section(page, "Side by side"), "full matched plain fp32 bs32", "images/s")[2:4] == ["809", "399"]
    for title in ("Share of the chip's peak, and energy", "Cold starts", "Beside figures that others have published"):
        assert f"## {title}" not in page


def test_a_commit_that_is_not_told_is_unversioned(folder: Path) -> None:
    for path in folder.glob("*.json"):
        change(path, lambda document: document.pop("commit_info"))
    assert "<code>unversioned</code>" in made()


def test_runs_of_an_older_record_and_of_a_cpu_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for path in sorted((PROJECT / "tests/record/stored").glob("*.json")):
        folder = tmp_path / path.stem
        folder.mkdir()
        shutil.copy(path, folder / path.name)
        (folder / "about.toml").write_text('title = "An older run"\n')
        page = made(folder)
        assert page.startswith("# An older run\n")
        assert "## Measured on" in page


def other_suite(folder: Path) -> None:
    files.write(folder / "other.json", [files.plain("test_other.py::test_other", [1.0])])


def condensed(folder: Path) -> None:
    (folder / BOTH).write_bytes(condensed_file(folder / BOTH, (folder / BOTH).read_bytes()))


def replaced(name: str, old: str, new: str) -> Callable[[Path], Any]:
    return lambda folder: (folder / name).write_text((folder / name).read_text().replace(old, new))


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (lambda folder: [path.unlink() for path in folder.glob("*.json")], "has no *.json. Measure with --benchmark-json="),
        (lambda folder: shutil.rmtree(folder), "is no folder. Name the one that has the sessions' JSON and about.toml"),
        (lambda folder: (folder / "about.toml").unlink(), "about.toml: cannot be read (No such file or directory). It has to say at least"),
        (replaced("about.toml", "title =", "titel ="), "about.toml: Object "),
        (replaced("about.toml", "title =", "title"), "about.toml: "),
        (other_suite, "other.json: has no case of this suite. Remove it from the folder"),
        (condensed, f"{BOTH}: was condensed, and has no rounds to tell a ratio of"),
        (lambda folder: (folder / BOTH).write_text("{"), f"{BOTH}: not valid JSON"),
        (replaced(BOTH, '"NVIDIA H200"', '"NVIDIA B200"'), "are of two machines (gpu: "),
        (replaced("published.toml", BOTH, "nobody.json"), "published.toml: nobody.json has no case benchmarks/"),
        (replaced("published.toml", '"V100 SXM2 16 GB, fp32" = 15.7', ""), "'V100 SXM2 16 GB, fp32' is not among [chips]"),
        (replaced("published.toml", "images_per_second", "images_per_year"), "has no figure images_per_year"),
    ],
)
def test_what_cannot_be_told_of_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], fault: Callable[[Path], Any], told: str
) -> None:
    fault(folder)
    assert main(["measured", str(H200), "--into", str(PAGE)]) == ExitCode.BAD_INPUT
    assert told in capsys.readouterr().err
    assert not PAGE.exists()


def test_words_of_a_file_are_text(folder: Path) -> None:
    hostile = "Xeon <script>alert(1)</script> | ![x](http://here) `"
    for path in folder.glob("*.json"):
        change(path, lambda document: document["machine_info"]["cpu"].update(brand_raw=hostile))
    page = MarkdownIt("commonmark").enable("table").render(made())
    assert "<script" not in page
    assert "<img" not in page
