"""The check of equal work: both sides at the same time, of the work that is timed, and what is left of one that was broken off."""

from __future__ import annotations

import pytest

from tests.session.conftest import InnerRun, measurements, outcomes
from tests.stand_in.counted import BUILT
from tests.stand_in.meeting import FOLDER

MATCHED_STEP = "train_step and matched and fp32"
BROKEN_OFF = """

import pytest
from harness.session import progress

tell = progress.ProgressLine.tell
told = []

def telling(self, case, stage):
    if stage == "checking equal work":
        told.append(case)
        if len(told) == 1:
            pytest.fail("broken off")  # as pytest-timeout ends a test, wherever it is
    tell(self, case, stage)

progress.ProgressLine.tell = telling
"""


def test_both_sides_are_at_work_at_the_same_time(inner: InnerRun) -> None:
    """Each waits for the other one to begin."""
    (inner.folder / "told").mkdir()
    inner.set(**{FOLDER: str(inner.folder / "told")})
    inner.use("meeting_first", "meeting_second")
    code, _ = inner.run("--benchmark-json=out.json", "-k", MATCHED_STEP)
    assert code == pytest.ExitCode.OK
    seconds = {path.name: float(path.read_text()) for path in (inner.folder / "told").iterdir()}
    assert seconds.keys() == {f"{name}.{event}" for name in ("first", "second") for event in ("begun", "ended")}
    assert max(seconds["first.begun"], seconds["second.begun"]) < min(seconds["first.ended"], seconds["second.ended"])
    assert all(each.equal_work is not None and each.equal_work.holds for each in measurements(inner.json()).values())


def test_outputs_are_those_of_the_network_that_is_timed(inner: InnerRun) -> None:
    """It is built once; the reference, which tells how it rounds, has that kept with the weights the second time."""
    file = inner.folder / "built"
    inner.set(**{BUILT: str(file)})
    inner.use("sound", "counted")
    code, _ = inner.run("--benchmark-json=out.json", "-k", "inference and bs8")
    assert code == pytest.ExitCode.OK
    assert file.read_text().splitlines() == ["inference fp32 bs8"]
    assert all(each.equal_work is not None and each.equal_work.holds for each in measurements(inner.json()).values())


def test_an_exchange_that_was_broken_off_gives_the_next_comparison_fresh_workers(inner: InnerRun) -> None:
    inner.use("sound", "queued")
    path = inner.folder / "conftest.py"
    path.write_text(path.read_text() + BROKEN_OFF)
    code, output = inner.run("--benchmark-json=out.json", "-k", "inference")
    assert code == pytest.ExitCode.TESTS_FAILED
    assert "broken off" in output
    found = outcomes(inner.json())
    assert set(found.values()) == {"ok"}, "the test that was broken off has failed; its other side's measures both"
    assert len(found) == 4
    assert inner.left_behind() == []


@pytest.mark.parametrize("stand_ins", [("raising", "sound"), ("sound", "raising")])
def test_what_has_failed_in_the_check_fails_the_next_case_at_once(inner: InnerRun, stand_ins: tuple[str, str]) -> None:
    """Whichever side is the reference: nobody waits for an answer to what was not asked."""
    inner.use(*stand_ins)
    chosen = ("-k", "(train_step and fp32 or memory) and matched")
    code, output = inner.run("--benchmark-json=out.json", "--case-timeout=300", "--timeout=100", *chosen)
    assert code == pytest.ExitCode.TESTS_FAILED
    assert "Timeout" not in output
    found = outcomes(inner.json())
    assert {name.partition("[")[2].partition("-")[0]: outcome for name, outcome in found.items()} == {"raising": "error", "sound": "ok"}
    assert len(found) == 4
