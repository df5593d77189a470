"""The walk, as `examination.Walking` wants it."""

from __future__ import annotations

from collections.abc import Sequence

from harness.frameworks.pytorch import network
from harness.frameworks.pytorch.walk import catalogue
from harness.frameworks.pytorch.walk.inference import inference
from harness.frameworks.pytorch.walk.layers import layers
from harness.frameworks.pytorch.walk.training import training
from harness.record.parting import Known

__all__ = ["inference", "known", "layers", "training"]


def known(entries: Sequence[str], other: str) -> dict[str, Known]:
    found = {each.name: each for each in catalogue.ENTRIES if each.name in entries}
    return {
        name: Known(each.title, each.symptom, {network.FRAMEWORK: each.pytorch, other: each.tensorflow}) for name, each in found.items()
    }
