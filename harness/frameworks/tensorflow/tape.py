"""What the network computes, operation by operation, as TensorFlow executes it: `harness.frameworks.tape`.

TensorFlow calls back after each operation that it executes eagerly, so it does not matter how the network is written: layers, nested or
shared or subclassed, functions of Keras' or TensorFlow's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.framework import op_callbacks

from harness.frameworks.sketch import Sketch
from harness.frameworks.tape import NOWHERE, Array64, Record
from harness.frameworks.tensorflow.port.unit import Unit
from harness.frameworks.tensorflow.releasing import releasing

# The orders of axes in which PyTorch may have the same values: channels first, and heads before places.
ORDERS: dict[int, list[tuple[int, ...]]] = {
    3: [(0, 2, 1), (1, 0, 2)],
    4: [(0, 3, 1, 2), (0, 2, 1, 3), (0, 2, 3, 1)],
    5: [(0, 4, 1, 2, 3), (0, 2, 3, 1, 4)],
}
READ = "ReadVariableOp"
NARROW = {"LeakyRelu"}  # operations that have a setting in float32, whatever they compute in
ACTIVATION = "activation"


class Recorder:
    """Records while it is `recording`. `records` are those of the data that `follow` was told of, and of all that is computed from it."""

    def __init__(self, wanted: Iterable[int] = ()) -> None:
        self.records: list[Record] = []
        self.random: list[str] = []  # paths of layers that drew numbers
        self.values: dict[int, Array64] = {}
        self.entered: dict[int, list[int]] = {}  # by the identity of a layer: what its calls were given
        self.left: dict[int, list[int]] = {}
        self._wanted = frozenset(wanted)
        self._places: dict[int, int] = {}  # by TensorFlow's number of a tensor: its record
        self._weights: set[int] = set()  # numbers of tensors that are variables, or computed of them alone
        self._narrow: set[int] = set()  # of constants that TensorFlow's own code has rounded to float32 on their way into the network
        self._stack: list[str] = []
        self._digits = np.dtype(np.float32)

    def follow(self, tensors: Any, layer: str = "") -> None:
        """tensors: a structure of the network's inputs."""
        for tensor in tf.nest.flatten(tensors):
            if tensor.dtype.is_floating:
                self._digits = np.dtype(tensor.dtype.as_numpy_dtype)
            self._keep("input", layer, (), tensor)

    def place(self, tensors: Any) -> int:
        """The record of the first of them that has one."""
        found = (self._places.get(getattr(each, "_id", NOWHERE), NOWHERE) for each in tf.nest.flatten(tensors))
        return next((each for each in found if each != NOWHERE), NOWHERE)

    @contextmanager
    def recording(self, built: Any, units: Sequence[Unit], inside_functions: bool = True) -> Iterator[None]:
        """Of one call of the network. inside_functions: whether the user's own tf.function is looked into, too.

        That needs every function executed eagerly; a grouped convolution then has no gradient on a CPU.
        """
        digits = {np.dtype(each.dtype) for each in built.weights if "float" in each.dtype}
        self._digits = max([self._digits, *(each for each in digits if each.kind == "f")], key=lambda each: each.itemsize)
        eagerly = tf.config.functions_run_eagerly()
        tf.config.run_functions_eagerly(inside_functions or eagerly)
        op_callbacks.add_op_callback(self._executed)
        try:
            with ExitStack() as stack:
                stack.enter_context(releasing(built))
                for layer, path in _paths(built):
                    stack.enter_context(_put(layer, "call", self._telling(layer, path)))
                for unit in units:
                    _expose(stack, unit.layer, self._left)
                yield
        finally:
            op_callbacks.remove_op_callback(self._executed)
            tf.config.run_functions_eagerly(eagerly)

    def _telling(self, layer: Any, path: str) -> Callable[..., Any]:
        call = layer.call

        def told(*given: Any, **by_name: Any) -> Any:
            self.entered.setdefault(id(layer), []).append(self.place([given, by_name]))
            calls = len(self.entered[id(layer)])
            self._stack.append(path)
            try:
                found = call(*given, **by_name)
            finally:
                self._stack.pop()
            if len(self.left.get(id(layer), [])) < calls:  # its activation has told it before
                self._left(layer, found)
            return found

        return told

    def _left(self, layer: Any, tensors: Any) -> None:
        self.left.setdefault(id(layer), []).append(self.place(tensors))

    def _executed(self, kind: Any, inputs: Any, _attributes: Any, outputs: Any, op_name: Any = None, graph: Any = None) -> None:  # noqa: ARG002
        """As op_callbacks wants it."""
        if graph is not None:  # traced, not executed
            return
        operation = kind.decode() if isinstance(kind, bytes) else str(kind)
        layer = self._stack[-1] if self._stack else ""
        made = [each for each in outputs if hasattr(each, "_id")]
        if "Random" in operation and any(each.dtype.is_floating for each in made):
            self.random.append(layer)
        numbers = [each._id for each in inputs if hasattr(each, "_id")]
        given = tuple(dict.fromkeys(self._places[each] for each in numbers if each in self._places))
        if not given:
            self._note_constant(operation, inputs, numbers, made)
            return
        weighted = any(each in self._weights for each in numbers)
        inherited = any(each in self._narrow for each in numbers) or any(self.records[each].coarse for each in given)
        coarse = operation in NARROW or (inherited and not weighted)
        for tensor in made:
            self._keep(operation, layer, given, tensor, coarse)

    def _note_constant(self, operation: str, inputs: Any, numbers: Sequence[int], made: Sequence[Any]) -> None:
        """What is computed of no data."""
        if operation == READ or any(each in self._weights for each in numbers):
            self._weights.update(each._id for each in made)
        elif any(each in self._narrow for each in numbers) or (
            operation == "Cast" and any(each.dtype == tf.float32 for each in inputs) and any(each.dtype == tf.float64 for each in made)
        ):
            self._narrow.update(each._id for each in made)

    def _keep(self, operation: str, layer: str, given: tuple[int, ...], tensor: Any, coarse: bool = False) -> None:
        place = len(self.records)
        self._places[tensor._id] = place
        if not self._is_sketched(tensor):
            self.records.append(Record(operation, layer, given))
            return
        values = tensor.numpy()
        if values.dtype.kind != "f":  # bfloat16, which numpy does not compute with
            values = values.astype(np.float32)
        coarse = coarse or tensor.dtype.size < self._digits.itemsize
        self.records.append(Record(operation, layer, given, Sketch.of(values, ORDERS.get(values.ndim, [])), coarse))
        if place in self._wanted:
            self.values[place] = Array64.of(np.moveaxis(values, -1, 1) if values.ndim > 3 else values)

    def _is_sketched(self, tensor: Any) -> bool:
        return bool(tensor.dtype.is_floating)


class Draws(Recorder):
    """Tells which layers draw numbers, and looks at no value."""

    def _is_sketched(self, tensor: Any) -> bool:  # noqa: ARG002 it is asked of each
        return False


def _paths(built: Any) -> Iterator[tuple[Any, str]]:
    """Each layer inside the network, and its names from the outermost on."""
    seen = {id(built)}
    left = [(each, each.name) for each in reversed(built._layers)]
    while left:
        layer, path = left.pop()
        if id(layer) not in seen:
            seen.add(id(layer))
            yield layer, path
            left += [(each, f"{path}/{each.name}") for each in reversed(layer._layers)]


def _expose(stack: ExitStack, layer: Any, left: Callable[[Any, Any], None]) -> None:
    """A layer's own activation tells what it is given: what the layer gives without it. A recurrent layer's is inside its steps."""
    own = getattr(layer, ACTIVATION, None)
    if not callable(own) or ACTIVATION not in vars(layer) or hasattr(layer, "recurrent_activation") or not hasattr(layer, "kernel"):
        return
    if getattr(own, "_tells", False):
        return

    def told(given: Any) -> Any:
        left(layer, given)
        return own(given)

    told._tells = True  # type: ignore[attr-defined]
    stack.enter_context(_put(layer, ACTIVATION, told))


@contextmanager
def _put(layer: Any, name: str, value: Any) -> Iterator[None]:
    """Past Keras' own bookkeeping of attributes."""
    before = vars(layer).get(name)
    object.__setattr__(layer, name, value)
    try:
        yield
    finally:
        if before is None:
            object.__delattr__(layer, name)
        else:
            object.__setattr__(layer, name, before)
