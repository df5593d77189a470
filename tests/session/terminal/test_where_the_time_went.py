"""The last line of the side by side: what the session's time went into."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

from harness.session.terminal.summary import of_the_time
from harness.session.workbench import CHECKING, STARTING
from tests.session.conftest import InnerRun


def told(busy_seconds: float, spent_seconds: dict[str, float]) -> str:
    comparer: Any = SimpleNamespace(busy_seconds=busy_seconds, spent_seconds=spent_seconds)
    return of_the_time(comparer, 200.0)


def test_each_part_is_told_as_a_share() -> None:
    found = told(120.0, {STARTING: 20.0, CHECKING: 50.0})
    measuring = "60% of 200 s went into measuring and warming up what is measured"
    assert found == f"{measuring}, 10% into {STARTING}, 25% into {CHECKING}; the rest is overhead."


def test_what_took_next_to_nothing_is_not_told() -> None:
    assert told(120.0, {CHECKING: 0.5}) == "60% of 200 s went into measuring and warming up what is measured; the rest is overhead."


def test_a_session_tells_what_it_did_beside_the_measuring(inner: InnerRun) -> None:
    inner.use("sound", "queued")
    code, output = inner.run("-k", "train_step and matched")
    assert code == 0
    (line,) = re.findall(r"\d+% of \d+ s went into .*", output)
    shares = [int(each) for each in re.findall(r"(\d+)%", line)]
    assert f"% into {STARTING}" in line
    assert f"% into {CHECKING}" in line
    assert 0 < sum(shares) <= 100 + len(shares)  # each is rounded
