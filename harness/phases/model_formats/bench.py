"""Model formats: what saving and loading a model costs, and whether what is loaded computes what was saved.

A round is one load, by the library's own call, of a file in the page cache: it was written a moment before, and its seal was compared
right before the loads, which reads all of it. The first inference of a freshly loaded model is timed apart, once a block.
"""

from __future__ import annotations

import gc
import math
import statistics
import tempfile
import time
from pathlib import Path

from harness.frameworks.contract import Framework, ModelFormat, Outputs, Predict, Setup
from harness.phases.model_formats.model_file import ModelFile
from harness.phases.model_formats.phase import OUTPUTS_DIFFERENCE
from harness.record.check import Check
from harness.record.measurement import ColdStart
from harness.worker import distances
from harness.worker.bench import block
from harness.worker.meters.cpu import CpuMeter
from harness.worker.protocol import Begun, Block, Ended, Measure
from harness.worker.timing.rounds import Timed, windows_in

SAVES = 3
SAVES_SECONDS = 15.0  # no further save once they took so long together: a conversion takes as long for each
# A format may hold the weights twice (SavedModel), and its converter write such a folder first (TFLite); one more copy is spare.
NEEDED_COPIES = 4
# In standard deviations of an output. Reached on a CPU by logits: 0 by torch's own and Keras' formats, 2e-5 by ONNX and TFLite.
TOLERANCE = 1e-3


class Bench:
    def __init__(self, framework: Framework, setup: Setup) -> None:
        self._framework = framework
        self._setup = setup
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._format: ModelFormat | None = None
        self._save_seconds: list[float] = []
        self._load_seconds: list[float] = []
        self._first_inference_seconds: list[float] = []

    def begin(self) -> Begun:
        self._framework.open_device(self._setup)
        start = time.perf_counter()
        self._format = self._framework.model_format(self._setup)
        build_seconds = time.perf_counter() - start
        saved = self._format.predict()
        self._folder = tempfile.TemporaryDirectory(prefix="formats-")  # the worker's own TMPDIR: gone with it
        name = self._setup.case.model_format or ""
        self._file = ModelFile(name, self._format, Path(self._folder.name) / f"model{self._format.suffix}")
        self._file.reserve(NEEDED_COPIES * self._setup.weights_file.stat().st_size)
        while not self._save_seconds or (len(self._save_seconds) < SAVES and sum(self._save_seconds) < SAVES_SECONDS):
            self._save_seconds.append(self._file.save())
        self._file.check()
        first_load_seconds, predict = self._timed_load()
        checks = self._checks(predict(), saved)
        self._differences = [check.difference for check in checks]
        del predict
        gc.collect()
        gc.freeze()  # what is there by now, a framework's own modules above all, is not looked through before each load
        cold = ColdStart(
            build_seconds=build_seconds,
            first_step_seconds=first_load_seconds,
            steps_to_steady_state=1,
            warm_up_seconds=time.perf_counter() - start - build_seconds,
        )
        return Begun(cold, steps_per_round=1, checks=checks)

    def measure(self, turn: Measure) -> Block:
        meter, start = CpuMeter(), time.perf_counter()
        self._file.check()
        kept, thrown_away = windows_in(turn, self._round, meter)
        self._load_seconds.extend(round_.seconds for each in kept for round_ in each.rounds)
        _, predict = self._timed_load()
        inference_start = time.perf_counter()
        predict()
        self._first_inference_seconds.append(time.perf_counter() - inference_start)
        return block(kept, thrown_away, start)

    def end(self) -> Ended:
        assert self._format is not None, "end comes after begin"
        figures = {
            "save_seconds": statistics.median(self._save_seconds),
            "saves": float(len(self._save_seconds)),
            "load_seconds": statistics.median(self._load_seconds),
            "first_inference_seconds": statistics.median(self._first_inference_seconds),
            "size_bytes": float(self._file.size_bytes),
            "loading_includes_building": float(self._format.includes_building),
        }
        if len(self._differences) > 1:  # an only one is known by its check
            figures[OUTPUTS_DIFFERENCE] = max(self._differences)
        self.close()
        return Ended(figures=figures, readings=(), busy_seconds=0.0)

    def close(self) -> None:
        if self._format is not None:
            self._format.close()
            self._format = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None
            gc.unfreeze()

    def _checks(self, loaded: Outputs, saved: Outputs) -> tuple[Check, ...]:
        """Of each output. One that only one of the two has is infinitely far from nothing."""
        checks = []
        for key, name in distances.called(self._setup.model.description, saved | loaded).items():
            is_in_both = key in loaded and key in saved
            difference = distances.spread(loaded[key], saved[key]) if is_in_both else math.inf
            checks.append(Check(name, difference, TOLERANCE, "standard deviations"))
        return tuple(checks)

    def _round(self) -> Timed:
        seconds, _ = self._timed_load()
        return seconds, None

    def _timed_load(self) -> tuple[float, Predict]:
        """Seconds of one load. What the one before has left is collected first, untimed."""
        gc.collect()
        start = time.perf_counter()
        predict = self._file.load()
        return time.perf_counter() - start, predict
