"""Train step: optimiser steps on a batch that is already on the device."""

from __future__ import annotations

from harness.frameworks.contract import Framework, Setup, TrainStep
from harness.worker.resident import ResidentBench


class Bench(ResidentBench):
    def build(self, framework: Framework, setup: Setup) -> TrainStep:
        return framework.train_step(setup)
