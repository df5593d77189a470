"""The calls of a forward pass, numbered: what a walk looks at, and what it may have made in another way the next time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch.nn import functional
from torch.overrides import TorchFunctionMode
from torch.utils import _pytree as pytree

from harness.frameworks.pytorch.walk.call import HIDDEN, MADE, Call, Value, is_mutating, tensors
from harness.frameworks.tape import NOWHERE

OF = "_walked_of"  # an attribute of tensors: the weights that they are computed from, of what depends on no input
DISPATCHERS = ("has_torch_function", "has_torch_function_unary", "has_torch_function_variadic")


class Numbered(TorchFunctionMode):  # type: ignore[misc]
    """Calls `done` after each call whose arguments depend on the inputs. The same pass has the same numbers."""

    def __init__(self, network: Any, names: Mapping[int, str]) -> None:
        super().__init__()
        self._network = network
        self._names = names  # of the canonical tensors, by identity
        self._modules: list[str] = []
        self._calls = 0

    @contextmanager
    def passing(self) -> Iterator[None]:
        """While it lasts each of torch's builtins is one call, not the function of torch.nn.functional around it."""
        hooks = []
        for name, module in self._network.named_modules():
            hooks.append(module.register_forward_pre_hook(lambda _module, _given, name=name: self._modules.append(name)))
            hooks.append(module.register_forward_hook(self._leave, always_call=True))
        before = {name: getattr(functional, name) for name in DISPATCHERS}
        for name in DISPATCHERS:
            setattr(functional, name, lambda *_given, **_by_name: False)
        try:
            with self:
                yield
        finally:
            for name, function in before.items():
                setattr(functional, name, function)
            for hook in hooks:
                hook.remove()

    def follow(self, inputs: Any) -> None:
        """What depends on these is a call."""
        for place, tensor in enumerate(tensors(inputs)):
            setattr(tensor, HIDDEN, Value(tensor, None, place))

    def done(self, call: Call) -> None:
        """A call's outputs are there."""

    def compute(self, call: Call, args: Any, kwargs: Any) -> Any:
        """What the call gives."""
        return call.function(*args, **kwargs)

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        given = list(tensors((args, kwargs)))
        if not any(hasattr(each, HIDDEN) for each in given):
            found = function(*args, **kwargs)
            self._mark(Call(NOWHERE, function, args, kwargs, ""), found, given)
            return found
        bound = pytree.tree_map(lambda leaf: getattr(leaf, HIDDEN, leaf) if isinstance(leaf, torch.Tensor) else leaf, (args, kwargs))
        call = Call(self._calls, function, bound[0], bound[1], self._modules[-1] if self._modules else "")
        if call.name == "batch_norm":  # in training mode it writes into its buffers
            call.args = tuple(each.clone() if type(each) is torch.Tensor and not each.requires_grad else each for each in call.args)
        if is_mutating(function):
            self._keep_as_it_was(given)
        found = self.compute(call, args, kwargs)
        outputs = [args[0]] if found is None else list(tensors(found))
        if not outputs or any(each.is_nested for each in outputs):
            return found
        self._calls += 1
        call.weights = tuple(dict.fromkeys(name for each in given for name in self._weights(each)))
        call.outputs = tuple(Value(each, call, place) for place, each in enumerate(outputs))
        for tensor, value in zip(outputs, call.outputs, strict=True):
            setattr(tensor, HIDDEN, value)
        self.done(call)
        return found

    def _leave(self, _module: Any, _given: Any, _found: Any) -> None:
        self._modules.pop()

    def _weights(self, tensor: Any) -> tuple[str, ...]:
        own = self._names.get(id(tensor))
        return (own,) if own is not None else getattr(tensor, OF, ())

    def _mark(self, call: Call, found: Any, given: Sequence[Any]) -> None:
        names = tuple(dict.fromkeys(name for each in given for name in self._weights(each)))
        for each in tensors(found):
            if names and id(each) not in self._names:
                setattr(each, OF, names)
                setattr(each, MADE, call)

    def _keep_as_it_was(self, given: Sequence[Any]) -> None:
        """What is about to be changed in its place."""
        value: Value | None = getattr(given[0], HIDDEN, None)
        if value is not None:
            value.tensor = value.tensor.clone()
