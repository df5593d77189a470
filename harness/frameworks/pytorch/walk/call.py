"""One call of a function of torch's: what a network consists of, however its code is written."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch.utils import _pytree as pytree

from harness.frameworks.sketch import Sketch
from harness.frameworks.tape import NOWHERE

# Parameters of torch's builtins, which have no signature that could be asked for; as torch.nn.functional calls them.
_CONVOLUTION = "input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1"
_TRANSPOSED = "input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1"
_MAX_POOL = "input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False"
_AVERAGE_POOL = "input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None"
_RECURRENT = "input, hx, weights, has_biases, num_layers, dropout, train, bidirectional, batch_first"
PARAMETERS = {
    "conv1d": _CONVOLUTION,
    "conv2d": _CONVOLUTION,
    "conv3d": _CONVOLUTION,
    "conv_transpose1d": _TRANSPOSED,
    "conv_transpose2d": _TRANSPOSED,
    "conv_transpose3d": _TRANSPOSED,
    "linear": "input, weight, bias=None",
    "batch_norm": "input, weight, bias, running_mean, running_var, training, momentum, eps, cudnn_enabled=True",
    "layer_norm": "input, normalized_shape, weight=None, bias=None, eps=1e-5, cudnn_enable=True",
    "group_norm": "input, num_groups, weight=None, bias=None, eps=1e-5, cudnn_enabled=True",
    "rms_norm": "input, normalized_shape, weight=None, eps=None",
    "max_pool1d": _MAX_POOL,
    "max_pool2d": _MAX_POOL,
    "max_pool3d": _MAX_POOL,
    "avg_pool1d": _AVERAGE_POOL,
    "avg_pool2d": _AVERAGE_POOL,
    "avg_pool3d": _AVERAGE_POOL,
    "adaptive_avg_pool2d": "input, output_size",
    "pad": "input, pad, mode='constant', value=None",
    "gelu": "input, *, approximate='none'",
    "leaky_relu": "input, negative_slope=0.01",
    "elu": "input, alpha=1.0, scale=1.0, input_scale=1.0",
    "hardtanh": "input, min_val=-1.0, max_val=1.0",
    "softplus": "input, beta=1.0, threshold=20.0",
    "clamp": "input, min=None, max=None",
    "softmax": "input, dim=None, dtype=None",
    "log_softmax": "input, dim=None, dtype=None",
    "flatten": "input, start_dim=0, end_dim=-1",
    "dropout": "input, p=0.5, train=True",
    "feature_dropout": "input, p=0.5, train=True",
    "embedding": "weight, indices, padding_idx=-1, scale_grad_by_freq=False, sparse=False",
    "scaled_dot_product_attention": "query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, *, scale=None, enable_gqa=False",
    "upsample_nearest2d": "input, output_size=None, scale_factors=None",
    "_upsample_nearest_exact2d": "input, output_size=None, scale_factors=None",
    "upsample_bilinear2d": "input, output_size=None, align_corners=False, scale_factors=None",
    "upsample_bicubic2d": "input, output_size=None, align_corners=False, scale_factors=None",
    "_upsample_bilinear2d_aa": "input, output_size=None, align_corners=False, scale_factors=None",
    "_upsample_bicubic2d_aa": "input, output_size=None, align_corners=False, scale_factors=None",
    "lstm": _RECURRENT,
    "gru": _RECURRENT,
    "rnn_tanh": _RECURRENT,
    "rnn_relu": _RECURRENT,
    "cross_entropy_loss": "input, target, weight=None, reduction=1, ignore_index=-100, label_smoothing=0.0",
    "mse_loss": "input, target, reduction=1",
    "l1_loss": "input, target, reduction=1",
    "binary_cross_entropy_with_logits": "input, target, weight=None, pos_weight=None, reduction=1",
    "binary_cross_entropy": "input, target, weight=None, reduction=1",
    "nll_loss_nd": "input, target, weight=None, reduction=1, ignore_index=-100",
    "cat": "tensors, dim=0",
    "mean": "input, dim=None, keepdim=False",
    "add": "input, other, *, alpha=1",
    "sub": "input, other, *, alpha=1",
    "mul": "input, other",
    "matmul": "input, other",
}
SIGNATURES = {
    name: inspect.Signature(list(inspect.signature(eval(f"lambda {said}: 0")).parameters.values())) for name, said in PARAMETERS.items()
}
MUTATING = {"__setitem__"}
HIDDEN = "_walked"  # an attribute of tensors: what the walk knows of them
MADE = "_walked_made"  # of tensors that weights alone are in, and no input: the call that gave them


class Value:
    """A tensor that depends on the inputs."""

    def __init__(self, tensor: Any, call: Call | None, place: int = 0) -> None:
        self.tensor = tensor
        self.call = call  # that gave it; None: an input, or of a call that is forgotten
        self.key = (NOWHERE if call is None else call.place, place)  # the same in each pass: the call, and which of what it gave
        self.sketch: Sketch | None = None
        self.apart = 0.0  # from the other framework's nearest value
        self.found = NOWHERE  # the record of that, where they agree

    @property
    def agrees(self) -> bool:
        return self.found != NOWHERE


class Call:
    """Arguments have a `Value` where a tensor is that depends on the inputs."""

    def __init__(self, place: int, function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any], module: str) -> None:
        self.place = place  # among the network's calls
        self.function = function
        self.args = args
        self.kwargs = dict(kwargs)
        self.module = module  # name of the innermost module that it belongs to
        self.name = plain(function)
        self.weights: tuple[str, ...] = ()  # canonical names of the tensors that go into it
        self.outputs: tuple[Value, ...] = ()
        self.settled = False  # what it gives agrees, or what is computed from that does
        self._flat: tuple[list[Any], Any] | None = None
        self._given: list[Value] | None = None

    @property
    def flat(self) -> tuple[list[Any], Any]:
        """The arguments one by one, and how they are nested. A search asks for them thousands of times."""
        if self._flat is None:
            self._flat = pytree.tree_flatten((self.args, self.kwargs), is_leaf=is_held)
        return self._flat

    @property
    def given(self) -> list[Value]:
        if self._given is None:
            self._given = [inner(each) for each in self.flat[0] if isinstance(each, Value | Later)]
        return self._given

    @property
    def mutates(self) -> bool:
        return is_mutating(self.function)

    def arguments(self) -> dict[str, Any] | None:
        """By name; None for a function whose parameters are not known here."""
        signature = SIGNATURES.get(self.name)
        if signature is None:
            return None
        try:
            bound = signature.bind(*self.args, **self.kwargs)
        except TypeError:
            return None
        bound.apply_defaults()
        return dict(bound.arguments)

    def get(self, name: str, otherwise: Any = None) -> Any:
        found = self.arguments()
        return otherwise if found is None else found.get(name, otherwise)

    def altered(self, function: Callable[..., Any] | None = None, **changed: Any) -> Call:
        """The same call with other arguments, of another function where one is given: it is then called by the names of all of them."""
        held = self.arguments()
        assert held is not None, self.name
        made = function or _by_names(self.name, self.function)
        return self._like(made, (), {**held, **changed})

    def wrapped(self, before: Callable[[Any], Any] | None = None, after: Callable[[Any], Any] | None = None) -> Call:
        """The same, its first tensor of data changed before, or what it gives changed after it."""
        args, kwargs = self.args, self.kwargs
        if before is not None:
            changed = self.with_operand(self.given[0], before)
            args, kwargs = changed.args, changed.kwargs
        function = self.function

        def done(*given: Any, **by_name: Any) -> Any:
            found = function(*given, **by_name)
            return found if after is None else _first(found, after)

        return self._like(done if after is not None else function, args, kwargs)

    def with_operand(self, operand: Any, change: Callable[[Any], Any]) -> Call:
        """The same, one of the tensors that it is given changed before: a value, or one that depends on no input."""

        def put(leaf: Any) -> Any:
            if isinstance(leaf, Value | Later):
                return Later(leaf, change) if inner(leaf) is operand else leaf
            return change(leaf) if leaf is operand else leaf

        args, kwargs = pytree.tree_map(put, (self.args, self.kwargs), is_leaf=is_held)
        return self._like(self.function, args, kwargs)

    def instead(self, compute: Callable[[Any], Any]) -> Call:
        """Another function of its first tensor of data."""
        return self._like(compute, (self.given[0],), {})

    def forget(self) -> None:
        """What it was computed from is let go of: to all that follows, what it gave is as an input."""
        for value in self.outputs:
            value.call = None
        self.args, self.kwargs = (), {}
        self._flat = self._given = None

    @classmethod
    def of_value(cls, value: Value) -> Call:
        """In the place of one that is forgotten: computed again, it is what that has given."""
        made = cls(value.key[0], lambda: value.tensor, (), {}, "")
        made.outputs, made.settled = (value,), True
        return made

    def told(self) -> str:
        """As a user would write it, the settings that are numbers and words."""
        held = self.arguments() or {}
        plainly = (bool, int, float, str, list, tuple, torch.Size)
        shown = [
            f"{name}={_number(value)}"
            for name, value in held.items()
            if isinstance(value, plainly) and _is_plain(value) and name not in UNTOLD
        ]
        return f"{self.name}({', '.join(shown)})" if held else self.name

    def _like(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Call:
        made = Call(self.place, function, args, kwargs, self.module)
        made.name, made.weights, made.outputs = self.name, self.weights, self.outputs
        return made


class Later:
    """What is to be made of a value when it is there."""

    def __init__(self, value: Value | Later, change: Callable[[Any], Any]) -> None:
        self.value = value
        self.change = change


UNTOLD = {"cudnn_enabled", "cudnn_enable", "sparse", "scale_grad_by_freq", "divisor_override", "has_biases", "batch_first", "train"}


def plain(function: Callable[..., Any]) -> str:
    """`relu` of `relu`, `relu_` and `Tensor.relu`."""
    name = getattr(function, "__name__", type(function).__name__)
    return name.rstrip("_") if name.endswith("_") and not name.endswith("__") else name


def is_mutating(function: Callable[..., Any]) -> bool:
    name = getattr(function, "__name__", "")
    return (
        (name.endswith("_") and not name.endswith("__"))
        or name in MUTATING
        or (name.startswith("__i") and name.endswith("__") and name not in ("__invert__", "__index__", "__int__"))
    )


def tensors(structure: Any) -> Iterator[Any]:
    return (each for each in pytree.tree_leaves(structure) if isinstance(each, torch.Tensor))


def _by_names(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The builtin takes most of its arguments by their places alone."""
    signature = SIGNATURES[name]

    def called(*given: Any, **held: Any) -> Any:
        bound = signature.bind(*given, **held)
        return function(*bound.args, **bound.kwargs)

    called.__name__ = getattr(function, "__name__", name)
    return called


def is_held(leaf: Any) -> bool:
    return isinstance(leaf, Value | Later)


def inner(leaf: Any) -> Value:
    while isinstance(leaf, Later):
        leaf = leaf.value
    return leaf  # type: ignore[no-any-return]


def _first(found: Any, after: Callable[[Any], Any]) -> Any:
    return (after(found[0]), *found[1:]) if isinstance(found, tuple) else after(found)


def _is_plain(value: Any) -> bool:
    return all(isinstance(each, bool | int | float | str) for each in value) if isinstance(value, list | tuple) else True


def _number(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(tuple(value)) if isinstance(value, list | tuple) else repr(value)
