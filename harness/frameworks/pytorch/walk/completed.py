"""When a layer is complete: the call that its last tensor goes into, and the other framework's call of the same layer."""

from __future__ import annotations

from collections.abc import Sequence

from fixtures.models.layers import Layer
from harness.frameworks.pytorch.walk.call import Call
from harness.frameworks.tape import NOWHERE, Called


class Completed:
    """To be asked of each call of a pass, in their order. A shared layer is complete several times."""

    def __init__(self, layers: Sequence[Layer], called: Sequence[Called]) -> None:
        self._layers = {tensor.name: layer for layer in layers for tensor in layer.tensors.values()}
        self._seen: dict[str, set[str]] = {}  # by layer: its tensors that have gone into a call since it was complete
        self._called: dict[str, list[Called]] = {}
        for each in called:
            self._called.setdefault(each.name, []).append(each)

    def by(self, call: Call) -> Called | None:
        """None where it completes no layer, or one that the other framework does not call as a layer."""
        found = None
        for name in call.weights:
            layer = self._layers.get(name)
            if layer is None:
                continue
            seen = self._seen.setdefault(layer.name, set())
            seen.add(name)
            if seen >= {tensor.name for tensor in layer.tensors.values()}:
                seen.clear()
                waiting = self._called.get(layer.name, [])
                found = (waiting.pop(0) if waiting else None) or found
        return found if found is None or found.left != NOWHERE else None

    def layer(self, call: Call) -> str:
        """Of the layer whose tensors go into it, or of the module that it belongs to."""
        return next((self._layers[name].name for name in call.weights if name in self._layers), call.module)
