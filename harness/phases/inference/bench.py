"""Inference: forward passes on a batch that is already on the device."""

from __future__ import annotations

from harness.frameworks.contract import Framework, Inference, Setup
from harness.worker.resident import ResidentBench


class Bench(ResidentBench):
    def build(self, framework: Framework, setup: Setup) -> Inference:
        return framework.inference(setup)
