"""Joules an item: over the rounds of blocks and nothing else, and why there are none; on a fake driver, and without a GPU."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from harness.worker.meters import energy
from harness.worker.meters.energy import EnergyMeter
from harness.worker.meters.gpu import NO_GPU
from tests.worker.nvml import fake
from tests.worker.nvml.conftest import Watch

WATTS = 700
STEP_SECONDS = 0.01
REFRESH_SECONDS = 0.1  # of a real one
BATCH_SIZE = 8
STEPS = 20  # of a block's rounds: two refreshes
LEAST_SECONDS = 0.3


@pytest.fixture(autouse=True)
def least_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(energy, "LEAST_SECONDS", LEAST_SECONDS)


class Counted:
    """Steps of a known length at least, and how many were done."""

    def __init__(self, seconds: float = STEP_SECONDS) -> None:
        self.steps = 0
        self._seconds = seconds

    def step(self) -> None:
        time.sleep(self._seconds)
        self.steps += 1


def blocks(count: int, work: Counted, between: Callable[[], None] = lambda: None) -> EnergyMeter:
    meter = EnergyMeter(BATCH_SIZE)
    for _ in range(count):
        meter.begin_block(work.step)
        for _ in range(STEPS):
            work.step()
        meter.end_block(work.step, STEPS)
        between()
    return meter


def test_joules_of_the_steps_whatever_the_refresh(watch: Watch) -> None:
    watch(f"{fake.H100}energy 5000 {WATTS} {REFRESH_SECONDS}\n")
    start = time.perf_counter()
    figures, missing = blocks(3, Counted()).figures("image")
    assert missing == {}
    assert 3 * STEPS * STEP_SECONDS <= figures["energy_window_seconds"] <= time.perf_counter() - start
    # A sleep may be longer, not shorter. A window of 0.2 s that began anywhere between two refreshes would be off by half.
    assert 0.95 < figures["joules_per_image"] / (WATTS * STEP_SECONDS / BATCH_SIZE) < 2


def test_what_lies_between_blocks_is_not_counted(watch: Watch) -> None:
    watch(f"{fake.H100}energy 5000 {WATTS} {REFRESH_SECONDS}\n")
    start = time.perf_counter()
    figures, _ = blocks(2, Counted(), between=lambda: time.sleep(0.6)).figures("image")
    assert figures["energy_window_seconds"] <= time.perf_counter() - start - 2 * 0.6
    assert 0.95 < figures["joules_per_image"] / (WATTS * STEP_SECONDS / BATCH_SIZE) < 2


def test_steps_up_to_the_next_refresh_count_and_those_before_the_first_do_not(watch: Watch) -> None:
    watch(f"{fake.H100}energy 5000 {WATTS} {REFRESH_SECONDS}\n")
    work = Counted()
    meter = EnergyMeter(BATCH_SIZE)
    meter.begin_block(work.step)
    before = work.steps
    work.step()
    meter.end_block(work.step, 1)
    assert meter._items == (work.steps - before) * BATCH_SIZE
    assert 1 <= before <= 1.5 * REFRESH_SECONDS / STEP_SECONDS, "a refresh is waited for at work"


def test_a_step_that_outlasts_a_refresh_is_done_once_before_and_never_after(watch: Watch) -> None:
    watch(f"{fake.H100}energy 5000 {WATTS} {REFRESH_SECONDS}\n")
    work = Counted(1.5 * REFRESH_SECONDS)
    meter = EnergyMeter(BATCH_SIZE)
    for _ in range(5):
        meter.begin_block(work.step)
        work.step()
        work.step()
        meter.end_block(work.step, 2)
    assert work.steps == 5 * 3
    figures, _ = meter.figures("image")
    assert figures["joules_per_image"] / (WATTS * 1.5 * REFRESH_SECONDS / BATCH_SIZE) == pytest.approx(1.0, rel=0.25)


def test_too_few_seconds_tell_nothing_but_the_mend(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    watch(f"{fake.H100}energy 5000 {WATTS}\n")
    monkeypatch.setattr(energy, "LEAST_SECONDS", 20.0)
    figures, missing = blocks(1, Counted()).figures("image")
    assert figures == {}
    assert missing["joules_per_image"].endswith("s of rounds, it takes 20 s: raise --benchmark-max-time")


@pytest.mark.parametrize(
    ("script", "reason"), [("", "Not Supported"), ("energy 5000 0\n", "stood still"), ("energy 1 1\ngone 0.2\n", "lost")]
)
def test_joules_that_cannot_be_had_cost_no_step_from_then_on(
    watch: Watch, monkeypatch: pytest.MonkeyPatch, script: str, reason: str
) -> None:
    watch(fake.H100 + script)
    monkeypatch.setattr(energy, "REFRESH_LIMIT_SECONDS", 0.1)
    work = Counted()
    meter = blocks(2, work)
    assert reason in meter.figures("image")[1]["joules_per_image"]
    assert meter.figures("image")[0] == {}
    done = work.steps
    meter.begin_block(work.step)
    meter.end_block(work.step, 0)
    assert work.steps == done


def test_without_a_gpu_no_step_is_done_for_nothing() -> None:
    work = Counted()
    assert blocks(1, work).figures("image") == ({}, {"joules_per_image": NO_GPU})
    assert work.steps == STEPS
