"""Attention: scale, axis, heads, and which of queries, keys and values is which."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from harness.frameworks.pytorch.walk.call import Call
from harness.frameworks.pytorch.walk.catalogue.attending import at_once, attentions, factors, features, scaled_before, softmaxes
from harness.frameworks.pytorch.walk.catalogue.hypothesis import Entry
from harness.frameworks.pytorch.walk.catalogue.masks import FILLED, hidden

NAMES = ("queries", "keys", "values")
JOINS = ((0, 2, 1, 3), (0, 1, 3, 2), (0, 2, 3, 1), (0, 3, 1, 2), (0, 3, 2, 1))
Change = Callable[[Any], Any]


def _scale(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for call in at_once(region):
        query = call.get("query").tensor
        size, every = int(query.shape[-1]), features(query, region, call.place)
        own = call.get("scale") or 1 / math.sqrt(size)
        for scale in _scales(size, every, own):
            yield _scales_told(own, scale, size, every), call.altered(scale=scale)
    for call, product in softmaxes(region):
        if product is not None:
            query = factors(product)[0].tensor
            size, every = int(query.shape[-1]), features(query, region, product.place)
            own = scaled_before(call)
            for scale in _scales(size, every, own):
                yield _scales_told(own, scale, size, every), call.wrapped(before=_times(scale / own))


def _times(factor: float) -> Change:
    return lambda scores: scores * factor


def _scales(size: int, features: int, own: float) -> list[float]:
    """The likelier ones first; that of PyTorch squared is one that is applied twice."""
    found = (1 / math.sqrt(size), 1.0, 1 / math.sqrt(features), 1 / size, own * own, math.sqrt(size))
    return [each for each in dict.fromkeys(found) if not math.isclose(each, own, rel_tol=1e-9)]


def _scales_told(own: float, scale: float, size: int, features: int) -> str:
    return f"PyTorch multiplies the scores by {_number(own, size, features)}, TensorFlow by {_number(scale, size, features)}"


def _number(scale: float, size: int, features: int) -> str:
    names = {
        1.0: "1",
        1 / math.sqrt(size): f"1 / √{size}, of a head's size",
        1 / math.sqrt(features): f"1 / √{features}, of all features",
        1 / size: f"1 / {size}, of a head's size",
    }
    return next((name for number, name in names.items() if math.isclose(scale, number, rel_tol=1e-9)), f"{scale:.6g}")


def _over_queries(query: Any, key: Any, value: Any, attn_mask: Any, scale: float | None, **_: Any) -> Any:
    scores = query @ key.transpose(-2, -1) * (scale or 1 / math.sqrt(query.shape[-1]))
    if attn_mask is not None:
        scores = scores.masked_fill(hidden(attn_mask), FILLED)
    return scores.softmax(-2) @ value


def _axis(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for call in at_once(region):
        yield "PyTorch's softmax is over the keys, TensorFlow's over the queries", call.altered(_over_queries)
    for call, _ in softmaxes(region):
        axes = {-1: "the keys", -2: "the queries", 1: "the heads"}
        rank = call.given[0].tensor.ndim
        own = call.get("dim")
        for axis, name in axes.items():
            if own is not None and axis % rank != own % rank:
                ours = next((other for each, other in axes.items() if each % rank == own % rank), f"axis {own}")
                yield f"PyTorch's softmax is over {ours}, TensorFlow's over {name}", call.altered(dim=axis)


def _exchanged(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for attention in attentions(region):
        for order in itertools.permutations(range(3)):
            if order != (0, 1, 2):
                given = [NAMES[each] for each in order]
                told = f"what are {', '.join(NAMES[:2])} and {NAMES[2]} in PyTorch, TensorFlow takes in the order {', '.join(given)}"
                yield told, attention.of(lambda held, order=order: tuple(held[each] for each in order))  # type: ignore[misc]


def _heads(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for attention in attentions(region):
        if attention.query.tensor.ndim not in (3, 4):
            continue
        for told, split, join in _orders():
            yield told, attention.of(lambda held, split=split: tuple(split(each) for each in held), join)  # type: ignore[misc]
    yield from _joined_otherwise(region)


def _joined_otherwise(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    """Heads that are joined from their axes in another order: what is joined, or what is given to the layer behind it."""
    inside = {call.place for call in region}
    for call in region:
        for order in JOINS:
            told = f"TensorFlow permutes the axes that PyTorch joins heads from to {order} before it joins them"
            if _is_join(call):
                yield told, call.wrapped(after=_rejoined(call, order))
            for value in call.given:
                if value.call is not None and value.call.place not in inside and _is_join(value.call):
                    yield told, call.with_operand(value, _rejoined(value.call, order))


def _is_join(call: Call) -> bool:
    if call.name not in ("reshape", "view", "flatten") or not call.given:
        return False
    before, after = call.given[0].tensor, call.outputs[0].tensor
    return before.ndim == 4 and after.ndim == 3 and len(before) == len(after)


def _rejoined(join: Call, order: tuple[int, ...]) -> Change:
    before, after = tuple(join.given[0].tensor.shape), tuple(join.outputs[0].tensor.shape)
    return lambda values: values.reshape(before).permute(order).reshape(after)


def _orders() -> Iterator[tuple[str, Change, Change]]:
    """Of what splits features into heads, and of what joins them again."""
    split = "PyTorch splits features into heads × size, TensorFlow into size × heads"
    yield split, _by_size, _by_heads
    yield f"{split}; both join heads × size", _by_size, _as_it_is
    yield "PyTorch joins heads × size, TensorFlow size × heads", _as_it_is, _by_heads
    split = "PyTorch splits features into size × heads, TensorFlow into heads × size"
    yield split, _by_heads, _by_size
    yield f"{split}; both join heads × size", _by_heads, _as_it_is
    yield "PyTorch joins size × heads, TensorFlow heads × size", _as_it_is, _by_size
    ours, theirs = "PyTorch transposes places and heads", "TensorFlow takes the values as they lie"
    yield f"before it joins the heads {ours}, {theirs}", _as_it_is, _placed
    yield f"when it splits features into heads {ours}, {theirs}", _unplaced, _as_it_is
    yield f"when it splits features into heads, and before it joins them, {ours}, {theirs}", _unplaced, _placed
    ours, theirs = "PyTorch takes the values as they lie", "TensorFlow transposes places and heads"
    yield f"before it joins the heads {ours}, {theirs}", _as_it_is, _unplaced
    yield f"when it splits features into heads {ours}, {theirs}", _placed, _as_it_is
    yield f"when it splits features into heads, and before it joins them, {ours}, {theirs}", _placed, _unplaced


def _as_it_is(values: Any) -> Any:
    return values


def _by_size(values: Any) -> Any:
    """(batch, heads, places, size) of heads × size: the same features as size × heads."""
    batch, heads, places, size = values.shape
    return values.transpose(1, 2).reshape(batch, places, size, heads).permute(0, 3, 1, 2)


def _by_heads(values: Any) -> Any:
    batch, heads, places, size = values.shape
    return values.permute(0, 2, 3, 1).reshape(batch, places, heads, size).transpose(1, 2)


def _unplaced(values: Any) -> Any:
    """(batch, heads, places, size): the values in the order in which (batch, places, heads, size) has them."""
    return values.transpose(1, 2).reshape(values.shape)


def _placed(values: Any) -> Any:
    batch, heads, places, size = values.shape
    return values.reshape(batch, places, heads, size).transpose(1, 2)


ENTRIES = (
    Entry(
        "attention_scale",
        "scale of attention's scores: 1 / √(size of a head) ↔ none ↔ another",
        "The dense layer behind attention parts; weights of attention are too even or too uneven.",
        "Write `scale=` into `scaled_dot_product_attention`, or divide the scores by what Keras divides by.",
        "Divide the scores by the root of one head's size, `key_dim`, once: `MultiHeadAttention` does it by itself.",
        _scale,
    ),
    Entry(
        "attention_axis",
        "axis of attention's softmax",
        "Attention parts everywhere; weights do not add up to one over the keys.",
        "Write `softmax(-1)`, over the keys.",
        "Write `axis=-1`, over the keys.",
        _axis,
    ),
    Entry(
        "queries_and_keys",
        "queries, keys and values exchanged",
        "Attention parts everywhere with every shape right.",
        "`nn.MultiheadAttention` is called with (query, key, value), and holds their weights in this order.",
        "`MultiHeadAttention` is called with (query, value, key): write the names. A dense layer for all three is split as PyTorch's is.",
        _exchanged,
    ),
    Entry(
        "head_order",
        "features as heads × size ↔ size × heads",
        "Attention parts everywhere with every shape right.",
        "Split as `view(batch, places, heads, size)` and then `transpose(1, 2)`; transpose back before they are joined.",
        "Split as `reshape(x, (batch, places, heads, size))` and then transpose to (0, 2, 1, 3); transpose back before they are joined.",
        _heads,
    ),
)  # fmt: skip
