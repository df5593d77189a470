"""Resident work on a GPU: its first step's autotuning, its clocks at work, and an end that measures nothing more."""

from __future__ import annotations

import time

import pytest

from fixtures.experiments.experiment import Experiment
from fixtures.models import DEFAULT
from fixtures.models.folder import find
from harness.frameworks.contract import Framework, Setup, Work
from harness.phases.setups import setup_of
from harness.record.case import Case, Style, Workload
from harness.worker.meters import energy
from harness.worker.protocol import Measure
from harness.worker.resident import NOTHING_TRIED, ResidentBench
from tests.stand_in.framework import StandIn, Steps
from tests.worker.nvml import fake
from tests.worker.nvml.conftest import Watch

TRACE_SECONDS, AUTOTUNE_SECONDS, STEP_SECONDS = 0.15, 0.3, 0.01
TURN = Measure(block=0, seconds=0.3, max_rounds=10, retake_seconds=0.0)
GPU = f"{fake.H100}energy 5000 700 0.1\nclock 1755 2619\ntemperature 61\n"


class Traced(Steps):
    """Traces anew each time it is built; autotunes once in its process."""

    found = False

    def step(self) -> None:
        if self._steps == 0:
            time.sleep(TRACE_SECONDS + (0.0 if type(self).found else AUTOTUNE_SECONDS))
            type(self).found = True
        super().step()


class Autotuning(StandIn):
    def autotunes(self, setup: Setup) -> bool:
        return setup.case.style is Style.STOCK


class Bench(ResidentBench):
    def build(self, framework: Framework, setup: Setup) -> Work:
        self.built = getattr(self, "built", 0) + 1
        return Traced(setup, STEP_SECONDS)


@pytest.fixture(autouse=True)
def nothing_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Traced, "found", False)


def begun(style: Style) -> tuple[Bench, float]:
    """With the seconds of its first step."""
    case = Case(framework="any", phase="train_step", workload=Workload.FULL, style=style, batch_size=8)
    bench = Bench(Autotuning(), setup_of(case, Experiment(name="x"), model=find(DEFAULT)))  # type: ignore[arg-type]
    cold = bench.begin().cold_start
    assert cold is not None
    return bench, cold.first_step_seconds


def test_autotuning_is_what_the_same_first_step_takes_less_once_its_kernels_are_found(watch: Watch) -> None:
    watch(GPU)
    bench, first_step_seconds = begun(Style.STOCK)
    figures = bench.end().figures
    assert first_step_seconds == pytest.approx(TRACE_SECONDS + AUTOTUNE_SECONDS + STEP_SECONDS, rel=0.3), "the cold one, all of it"
    assert figures["autotune_seconds"] == pytest.approx(AUTOTUNE_SECONDS, rel=0.3)
    assert bench.built == 2


def test_where_nothing_is_tried_nothing_is_built_again(watch: Watch) -> None:
    watch(GPU)
    bench, _ = begun(Style.MATCHED)
    ended = bench.end()
    assert bench.built == 1
    assert ended.missing["autotune_seconds"] == NOTHING_TRIED
    assert "autotune_seconds" not in ended.figures


def test_the_end_measures_nothing_more(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    watch(GPU)
    monkeypatch.setattr(energy, "LEAST_SECONDS", 0.2)
    bench, _ = begun(Style.MATCHED)
    rounds = bench.measure(TURN).rounds
    start = time.perf_counter()
    ended = bench.end()
    assert time.perf_counter() - start < 0.1
    assert ended.figures["energy_window_seconds"] >= sum(round_.seconds for round_ in rounds)
    assert ended.figures["joules_per_image"] == pytest.approx(700 * STEP_SECONDS / 8, rel=0.3)
    assert ended.figures["sm_clock_mhz_begin"] == ended.figures["sm_clock_mhz_end"] == 1755
    assert ended.figures["temperature_celsius_end"] == 61


def test_rounds_that_are_taken_again_count_in_joules_and_in_items(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    watch(f"{GPU}counter 270 0 1000 0.9\n")
    monkeypatch.setattr(energy, "LEAST_SECONDS", 0.2)
    bench, _ = begun(Style.MATCHED)
    taken = bench.measure(Measure(block=0, seconds=0.1, max_rounds=1, retake_seconds=0.5))
    assert taken.retaken_rounds >= 1, "the GPU is too hot in each of them"
    ended = bench.end()
    assert ended.figures["energy_window_seconds"] >= taken.retaken_seconds + sum(round_.seconds for round_ in taken.rounds)
    assert ended.figures["joules_per_image"] == pytest.approx(700 * STEP_SECONDS / 8, rel=0.3)
