"""The work of a case's steps, where its phase has more than one kind of them."""

from __future__ import annotations

from harness.frameworks.contract import Framework, Inference, Setup, TrainStep
from harness.record.case import Workload


def build(framework: Framework, setup: Setup) -> TrainStep | Inference:
    """That of the case's workload, on its resident batch."""
    return framework.inference(setup) if setup.case.workload is Workload.INFERENCE else train_step(framework, setup)


def train_step(framework: Framework, setup: Setup) -> TrainStep:
    """Of one of several ranks its part."""
    return framework.train_step(setup) if setup.rank is None else framework.data_parallel(setup)
