"""Passes in which some calls are made in another way: the network as it would be, were its faults mended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch.utils import _pytree as pytree

from harness.frameworks.pytorch.walk.call import Call, Later, Value
from harness.frameworks.pytorch.walk.numbered import Numbered
from harness.frameworks.pytorch.walk.region import run


class Rewritten(Numbered):
    """changed: by place, calls of an earlier pass of the same network."""

    def __init__(self, network: Any, names: Mapping[int, str], changed: Mapping[int, Call]) -> None:
        super().__init__(network, names)
        self._changed = changed
        leaves = pytree.tree_leaves([(call.args, call.kwargs) for call in changed.values()], is_leaf=_is_held)
        self._needed = {value.key: value for value in map(_inner, leaves) if value is not None}
        self._present: dict[int, Any] = {}  # this pass' tensors, by the identity of the earlier pass' value

    def follow(self, inputs: Any) -> None:
        super().follow(inputs)
        for place, tensor in enumerate(pytree.tree_leaves(inputs)):
            self._remember((-1, place), tensor)

    def compute(self, call: Call, args: Any, kwargs: Any) -> Any:
        changed = self._changed.get(call.place)
        return super().compute(call, args, kwargs) if changed is None else run(changed, self._present)

    def done(self, call: Call) -> None:
        for value in call.outputs:
            self._remember(value.key, value.tensor)

    def _remember(self, key: tuple[int, int], tensor: Any) -> None:
        if key in self._needed:
            self._present[id(self._needed[key])] = tensor


def _is_held(leaf: Any) -> bool:
    return isinstance(leaf, Value | Later)


def _inner(leaf: Any) -> Value | None:
    while isinstance(leaf, Later):
        leaf = leaf.value
    return leaf if isinstance(leaf, Value) else None
