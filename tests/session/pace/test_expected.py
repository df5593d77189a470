"""What is expected of comparisons: of what pytest's cache has of them, whatever else is in it."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.models import DEFAULT
from fixtures.models.folder import find
from harness.findings.comparison import title_of
from harness.phases import PHASES
from harness.record.case import Execution, Workload
from harness.session import options
from harness.session.pace import expected
from harness.session.pace.expected import ALL_LAYERS, COMPILER_SECONDS, MOST_KEPT, ON_A_GPU, Expected
from harness.session.stopping import Until
from harness.session.workers.places import Spread
from tests.findings.sides import FIRST, SECOND, case

CHOSEN = options.Options(
    experiments=options.chosen_experiments("exp2_resnet50_bs8_lr1e-3_e10"),
    models=(find(DEFAULT),),
    dataset="generated",
    weights="seeded",
    ranks=(1, 2),
    workers={FIRST: "popen", SECOND: "popen"},
    places={FIRST: Spread(("popen",)), SECOND: Spread(("popen",))},
    case_timeout_seconds=60.0,
    cache="",
    examined_steps=20,
    compare_anyway=False,
    gpu_exclusive=False,
    require_gpu=False,
    min_rounds=5,
    max_seconds=3.0,
    precision=0.01,
    confidence=0.95,
    until=None,
    budget_seconds=None,
)
STEP = case(FIRST)


class Cache(dict[str, Any]):
    """As pytest's: what is set is there for the next session."""

    def set(self, key: str, value: object) -> None:
        self[key] = value


@pytest.fixture(autouse=True)
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expected.gpu, "first", lambda: None)
    monkeypatch.setattr(expected.gpu, "present", lambda: False)


def of(cache: Cache | None, budget_seconds: float = math.inf, until: Until = Until.ANSWERED, **changes: Any) -> Expected:
    stash = {options.KEY: options.msgspec.structs.replace(CHOSEN, **changes)}
    own = {} if cache is None else {"cache": cache}
    return Expected(SimpleNamespace(stash=stash, **own), budget_seconds, until)  # type: ignore[arg-type]


def test_what_a_session_took_is_what_the_next_one_expects() -> None:
    cache = Cache()
    first = of(cache)
    assert not first.knows([STEP])
    first.keep({title_of(STEP): 12.5}, 40.0, 0.0)
    found = of(cache)
    assert found.knows([STEP, case(SECOND)])
    assert not found.knows([STEP, case(FIRST, batch_size=16)])
    assert (found.seconds(STEP), found.further_seconds) == (12.5, 40.0)


def test_what_is_not_measured_this_time_is_known_the_next() -> None:
    cache = Cache()
    of(cache).keep({"a": 1.0, title_of(STEP): 2.0}, 0.0, 0.0)
    of(cache).keep({"a": 3.0}, 0.0, 0.0)
    assert of(cache).seconds(STEP) == 2.0


@pytest.mark.parametrize(
    "other",
    [
        {"until": Until.PRECISE},
        {"budget_seconds": 300.0},
        {"max_seconds": 8.0},
        {"min_rounds": 100},
        {"precision": 0.1},
        {"workers": {FIRST: "popen", SECOND: "popen//python=another"}},
        {"models": (find(DEFAULT), find("mlp"))},
        {"experiments": options.chosen_experiments("exp1_resnet50_bs32_lr1e-3_e10")},
    ],
    ids=lambda each: next(iter(each)),
)
def test_what_takes_another_time_is_another_kind_of_session(other: dict[str, Any]) -> None:
    cache = Cache()
    of(cache).keep({title_of(STEP): 12.5}, 40.0, 0.0)
    assert not of(cache, **other).knows([STEP])


def test_further_turns_are_those_of_that_budget() -> None:
    cache = Cache()
    of(cache, 300.0).keep({title_of(STEP): 12.5}, 40.0, 0.0)
    assert of(cache, 300.0).further_seconds == 40.0
    assert of(cache, 600.0).further_seconds == 0.0
    assert of(cache, 600.0).seconds(STEP) == 12.5


def test_without_a_cache_nothing_is_known_and_nothing_fails() -> None:
    found = of(None)
    found.keep({title_of(STEP): 12.5}, 0.0, 0.0)
    assert not of(None).knows([STEP])


def test_a_session_that_measured_nothing_keeps_nothing() -> None:
    cache = Cache()
    of(cache).keep({}, 0.0, 0.0)
    assert cache == {}


def test_of_many_kinds_of_sessions_the_newest_are_kept() -> None:
    cache = Cache()
    for rounds in range(1, MOST_KEPT + 10):
        of(cache, min_rounds=rounds).keep({title_of(STEP): 1.0}, 0.0, 0.0)
    assert len(cache[expected.KEPT]) == MOST_KEPT
    assert of(cache, min_rounds=MOST_KEPT + 9).knows([STEP])
    assert not of(cache, min_rounds=1).knows([STEP])


damaged = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text() | st.just(title_of(STEP)), each, max_size=3),
)


@given(damaged, damaged)
def test_whatever_is_in_the_cache_a_session_can_expect_something_and_keep_what_it_found(whole: object, of_the_kind: object) -> None:
    sound = Cache()
    of(sound).keep({"a": 1.0}, 0.0, 0.0)
    (kind,) = sound[expected.KEPT]
    for content in (whole, {kind: of_the_kind}, {kind: {title_of(STEP): of_the_kind}, "another": whole}):
        cache = Cache({expected.KEPT: content})
        found = of(cache)
        assert 0.0 <= found.seconds(STEP) < math.inf
        assert 0.0 <= found.further_seconds < math.inf
        found.keep({title_of(STEP): 12.5}, 1.0, 0.0)
        assert of(cache).seconds(STEP) == 12.5


def test_a_guess_follows_from_the_phase_and_from_what_takes_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = PHASES[STEP.phase].usual_seconds
    assert of(None).seconds(STEP) == usual
    assert of(None).seconds(case(FIRST, workload=Workload.FULL)) == ALL_LAYERS * usual
    assert of(None).seconds(case(FIRST, execution=Execution.COMPILED)) == usual + COMPILER_SECONDS
    monkeypatch.setattr(expected.gpu, "present", lambda: True)
    assert of(None).seconds(STEP) == ON_A_GPU * usual
