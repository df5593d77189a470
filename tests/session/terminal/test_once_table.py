"""The table of cases that were run once: every comparison with the outcome of each side, and not a figure."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harness.findings.comparison import title_of
from harness.record.case import Style
from harness.record.check import Check, EqualWork
from harness.record.measurement import Measurement
from harness.record.outcome import Outcome
from harness.session.terminal.once_table import once_table
from harness.session.terminal.summary import contents_of_one_round
from tests.findings.sides import FIRST, SECOND, case, side
from tests.session.terminal.printed import printed, row

OUTCOMES = st.sampled_from([None, *Outcome])


@given(st.dictionaries(st.integers(1, 64), st.tuples(OUTCOMES, OUTCOMES).filter(any), min_size=1))
def test_every_side_that_ran_has_its_outcome(by_batch_size: dict[int, tuple[Outcome | None, Outcome | None]]) -> None:
    measurements = [
        Measurement(case=case(framework, batch_size=size), outcome=outcome)
        for size, outcomes in by_batch_size.items()
        for framework, outcome in zip((FIRST, SECOND), outcomes, strict=True)
        if outcome
    ]
    text = printed(once_table(measurements))
    columns = row(text, "case")[1:]
    assert columns.pop() == "equal work"
    assert columns == [title for title, place in (("PyTorch", 0), ("TensorFlow", 1)) if any(each[place] for each in by_batch_size.values())]
    for size, outcomes in by_batch_size.items():
        name = title_of(case(FIRST, batch_size=size))
        by_title = dict(zip(("PyTorch", "TensorFlow"), outcomes, strict=True))
        assert row(text, f"{name} ") == [name, *(by_title[title] or "–" for title in columns), "not checked"]


def test_it_says_whether_the_work_was_equal() -> None:
    holding, weak = EqualWork(FIRST, (Check("loss", 0.0, 1.0, ""),)), EqualWork(FIRST, (Check("loss", 0.0, 1.0, "", weak="it is small"),))
    text = printed(once_table([side(case(FIRST), 1.0), side(case(SECOND), 2.0, equal_work=holding)]))
    assert row(text, "train step frozen matched bs8")[-1] == "1 check holds"
    text = "".join(map(printed, contents_of_one_round([side(case(FIRST), 1.0), side(case(SECOND), 2.0, equal_work=weak)])))
    assert row(text, "train step frozen matched bs8")[-1] == "1 check holds, 1 weak"
    assert "weak: the check of the loss: it is small" in text
    text = printed(once_table([side(case(name, style=Style.STOCK), 1.0) for name in (FIRST, SECOND)]))
    assert row(text, "train step frozen stock bs8")[-1] == "each its own"


def test_no_figure_is_shown_and_what_failed_says_why() -> None:
    failed = Measurement(case=case(SECOND), outcome=Outcome.CRASHED, detail="it died")
    text = "".join(map(printed, contents_of_one_round([side(case(FIRST), 1.0), failed])))
    assert "model: ResNet50 (resnet50)" in text
    assert row(text, "train step frozen matched bs8") == ["train step frozen matched bs8", "ok", "crashed", "not checked"]
    assert "it died" in text.partition("Not measured")[2]
    assert not any(word in text for word in ("images/s", "ratio:", "faster", "1.02"))
