"""The one quantity by which a case is watched across commits: that of its phase, in whatever run it was stored."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.findings.watched import SECONDS_A_STEP, is_time, log_cost, value_at, values, watched
from harness.phases import PHASES
from harness.record.case import Workload
from tests.findings.sides import FIRST, case, job, readings, side


def test_a_largest_batch_is_watched_by_the_time_an_item_and_not_by_its_step() -> None:
    """A larger batch that fits takes longer a step, and is no regression."""
    smaller, larger = (side(case(FIRST, "largest_batch"), 1.0, figures={"largest_batch_size": size}) for size in (100.0, 150.0))
    assert values(smaller, [1.0, 1.1]) == pytest.approx((0.01, 0.011))
    assert values(larger, [1.2, 1.2]) == pytest.approx((0.008, 0.008))
    assert log_cost(watched(larger), 0.008) < log_cost(watched(smaller), 0.01)
    assert watched(smaller).figure.name == "seconds_per_image"


def test_rounds_are_watched_as_they_were_stored() -> None:
    assert values(side(case(FIRST), 1.0), [3.0, 4.0]) == (3.0, 4.0)
    assert values(None, [3.0, 4.0]) == (3.0, 4.0)
    assert values(None, []) == ()
    assert values(side(case(FIRST, "of_long_ago"), 1.0), [3.0]) == (3.0,)
    assert watched(side(case(FIRST, "of_long_ago"), 1.0)) == watched(None) == SECONDS_A_STEP


def test_memory_is_watched_by_the_devices_meter_where_it_tells_and_never_by_its_steps() -> None:
    of_the_host = side(case(FIRST, "memory"), 1.0, readings=readings(host_anonymous_bytes=5, allocator_peak_bytes=None))
    of_the_device = side(case(FIRST, "memory"), 1.0, readings=readings(host_anonymous_bytes=5, allocator_peak_bytes=3))
    assert values(of_the_host, [1.0]) == (5.0,)
    assert values(of_the_device, [1.0]) == (3.0,)
    assert values(side(case(FIRST, "memory"), 1.0), [1.0]) == ()
    assert not is_time(watched(of_the_host))
    assert [watched(each).figure.name for each in (of_the_host, of_the_device)] == ["host_anonymous_bytes", "allocator_peak_bytes"]


def test_runs_of_long_ago_that_stored_no_rounds_are_watched_by_their_figures() -> None:
    loading = side(case(FIRST, "model_formats", workload=Workload.INFERENCE), 1.0, rounds=(), figures={"load_seconds": 0.5})
    assert values(loading, []) == (0.5,)
    whole = msgspec.structs.replace(job(FIRST, [1.0, 2.0, 9.0]), rounds=())
    assert values(whole, []) == (2.5,)
    assert values(side(case(FIRST), 1.0, rounds=()), []) == ()


def test_the_word_for_what_a_batch_is_made_of_is_the_models() -> None:
    assert watched(side(case(FIRST, "largest_batch"), 1.0, item="sentence")).figure.name == "seconds_per_sentence"


@given(st.sampled_from(sorted(PHASES)), st.booleans(), st.floats(1e-9, 1e12), st.floats(1e-9, 1e12))
def test_higher_costs_are_worse_and_lead_back_to_their_values(phase: str, higher_is_better: bool, one: float, other: float) -> None:
    how = msgspec.structs.replace(PHASES[phase].watched, higher_is_better=higher_is_better)
    assert value_at(how, log_cost(how, one)) == pytest.approx(one)
    assert log_cost(how, one) == log_cost(how, other) or (log_cost(how, one) < log_cost(how, other)) is (
        (one < other) is not higher_is_better
    )
