"""Passes in which some calls are made in another way: the network as it would be, were its faults mended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch.utils import _pytree as pytree

from harness.frameworks.pytorch.walk.call import Call, inner, is_held
from harness.frameworks.pytorch.walk.numbered import Numbered
from harness.frameworks.pytorch.walk.region import run

MEASURED = ("running_mean", "running_var")  # arguments that a norm in training mode writes into


class Rewritten(Numbered):
    """changed: by place, calls of an earlier pass of the same network."""

    def __init__(self, network: Any, names: Mapping[int, str], changed: Mapping[int, Call]) -> None:
        super().__init__(network, names)
        self._changed = changed
        leaves = pytree.tree_leaves([(call.args, call.kwargs) for call in changed.values()], is_leaf=is_held)
        self._needed = {value.key: value for value in map(inner, filter(is_held, leaves))}
        self._present: dict[int, Any] = {}  # this pass' tensors, by the identity of the earlier pass' value

    def follow(self, inputs: Any) -> None:
        super().follow(inputs)
        for place, tensor in enumerate(pytree.tree_leaves(inputs)):
            self._remember((-1, place), tensor)

    def compute(self, call: Call, args: Any, kwargs: Any) -> Any:
        changed = self._changed.get(call.place)
        if changed is None or changed.name != call.name:  # a call that gives no tensor has the number of the next one that does
            return super().compute(call, args, kwargs)
        held, own = ([each.get(name) for name in MEASURED] for each in (changed, Call(call.place, call.function, args, kwargs, "")))
        _copy(own, held)  # a norm goes on measuring, in its own buffers
        found = run(changed, self._present, constant=lambda leaf: leaf)
        _copy(held, own)
        return found

    def done(self, call: Call) -> None:
        for value in call.outputs:
            self._remember(value.key, value.tensor)

    def _remember(self, key: tuple[int, int], tensor: Any) -> None:
        if key in self._needed:
            self._present[id(self._needed[key])] = tensor


def _copy(source: Sequence[Any], target: Sequence[Any]) -> None:
    with torch.no_grad():
        for one, other in zip(source, target, strict=True):
            if isinstance(one, torch.Tensor) and isinstance(other, torch.Tensor):
                other.copy_(one)
