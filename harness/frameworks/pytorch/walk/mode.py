"""The walk: PyTorch's network computes, and after each call what it gives is looked for in the other framework's tape.

Where a layer parts, what is known of the catalogue is tried on it and on what leads to it. What makes the two agree is put in the place
of what was computed, so that the walk goes on and finds the next place.
"""

from __future__ import annotations

import gc
import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from fixtures.models.layers import Layer
from harness.frameworks.pytorch.walk import gradients, search
from harness.frameworks.pytorch.walk.call import HIDDEN, Call, Value, tensors
from harness.frameworks.pytorch.walk.completed import Completed
from harness.frameworks.pytorch.walk.nearest import STEADY, Nearest, sketch_of
from harness.frameworks.pytorch.walk.numbered import Numbered
from harness.frameworks.pytorch.walk.search import MOST_TOGETHER, Searches
from harness.frameworks.pytorch.walk.statistics import Norm
from harness.frameworks.tape import NOWHERE, Called, Tape
from harness.record.parting import Part, Parting, Point

RECURRENT = ("lstm", "gru", "rnn_tanh", "rnn_relu")


class EndOfWalk(Exception):
    """What comes behind cannot be told: the message says why. `wanted`: a record that is needed whole to go on, or NOWHERE."""

    def __init__(self, why: str, wanted: int = NOWHERE) -> None:
        super().__init__(why)
        self.wanted = wanted


class Walk(Numbered):
    """Of one forward pass."""

    def __init__(
        self,
        part: Part,
        network: Any,
        tape: Tape,
        layers: Sequence[Layer],
        names: Mapping[int, str],
        nearest: Nearest,
        kept: int,
        searches: Searches,
    ) -> None:
        """kept: of how many calls the inputs are kept, for a layer that is found to part; those of earlier ones are let go of.

        searches: those of the passes before this one.
        """
        super().__init__(network, names)
        self.partings: list[Parting] = []
        self.points: list[Point] = []
        self.changed: dict[int, Call] = {}  # by place: what was put in
        self._part = part
        self._tape = tape
        self._nearest = nearest
        self._completed = Completed(layers, tape.called)
        self._leaves = {name for name, module in network.named_modules() if name and not any(module.children())}
        self.norms: dict[str, Norm] = {}  # that measure the batch, by layer
        self.asked_again: list[Call] = []  # what gradients may part by
        self._kept = kept
        self._searches = searches
        self._latest: list[Call] = []

    @property
    def layers(self) -> int:
        """How many are compared."""
        return len(self._tape.called)

    def follow(self, inputs: Any) -> None:
        super().follow(inputs)
        for tensor in tensors(inputs):
            if tensor.is_floating_point():
                value: Value = getattr(tensor, HIDDEN)
                value.sketch = sketch_of(tensor)
                _, value.apart, value.found = self._nearest.agrees(value.sketch, 0.0)

    def conclude(self, outputs: Mapping[str, Any]) -> None:
        """The network's outputs, or a loss, have to be the other's. Raises EndOfWalk."""
        for name, tensor in outputs.items():
            value: Value | None = getattr(tensor, HIDDEN, None)
            record = self._tape.outputs.get(name, NOWHERE)
            if value is None or value.key[0] == NOWHERE or record == NOWHERE or value.sketch is None:
                continue  # which outputs there are is told by others
            value.call = value.call or Call.of_value(value)
            only = self._nearest.only(record)  # the value may be there, and yet not be what the other network gives
            entered = max((each.apart for each in value.call.given if each.agrees), default=0.0)
            if not only.agrees(value.sketch, max(entered, value.apart if value.agrees else 0.0))[0]:
                self._examine(value, None, f"output {name}", record, only)

    def done(self, call: Call) -> None:
        self._compare(call)
        self._latest.append(call)
        self._let_go(call.place - self._kept)
        if call.place % self._kept == 0:
            gc.collect()  # a tensor and what the walk knows of it refer to each other

    def _let_go(self, last: int) -> None:
        """Of what the calls up to that place were computed from. One that is still to be explained keeps it."""
        old = [call for call in self._latest if call.place <= last and call.settled]
        self._latest = [call for call in self._latest if call not in old]
        for call in old:
            if call not in self.asked_again:
                call.forget()

    def _compare(self, call: Call) -> None:
        entered = max((value.apart for value in call.given if value.agrees), default=0.0)
        numbers = [value for value in call.outputs if value.tensor.is_floating_point()]
        is_steady = call.name == "batch_norm" and not call.get("training")
        for value in numbers:
            self._look_up(value, STEADY * entered if is_steady else entered)
        self._note(call)
        called = self._completed.by(call)
        if numbers and all(value.agrees for value in numbers):
            self._settle(call)
            self.points.append(Point(self._layer(call), call.name, max(value.apart for value in numbers)))
        else:
            target = self._target(call, numbers, called)
            if target is not None and called is not None:
                self._examine(target, called, "", called.left, self._nearest)

    def _note(self, call: Call) -> None:
        """What is asked for again when gradients and statistics are compared."""
        if call.name in gradients.CALLS:
            self.asked_again.append(call)
        if call.name == "batch_norm" and call.get("training") and call.get("momentum") is not None:
            given = call.given[0].tensor
            layer = self._layer(call)
            self.norms[layer] = Norm(layer, float(call.get("momentum")), given.numel() // given.shape[1])

    def _target(self, call: Call, numbers: Sequence[Value], called: Called | None) -> Value | None:
        """Which of what a layer gives has to be what the other framework's gives; None where it is too early to tell."""
        if called is None or any(value.agrees for value in numbers):
            return None
        expected = self._tape.records[called.left].sketch
        fitting = [value for value in numbers if expected is not None and value.sketch is not None and value.sketch.count == expected.count]
        if call.name in RECURRENT:  # the other one may give the last place alone, or several directions in one
            return fitting[0] if fitting else None
        return next(iter(fitting or numbers), None)

    def _look_up(self, value: Value, entered: float) -> None:
        value.sketch = sketch_of(value.tensor)
        agrees, apart, place = self._nearest.agrees(value.sketch, entered)
        value.apart = apart if agrees else math.inf
        value.found = place if agrees else NOWHERE

    def _settle(self, call: Call) -> None:
        """What agrees makes right all that leads to it."""
        left = [call]
        while left:
            each = left.pop()
            if each.settled:
                continue
            each.settled = True
            left += [value.call for value in each.given if value.call is not None and not value.call.settled]

    def _examine(self, value: Value, called: Called | None, told: str, record: int, nearest: Nearest) -> None:
        """Finds out why what a layer gives is not the other's, and puts that in its place."""
        region = self._region(value)
        is_known = record in self._tape.values  # asked for, as several together were tried in vain
        found = self._searches.reasons(region, value, nearest, 1 if is_known else MOST_TOGETHER)
        place = search.place(region, self._nearest) if not found.reasons else found.place
        self.partings.append(self._parting(place, value, called, told, record, found))
        if found.reasons:
            self.changed |= found.changed
            self._put(found.computed, [*search.edges_of(region), *region], found.entered)
        elif record == NOWHERE:
            raise EndOfWalk("what comes behind is not gone through, as no layer of the other network is known to be the same")
        elif record not in self._tape.values:
            raise EndOfWalk("", record)
        else:
            self._override(value, record)
        self._settle(value.call)  # type: ignore[arg-type]

    def _region(self, value: Value) -> list[Call]:
        """The calls that lead to it, and are not settled."""
        assert value.call is not None, "an input is the same on both sides"
        found = {value.call.place: value.call}
        left = [each.call for each in value.call.given]
        while left:
            call = left.pop()
            if call is not None and call.place not in found and not call.settled:
                found[call.place] = call
                left += [each.call for each in call.given]
        return [found[place] for place in sorted(found)]

    def _put(self, computed: Mapping[int, Any], region: Sequence[Call], before: float) -> None:
        """Whoever holds one of the tensors holds the other framework's from now on."""
        for call in region:
            entered = max((before, *(value.apart for value in call.given if value.agrees)))
            for value in call.outputs:
                if id(value) in computed:
                    value.tensor.data = computed[id(value)].detach()
                    if value.tensor.is_floating_point():
                        self._look_up(value, entered)

    def _override(self, value: Value, record: int) -> None:
        held = torch.from_numpy(self._tape.values[record].to_numpy().copy()).to(value.tensor)
        if held.numel() != value.tensor.numel():
            raise EndOfWalk(f"what comes behind is not gone through: {tuple(value.tensor.shape)} values here, {tuple(held.shape)} there")
        value.tensor.data = held.reshape(value.tensor.shape)
        value.apart, value.found = 0.0, record

    def _parting(self, place: Call, value: Value, called: Called | None, told: str, record: int, found: search.Found) -> Parting:
        other, operation = self._other(place, called, record)
        entered = max((each.apart for each in place.given if each.agrees), default=0.0)
        theirs = self._tape.records[record].sketch if record != NOWHERE else None
        left = value.sketch.apart(theirs) if value.sketch is not None and theirs is not None else math.inf
        layer = self._named(place, value) or told
        told_of = (found.reasons, found.ruled_out)
        return Parting(self._part, layer, place.told(), other, operation, entered, left, *told_of, depth=len(self.points))

    def _named(self, place: Call, value: Value) -> str:
        """The layer of a call; of one that is written between layers, that where the parting shows."""
        is_of_a_layer = place.weights or place.module in self._leaves
        return self._layer(place if is_of_a_layer or value.call is None else value.call)

    def _other(self, place: Call, called: Called | None, record: int) -> tuple[str, str]:
        own = next((each for each in self._tape.called if called is None and each.name == self._layer(place)), called)
        if own is not None:
            return own.path, ", ".join(f"{name}={value}" for name, value in own.settings.items())
        return (self._tape.records[record].layer, self._tape.records[record].operation) if record != NOWHERE else ("", "")

    def _layer(self, call: Call) -> str:
        return self._completed.layer(call)
