"""What a session knows of its time while it runs."""

from __future__ import annotations

import math

import pytest

from harness.session.pace.budget import Budget
from harness.session.pace.pace import TOLERANCE, Pace
from harness.session.pace.plan import Plan, Planned
from harness.session.stopping import Until


class Kept:
    """Stands for what is expected: notes what is kept."""

    def keep(self, seconds: dict[str, float], further_seconds: float, preparing_seconds: float) -> None:
        self.seconds, self.further_seconds, self.preparing_seconds = dict(seconds), further_seconds, preparing_seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, which stands still until somebody changes it."""
    now = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    return now


def pace_of(budget_seconds: float, is_known: bool = True, further_seconds: float = 0.0, **seconds: float) -> Pace:
    plan = Plan([Planned(title, each, (0, 0)) for title, each in seconds.items()], is_known, further_seconds)
    return Pace(Budget(budget_seconds), plan, Kept(), Until.ANSWERED)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("spent_seconds", "is_known", "has_room"),
    [
        (0.0, True, True),
        (60.0, True, True),
        (60.0 + TOLERANCE * 100.0 - 0.1, True, True),  # a little longer, rather than without it
        (60.0 + TOLERANCE * 100.0 + 0.1, True, False),
        (60.0 + TOLERANCE * 100.0 + 19.9, False, True),  # what is only guessed may take half of it
        (60.0 + TOLERANCE * 100.0 + 20.1, False, False),
        (100.0, False, False),  # a budget that is used up does
        (100.0, True, False),
    ],
)
def test_what_is_known_to_have_no_room_is_not_begun(clock: list[float], spent_seconds: float, is_known: bool, has_room: bool) -> None:
    pace = pace_of(100.0, is_known, slow=40.0)
    clock[0] += spent_seconds
    assert pace.has_room_for("slow") is has_room


def test_without_a_budget_there_is_room_for_all(clock: list[float]) -> None:
    pace = pace_of(math.inf, slow=1e6)
    clock[0] += 1e6
    assert pace.has_room_for("slow")
    assert not pace.budget.is_set


def test_of_what_was_refused_no_side_is_measured(clock: list[float]) -> None:
    """The other side's test comes later, and says the same."""
    pace = pace_of(100.0, slow=200.0)
    assert not pace.has_room_for("slow")
    assert pace.refuse("slow") == 200.0
    assert pace.left_seconds == 0.0, "the session does without it"
    assert not pace.has_room_for("slow")
    assert pace.refuse("slow") == 200.0


def test_elapsed_and_remaining_time(clock: list[float]) -> None:
    pace = pace_of(math.inf, quick=20.0, slow=100.0)
    assert pace.elapsed() == "0:00 of about 2:00"
    with pace.comparing("quick", lambda: 0.0):
        clock[0] += 15.0
        assert pace.elapsed() == "0:15 of about 2:00", "what has been done of the present one is not to come"
        clock[0] += 15.0
        assert pace.elapsed() == "0:30 of about 2:10", "it takes longer than expected"
    assert pace.elapsed().startswith("0:30 of about 2:")
    with pace.comparing("slow", lambda: 0.0):
        clock[0] += 100.0
    assert pace.elapsed() == "2:10 of about 2:10"


def test_what_the_inputs_took_is_no_comparisons(clock: list[float]) -> None:
    """The first one waits for them; the next session finds them made."""
    pace = pace_of(math.inf, quick=20.0)
    prepared = [5.0]
    with pace.comparing("quick", lambda: prepared[0]):
        clock[0] += 50.0
        prepared[0] += 30.0
    pace.keep()
    assert (pace._expected.seconds, pace._expected.preparing_seconds) == ({"quick": 20.0}, 30.0)  # type: ignore[attr-defined]


def test_a_budget_bounds_what_is_told(clock: list[float]) -> None:
    pace = pace_of(60.0, is_known=False, slow=200.0)
    assert pace.elapsed() == "0:00 of about 1:00"
    with pace.comparing("slow", lambda: 0.0):
        clock[0] += 90.0
        assert pace.elapsed() == "1:30 of about 1:30"


def test_further_turns_are_told_and_kept(clock: list[float]) -> None:
    pace = pace_of(300.0, further_seconds=50.0, quick=20.0)
    assert pace.elapsed() == "0:00 of about 1:10"
    with pace.comparing("quick", lambda: 0.0):
        clock[0] += 20.0
    assert pace.elapsed() == "0:20 of about 1:10"
    with pace.going_on("quick", 30.0):
        clock[0] += 10.0
        assert pace.elapsed() == "0:30 of about 0:50"
        clock[0] += 15.0
    assert pace.elapsed() == "0:45 of about 0:45"
    pace.keep()
    kept = pace._expected
    assert isinstance(kept, Kept)
    assert kept.seconds == {"quick": pytest.approx(20.0)}
    assert kept.further_seconds == pytest.approx(25.0)


def test_what_was_broken_off_is_not_kept(clock: list[float]) -> None:
    pace = pace_of(math.inf, quick=20.0)
    with pytest.raises(KeyboardInterrupt), pace.comparing("quick", lambda: 0.0):
        raise KeyboardInterrupt
    pace.keep()
    kept = pace._expected
    assert isinstance(kept, Kept)
    assert kept.seconds == {}
