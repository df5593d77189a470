"""A functional network's values let go of as soon as nothing reads them any more: Keras keeps all of them until the pass ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import keras
from keras.src.ops.function import Function
from keras.src.ops.symbolic_arguments import SymbolicArguments

Read = dict[int, set[int]]  # by the identity of a node's arguments: the values that it is the last one to read


@contextmanager
def releasing(built: keras.Model) -> Iterator[None]:
    """Keras fills in a node's arguments from the values that it keeps, which is when the last reader of a value takes it out."""
    read = _last_read(built)
    fill_in = SymbolicArguments.fill_in

    def filled(arguments: Any, values: dict[int, Any]) -> Any:
        found = fill_in(arguments, values)
        for each in read.get(id(arguments), ()):
            values.pop(each, None)
        return found

    with mock.patch.object(SymbolicArguments, "fill_in", filled):
        yield


def _last_read(built: keras.Model) -> Read:
    """Of the network and those inside it. What two of them share is left alone, as each reads it in an order of its own."""
    functions = {id(each): each for each in _functions(built)}
    nodes = {number: _in_order(each) for number, each in functions.items()}
    times = Counter(id(node) for found in nodes.values() for node in found)
    read: Read = {}
    for number, function in functions.items():
        last = {id(tensor): node for node in nodes[number] for tensor in node.input_tensors}
        kept = {id(tensor) for node in nodes[number] if times[id(node)] > 1 for tensor in (*node.input_tensors, *node.outputs)}
        kept |= {id(tensor) for tensor in function.outputs}
        for tensor, node in last.items():
            if tensor not in kept:
                read.setdefault(id(node.arguments), set()).add(tensor)
    return read


def _functions(built: keras.Model) -> Iterator[Function]:
    for each in built._flatten_layers():
        inside = getattr(each, "_functional", each)  # a Sequential has its graph inside
        if isinstance(inside, Function):
            yield inside


def _in_order(function: Function) -> list[Any]:
    """As Keras goes through them."""
    by_depth = function._nodes_by_depth
    return [node for depth in sorted(by_depth, reverse=True) for node in by_depth[depth] if not node.is_input]
