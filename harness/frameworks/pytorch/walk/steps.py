"""An optimiser's first step, by the gradient that it was given: which rule the other framework's must have been."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import torch

from harness.frameworks.pytorch.walk.nearest import sketch_of
from harness.frameworks.sketch import NOTHING, ROWS, Sketch
from harness.record.parting import Reason

SAME = 1e-6  # relative, of what a step adds to a tensor
FLOOR = 1e-3  # of what is added to the largest one: a tensor without a gradient moves by what rounding makes of it
ROUNDED = 1e-4  # Keras computes an optimiser's rate and its bias corrections in float32: one factor for all tensors, no farther from 1
EPSILON, DECAY, RATE, RULE = "adam_epsilon", "weight_decay", "learning_rate", "optimiser"
ENTRIES = (EPSILON, DECAY, RATE, RULE)
EPSILONS = (1e-7, 1e-8, 1e-6, 1e-5, 1e-3, 1e-4, 1e-10, 1e-2)
DECAYS = (0.01, 1e-4, 5e-4, 0.05, 0.1, 0.004, 1e-3, 1e-2, 0.3)
RATES = (0.1, 10.0, 0.5, 2.0, 0.01, 100.0)
BETA = 0.999  # of the squares: PyTorch's and Keras' default


class Rule(NamedTuple):
    """Of Adam's first step, where the corrected moments are the gradient and its square; or of plain gradient descent."""

    name: str
    rate: float
    epsilon: float
    corrected: bool  # epsilon is added after the bias correction, as PyTorch does; Keras adds it before
    decay: float
    decoupled: bool

    def step(self, weight: Any, gradient: Any) -> Any:
        if self.decay and not self.decoupled:
            gradient = gradient + self.decay * weight
        if self.name == "SGD":
            moved = gradient
        else:
            epsilon = self.epsilon if self.corrected else self.epsilon / math.sqrt(1 - BETA)
            moved = gradient / (gradient.abs() + epsilon)
        if self.decay and self.decoupled:
            moved = moved + self.decay * weight
        return -self.rate * moved

    def told(self) -> str:
        if self.name == "SGD":
            base = f"SGD at {self.rate:g}"
        else:
            base = f"Adam at {self.rate:g}, epsilon {self.epsilon:g} added {'after' if self.corrected else 'before'} the bias correction"
        if self.decay:
            base += f", weight decay {self.decay:g} {'decoupled, as AdamW has it' if self.decoupled else 'added to the gradient'}"
        return base


def reasons(
    optimizer: Any, weights: Mapping[str, Any], gradients: Mapping[str, Any], ours: Mapping[str, Sketch], theirs: Mapping[str, Sketch]
) -> tuple[tuple[Reason, ...], tuple[str, ...]]:
    """The rules by which the two steps follow from the gradients, and what differs in them; empty where one follows by none."""
    names = sorted((name for name in theirs if name in gradients), key=lambda name: -gradients[name].numel())
    if not names:
        return (), ENTRIES
    own = next((rule for rule in _rules(optimizer) if _follows(rule, names, weights, gradients, ours)), None)
    other = next((rule for rule in _rules(optimizer) if _follows(rule, names, weights, gradients, theirs)), None)
    if own is None or other is None:
        return (), ENTRIES
    return (Reason(_entry(own, other), f"PyTorch steps by {own.told()}; TensorFlow by {other.told()}"),), ()


def _entry(own: Rule, other: Rule) -> str:
    if own.name != other.name:
        return RULE
    if (own.decay, own.decoupled) != (other.decay, other.decoupled):
        return DECAY
    return EPSILON if (own.epsilon, own.corrected) != (other.epsilon, other.corrected) else RATE


def _rules(optimizer: Any) -> Iterator[Rule]:
    """The optimiser's own settings first."""
    group = optimizer.param_groups[0]
    rate, epsilon = float(group["lr"]), float(group.get("eps", EPSILONS[0]))
    decays = dict.fromkeys([0.0, float(group.get("weight_decay", 0.0)), *DECAYS])
    epsilons = dict.fromkeys([epsilon, *EPSILONS])
    rates = (rate, *(rate * factor for factor in RATES))
    for decay, decoupled in [(0.0, False), *itertools.product([each for each in decays if each], (True, False))]:
        for chosen, (each, corrected) in itertools.product(rates, itertools.product(epsilons, (True, False))):
            yield Rule("Adam", chosen, each, corrected, decay, decoupled)
        for chosen in rates:
            yield Rule("SGD", chosen, 0.0, True, decay, decoupled)


def _follows(rule: Rule, names: list[str], weights: Mapping[str, Any], gradients: Mapping[str, Any], added: Mapping[str, Sketch]) -> bool:
    """Of the smallest tensor first: most rules are ruled out by it."""
    floor = FLOOR * max(each.size for each in added.values())
    with torch.no_grad():
        return all(apart(sketch_of(rule.step(weights[name], gradients[name])), added[name], floor) <= SAME for name in reversed(names))


def apart(ours: Sketch, theirs: Sketch, floor: float) -> float:
    """Relative, but for a factor that is rounding."""
    one, other = ours.numbers[0], theirs.numbers[0]
    factor = float((one @ other) / max(one @ one, NOTHING))
    factor = factor if abs(factor - 1) <= ROUNDED else 1.0
    size = max(ours.size, theirs.size, floor, NOTHING)
    return float(np.linalg.norm(factor * one - other)) / (math.sqrt(ROWS * max(1, ours.count)) * size)
