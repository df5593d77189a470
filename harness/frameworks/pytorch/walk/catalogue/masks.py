"""What attention may not see: its mask, and what comes later in the sequence."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch.nn import functional

from harness.frameworks.pytorch.walk.call import Call, Later, Value
from harness.frameworks.pytorch.walk.catalogue.attending import at_once, factors, softmaxes
from harness.frameworks.pytorch.walk.catalogue.hypothesis import Entry

FILLED = -1e9  # as Keras has it
MASKED = -1e4  # what is added to scores, where it is less

Change = Callable[[Any], Any]


def hidden(mask: Any) -> Any:
    """True where nothing is seen."""
    return ~mask if mask.dtype == torch.bool else mask < MASKED


def _mask(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    yield from _mask_at_once(region)
    for call in region:
        scores, mask = _written_mask(call)
        if scores is None or isinstance(mask, Later):  # another hypothesis has changed the mask
            continue
        yield "PyTorch masks what is attended to, TensorFlow does not", _unmasked(call, scores)
        for change in _opposites(mask):
            yield (
                "the mask is true where there is something to see in one of them, where there is nothing in the other",
                call.with_operand(mask, change),
            )
        if _shape(mask)[-1:] == _shape(mask)[-2:-1] and len(_shape(mask)) > 1:
            told = "the mask's two axes are exchanged in one of them: it hides what comes before in the place of what follows"
            yield told, call.with_operand(mask, lambda held: held.transpose(-2, -1))


def _mask_at_once(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for call in at_once(region):
        mask = call.get("attn_mask")
        if mask is not None:
            yield "PyTorch masks what is attended to, TensorFlow does not", call.altered(attn_mask=None)
            for change in _opposites(mask):
                told = "the mask is true where there is something to see in one of them, where there is nothing in the other"
                yield told, call.altered(_with_mask(change))


def _causal(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    ours = "PyTorch attends to all places, TensorFlow to those up to its own (it is causal)"
    for call in at_once(region):
        if call.get("is_causal"):
            yield "PyTorch attends to the places up to its own (it is causal), TensorFlow to all", call.altered(is_causal=False)
        elif call.get("attn_mask") is None:
            yield ours, call.altered(is_causal=True)
        else:
            yield ours, call.altered(_hiding(_what_follows))
    for call, _ in softmaxes(region):
        if call.given[0].tensor.shape[-1] == call.given[0].tensor.shape[-2]:
            yield ours, call.wrapped(before=lambda scores: scores.masked_fill(torch.ones_like(scores).triu(1) > 0, FILLED))


def _hiding(change: Change) -> Callable[..., Any]:
    """Attention with another mask: true where nothing is seen."""

    def compute(query: Any, key: Any, value: Any, attn_mask: Any, **others: Any) -> Any:
        mask = torch.where(change(hidden(attn_mask)), FILLED, 0.0).to(query)
        return functional.scaled_dot_product_attention(query, key, value, mask, **others)

    return compute


def _what_follows(hidden: Any) -> Any:
    places = hidden.shape[-1]
    return hidden | torch.ones(places, places, dtype=torch.bool, device=hidden.device).triu(1)


def _unmasked(call: Call, scores: Value) -> Call:
    if call.name == "baddbmm":
        return call._like(torch.bmm, tuple(factors(call)), {})
    return call._like(lambda values: values, (scores,), {})


def _written_mask(call: Call) -> tuple[Value | None, Any]:
    """The scores, and the mask."""
    if call.name == "masked_fill" and len(call.args) > 1 and isinstance(call.args[0], Value):
        return call.args[0], call.args[1]
    if call.name == "baddbmm" and len(call.args) == 3:
        return factors(call)[0], call.args[0]
    if call.name == "where" and len(call.args) == 3:
        scores = next((each for each in call.args[1:] if isinstance(each, Value) and each.tensor.is_floating_point()), None)
        return scores, call.args[0]
    if call.name in ("add", "sub") and len(call.args) == 2:
        for scores, mask in (call.args, call.args[::-1]):
            held = getattr(mask, "tensor", mask)
            if isinstance(scores, Value) and isinstance(held, torch.Tensor) and held.is_floating_point() and float(held.min()) < MASKED:
                return scores, mask
    return None, None


def _opposites(mask: Any) -> list[Change]:
    held = getattr(mask, "tensor", mask)
    if not held.is_floating_point():
        return [lambda values: values.logical_not()]
    # Where all are hidden from one, nothing is left of infinities.
    return [lambda values, by=by: torch.where(values < MASKED, 0.0, by).to(values) for by in (-math.inf, FILLED)]  # type: ignore[misc]


def _with_mask(change: Change) -> Callable[..., Any]:
    """torch's function, its mask changed."""

    def compute(query: Any, key: Any, value: Any, attn_mask: Any, **others: Any) -> Any:
        return functional.scaled_dot_product_attention(query, key, value, change(attn_mask), **others)

    return compute


def _shape(mask: Any) -> tuple[int, ...]:
    return tuple(getattr(mask, "tensor", mask).shape)


ENTRIES = (
    Entry(
        "attention_mask",
        "attention's mask: true to see ↔ true to hide, or none",
        "Attention parts where a sequence is filled up.",
        "Masks of `nn.MultiheadAttention` are true to hide, `attn_mask` of `scaled_dot_product_attention` is true to see.",
        "`attention_mask` and `value_mask` are true to see: write `~mask` for what PyTorch's `key_padding_mask` is.",
        _mask,
    ),
    Entry(
        "causal",
        "causal attention ↔ attention to all places",
        "Attention parts at all places but the last.",
        "Write `is_causal=True`, or a mask, where Keras has `use_causal_mask=True`; leave it out where it has not.",
        "Write `use_causal_mask=True` in the call of `MultiHeadAttention` where PyTorch's is causal; leave it out where it is not.",
        _causal,
    ),
)
