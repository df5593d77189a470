"""A few calls that follow from one another, computed again as they would be under a hypothesis."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch.utils import _pytree as pytree

from harness.frameworks.pytorch.walk.call import Call, Later, Value

Computed = dict[int, Any]  # tensors by the identity of the value that they are another version of


def replayed(calls: Sequence[Call], changed: Mapping[int, Call], target: Value) -> Computed:
    """calls: in their order. changed: by place. What neither is changed nor follows from what is, is not computed again.

    Raises what torch raises where a changed call does not fit.
    """
    computed: Computed = {}
    for call in calls:
        made = changed.get(call.place, call)
        if made is call and not any(id(value) in computed for value in call.given):
            continue
        found = run(made, computed)
        for value, tensor in zip(
            call.outputs, [each for each in pytree.tree_leaves(found) if isinstance(each, torch.Tensor)], strict=False
        ):
            computed[id(value)] = tensor
        if any(value is target for value in call.outputs):
            break
    return computed


def copied(leaf: Any) -> Any:
    """Of what is not computed from the inputs: a norm in training mode writes what it has measured into its buffers."""
    is_kept = isinstance(leaf, torch.Tensor) and not isinstance(leaf, torch.nn.Parameter) and not leaf.requires_grad
    return leaf.clone() if is_kept else leaf


def run(call: Call, computed: Computed, constant: Callable[[Any], Any] = copied) -> Any:
    """constant: of each of its arguments that does not depend on the inputs, what it is called with."""

    def put(leaf: Any) -> Any:
        if isinstance(leaf, Value | Later):
            tensor = there(leaf, computed)
            return tensor.clone() if call.mutates and isinstance(leaf, Value) else tensor
        return constant(leaf)

    leaves, nesting = call.flat
    args, kwargs = pytree.tree_unflatten([put(leaf) for leaf in leaves], nesting)
    found = call.function(*args, **kwargs)
    return args[0] if found is None else found


def there(leaf: Value | Later, computed: Computed) -> Any:
    return leaf.change(there(leaf.value, computed)) if isinstance(leaf, Later) else computed.get(id(leaf), leaf.tensor)
