"""Where a pipeline's growth stops, and why: told from the busy cores, the CPU time an image, and the limit beside them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.findings.scaling import Stop, called_growth, growth, speed_ups
from harness.record.case import Case, Style, Workload
from harness.record.measurement import Measurement, ScalingPoint
from harness.record.outcome import Outcome
from harness.record.round import Round

COUNTS = (1, 2, 4, 8, 16)
CPU_SECONDS = 0.002  # an image


def point(workers: int, busy_cores: float, cpu_seconds: float = CPU_SECONDS, limit: float | None = None) -> ScalingPoint:
    """Images/s are what so many busy cores do; the limit's are twice what as many threads do, where nothing else is said."""
    return ScalingPoint(workers, busy_cores / cpu_seconds, 2 * workers / CPU_SECONDS if limit is None else limit, busy_cores, cpu_seconds)


def measurement(points: list[ScalingPoint], foreign_share: float = 0.0) -> Measurement:
    case = Case(framework="pytorch", phase="pipeline_scaling", workload=Workload.LOADING, style=Style.MATCHED, batch_size=8)
    rounds = tuple(Round(0.1, 0.1, 0.0, block) for block in range(5))
    beside = tuple(Round(0.1, 0.1, foreign_share, block) for block in range(5))
    return Measurement(case=case, outcome=Outcome.OK, rounds=rounds, references={"1_workers": beside}, scaling=tuple(points))


def test_growth_to_the_last_core() -> None:
    found = growth([point(count, 0.9 * count) for count in COUNTS])
    assert (found.last.workers, found.beyond, found.stop) == (16, None, Stop.CORES)
    assert "no more cores" in found.why


def test_one_core_has_nothing_to_grow_to() -> None:
    assert growth([point(1, 1.0)]).stop is Stop.CORES


def test_it_stops_where_the_machine_does() -> None:
    """Cores that share their units: pipeline and limit are as slow with 16 as with 8."""
    points = [point(count, count, CPU_SECONDS * max(1, count / 8), limit=min(count, 8) / CPU_SECONDS) for count in COUNTS]
    found = growth(points)
    assert (found.last.workers, found.stop) == (8, Stop.MACHINE)
    assert "+0% with 16 threads" in found.why


def test_it_stops_where_workers_wait() -> None:
    """A serial stage that lets three cores work."""
    found = growth([point(count, min(count, 3.0)) for count in COUNTS])
    assert (found.last.workers, found.stop) == (4, Stop.WAITING)
    assert "8 workers keep 3.0 cores busy" in found.why


def test_it_stops_where_images_become_dearer() -> None:
    """All cores are busy, and spin on a lock."""
    found = growth([point(count, count, CPU_SECONDS * max(1, count / 4)) for count in COUNTS])
    assert (found.last.workers, found.stop) == (4, Stop.CONTENTION)
    assert "an image costs 2.00× the CPU time" in found.why


def test_the_larger_loss_is_named() -> None:
    waiting = [point(4, 4.0), point(8, 4.5, CPU_SECONDS * 1.1)]
    contending = [point(4, 4.0), point(8, 7.0, CPU_SECONDS * 1.7)]
    assert growth(waiting).stop is Stop.WAITING
    assert growth(contending).stop is Stop.CONTENTION


def test_a_slow_point_in_between_is_not_the_end() -> None:
    points = [point(1, 1.0), point(2, 1.0), point(4, 3.6), point(8, 3.7)]
    assert growth(points).last.workers == 4


@pytest.mark.parametrize(("gained", "last"), [(1.15, 4), (1.25, 8)])
def test_what_is_near_the_noise_is_no_growth(gained: float, last: int) -> None:
    assert growth([point(4, 3.0), point(8, 3.0 * gained)]).last.workers == last


@given(st.lists(st.floats(0.5, 64.0), min_size=5, max_size=5), st.floats(0.1, 10.0))
def test_the_unit_of_time_does_not_matter(busy: list[float], scale: float) -> None:
    points = [point(count, cores) for count, cores in zip(COUNTS, busy, strict=True)]
    scaled = [point(each.workers, each.busy_cores, scale * CPU_SECONDS, each.limit_images_per_second / scale) for each in points]
    ours, theirs = growth(points), growth(scaled)
    assert (ours.last.workers, ours.stop) == (theirs.last.workers, theirs.stop)


def test_speed_up_and_efficiency_stand_beside_the_limits() -> None:
    first, _, third = speed_ups([point(1, 1.0), point(2, 1.5), point(4, 2.0)])
    assert (first.speed_up, first.efficiency, first.share_of_limit) == (1.0, 1.0, 0.5)
    assert (third.speed_up, third.efficiency) == (2.0, 0.5)
    assert (third.limit_speed_up, third.limit_efficiency) == (4.0, 1.0)


def test_disturbed_growth_is_not_called() -> None:
    points = [point(1, 1.0), point(2, 1.1)]
    assert called_growth(measurement(points)) == growth(points)
    assert called_growth(measurement(points, foreign_share=0.5)) is None
