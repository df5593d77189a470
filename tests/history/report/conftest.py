"""A site of 62 generated nights, with known changes and hostile words, built once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from harness.record.outcome import Outcome
from history.__main__ import main
from tests.history.report.browser import launched, served
from tests.history.report.commits_repository import commits
from tests.history.report.generated_nights import Machine, Nights, Plant
from tests.history.report.watched_page import Watched

NIGHTS = 62
PLANTED_NIGHT = 50
NEW_NIGHT = NIGHTS - 3
HOSTILE_MESSAGE = "Faster <script>document.title='owned'</script> & \"quoted\" </script><img src=x onerror=\"document.title='owned'\">"
HOSTILE_DETAIL = "<img src=https://example.org/x onerror=\"document.title='owned'\"> ran out of memory"
LONG_DETAIL = HOSTILE_DETAIL + " \x1b]0;owned\x07 \u202efile.exe \x00\ufffe\n" + "\n".join(f"  line {number}" for number in range(30))
HOSTILE_BRANCH = "feature/<b onmouseover=alert(1)>"
HOSTILE_CASE = "benchmarks/test_other.py::test_<script>document.title='owned'</script>[__proto__]"
HOSTILE_FRAMEWORK = "`*|<img src=x onerror=alert(1)>@everyone"
TURNED_CASE = "benchmarks/test_other.py::test_\u202e\u200bturned\x1b[31m\u2066"
PROTOTYPE, UNKNOWN = "__proto__", "something_new_bytes"  # figures that no phase declares
PLANTS = (
    Plant("train_step[pytorch-matched-eager-fp32-frozen", PLANTED_NIGHT, 1.08),
    Plant("inference[tensorflow-stock-bs1]", NEW_NIGHT, 1.12),
    Plant("data_pipeline[pytorch-stock", 30, 0.9),
)


@dataclass(frozen=True)
class Built:
    site: Path
    storage: Path
    repository: Path
    cache: Path
    hashes: list[str]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("report")
    storage, site, repository = folder / "storage", folder / "site", folder / "repository"
    messages = [HOSTILE_MESSAGE if night == PLANTED_NIGHT else f"Work of day {night}" for night in range(NIGHTS)]
    hashes = commits(repository, messages)
    failing = {NIGHTS - 1: ("train_step[tensorflow-matched-xla", Outcome.OUT_OF_MEMORY, LONG_DETAIL)}
    paths = Nights(Machine(nights=NIGHTS, rounds=12, plants=PLANTS, failing=failing), hashes).write(storage)
    _make_hostile(paths[-1])
    built = Built(site, storage, repository, folder / "cache", hashes)
    assert main(arguments(built)) == 0
    return built


def arguments(built: Built) -> list[str]:
    return [
        *("report", str(built.storage), "--output", str(built.site), "--repository", str(built.repository)),
        *(
            "--cache",
            str(built.cache),
            "--commit-url",
            "https://example.org/commit/{commit}",
            "--markdown",
            str(built.site.parent / "job.md"),
        ),
    ]


def _make_hostile(path: Path) -> None:
    """A branch, a framework, a figure and a case of another suite that mean harm, and a figure of a later suite."""
    content = json.loads(path.read_text())
    content["commit_info"]["branch"] = HOSTILE_BRANCH
    stats = {"data": [0.1, 0.11, 0.12]}
    (first,) = (each for each in content["benchmarks"] if each["name"] == "test_inference[pytorch-matched-eager-fp32-bs1]")
    measurement = first["extra_info"]["measurement"]
    measurement["figures"] |= {PROTOTYPE: 1.5, UNKNOWN: 52_428_800.0}
    hostile = measurement | {"case": measurement["case"] | {"framework": HOSTILE_FRAMEWORK}, "figures": {}}
    content["benchmarks"].append(first | {"fullname": f"{first['fullname']}hostile", "extra_info": {"measurement": hostile}})
    content["benchmarks"].append({"fullname": HOSTILE_CASE, "name": "x", "group": "=1+1", "params": None, "stats": stats, "extra_info": {}})
    content["benchmarks"].append({"fullname": TURNED_CASE, "name": "y", "group": None, "params": None, "stats": stats, "extra_info": {}})
    path.write_text(json.dumps(content))


@pytest.fixture(scope="module")
def address(built: Built) -> Iterator[str]:
    with served(built.site) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=30_000)  # the other tests' processes may have the cores
    with launched() as browser:
        yield browser


@pytest.fixture
def watched(browser: Browser) -> Iterator[Watched]:
    context = browser.new_context(viewport={"width": 1200, "height": 900}, accept_downloads=True)
    context.set_default_timeout(30_000)
    watched = Watched(context.new_page())
    yield watched
    context.close()
    watched.expect_quiet()
