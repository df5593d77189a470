"""Nothing measured is ever lost: a session for each way to end, at a moment that is drawn, and resumed.

`python -m tests.endurance 200` draws more of them.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from tests.endurance import checks
from tests.endurance.disk import may_mount
from tests.endurance.figures import Held, Side, of_journal, text
from tests.endurance.plan import Ending, draw
from tests.endurance.run import Whole, endure, whole
from tests.endurance.session import Ended

ONE, OTHER = (Side(f"test_step[{name}]", text({"framework": name, "phase": "train_step"}), name, "ok") for name in ("sound", "queued"))
CASES = {each.fullname: each for each in (ONE, OTHER)}
SEEDS = {  # whose moments are in the midst of measuring
    Ending.SIGTERM: 7,
    Ending.SIGKILL: 5,
    Ending.SIGINT: 10,  # and SIGTERM after it
    Ending.SIGHUP: 5,
    Ending.EXCEPTION: 12,
    Ending.LIMIT: 5,
    Ending.DISK: 7,
}


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    return whole(tmp_path_factory.mktemp("endurance") / "cache")


@pytest.mark.slow
@pytest.mark.parametrize("ending", Ending)
def test_what_was_complete_is_kept_and_the_rest_is_measured(known: Whole, ending: Ending, tmp_path: Path) -> None:
    if ending is Ending.DISK and not may_mount(tmp_path):
        pytest.skip("this user may mount no file system")
    endured = endure(SEEDS[ending], known, [ending])
    assert endured.faults == [], f"{endured.line}: see {endured.folder}"
    assert endured.ends[0].was_ended


def ended(**values: object) -> Ended:
    """With both sides in journal and JSON, as the tests have seen them."""
    seen = [{"event": "seen", "fullname": each.fullname, "figures": each.figures} for each in CASES.values()]
    both = Held((ONE, OTHER))
    sound = Ended(code=2, output="", events=seen, journal=both, stored=both, is_stored_torn=False, statistics={}, left=[], was_ended=True)
    return msgspec.structs.replace(sound, **values)


def faults(**values: object) -> list[str]:
    (plan, *_) = draw(0, 40, [Ending.SIGTERM])
    return list(checks.of_an_end(ended(**values), msgspec.structs.replace(plan, second=None), Held(), CASES))


def test_a_session_that_loses_nothing_has_no_fault() -> None:
    assert faults() == []


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"journal": Held(), "stored": Held()}, "lost"),
        ({"journal": Held((ONE,)), "stored": Held((ONE,))}, "journal: half of"),
        ({"journal": Held((ONE, msgspec.structs.replace(OTHER, figures="others")))}, "lost: test_step[queued]"),
        ({"journal": Held((ONE, OTHER, OTHER))}, "journal: twice test_step[queued]"),
        ({"stored": None}, "what was complete is not stored"),
        ({"stored": None, "is_stored_torn": True}, "the JSON is no JSON"),
        ({"left": ["flowers-worker-1"]}, "left behind: flowers-worker-1"),
    ],
)
def test_what_is_lost_is_found(values: dict[str, object], told: str) -> None:
    assert any(each.startswith(told) for each in faults(**values))


def test_what_is_measured_twice_is_found() -> None:
    begun = [{"event": "began", "case": {"framework": "sound", "phase": "train_step"}}]
    last = ended(code=0, events=begun, output="resumed: 2 of 2")
    assert list(checks.of_the_last(last, Held((ONE, OTHER)), {}, CASES)) == [f"measured twice: {ONE.case}"]


def test_a_line_that_was_cut_off_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "some.journal"
    path.write_bytes(b'17 16cc75cb {"type":"opened"}\n12 0')
    assert of_journal(path).is_torn
    path.write_bytes(path.read_bytes().removesuffix(b"12 0"))
    assert not of_journal(path).is_torn
