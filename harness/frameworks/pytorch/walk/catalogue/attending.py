"""What attention consists of, whether it is one call of torch's or written out: queries, keys, values, and what is made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from torch.nn import functional

from harness.frameworks.pytorch.walk.call import Call, Value
from harness.frameworks.pytorch.walk.region import run

ONE_CALL = "scaled_dot_product_attention"
PRODUCTS = {"matmul", "bmm", "__matmul__", "baddbmm"}
SCORED = {
    "mul",
    "div",
    "add",
    "sub",
    "true_divide",
    "masked_fill",
    "where",
    "dropout",
    "softmax",
    "view",
    "reshape",
    "to",
    "type_as",
    "float",
}
SPLIT = {"mul", "div", "true_divide", "transpose", "permute", "view", "reshape", "contiguous", "__getitem__", "expand"}

Tensors = tuple[Any, Any, Any]  # queries, keys and values: (batch, heads, places, size)


class Attention:
    """`last` gives what is attended to. `between`: the calls from the first product to it, none where it is one call."""

    def __init__(self, last: Call, between: Sequence[Call], features: int) -> None:
        self.last = last
        self.between = between
        self.features = features  # of all heads
        first = between[0] if between else last
        self.query: Value = factors(first)[0] if between else first.get("query")
        self.key: Value = factors(first)[1] if between else first.get("key")
        self.value: Value = factors(last)[1] if between else last.get("value")

    def of(self, change: Callable[[Tensors], Tensors], after: Callable[[Any], Any] = lambda found: found) -> Call:
        """The same of other queries, keys and values."""
        if not self.between:

            def in_one_call(query: Any, key: Any, value: Any, **others: Any) -> Any:
                query, key, value = change((query, key, value))
                return after(functional.scaled_dot_product_attention(query, key, value, **others))

            return self.last.altered(in_one_call)
        held = (self.query, self.key, self.value)

        def written_out(query: Any, turned: Any, value: Any) -> Any:
            heads = self._heads(query)
            given = change(tuple(_divided(each, heads) for each in (query, turned.transpose(-2, -1), value)))
            query, key, value = (each.reshape(-1, *each.shape[-2:]) if self._is_flat else each for each in given)
            computed = dict(zip(map(id, held), (query, key.transpose(-2, -1), value), strict=True))
            for call in (*self.between, self.last):
                computed[id(call.outputs[0])] = run(call, computed)
            found = after(_divided(computed[id(self.last.outputs[0])], heads))
            return found.reshape(-1, *found.shape[-2:]) if self._is_flat else found

        return self.last._like(written_out, held, {})

    @property
    def _is_flat(self) -> bool:
        """Batch and heads on one axis."""
        return len(self.query.tensor.shape) == 3

    def _heads(self, query: Any) -> int:
        return max(1, self.features // int(query.shape[-1]))


def at_once(region: Sequence[Call]) -> Iterator[Call]:
    return (
        call for call in region if call.name == ONE_CALL and all(isinstance(call.get(each), Value) for each in ("query", "key", "value"))
    )


def attentions(region: Sequence[Call]) -> Iterator[Attention]:
    """Those whose last call is in the region."""
    for call in at_once(region):
        yield Attention(call, [], features(call.get("query").tensor, region, call.place))
    for call in region:
        if call.name in PRODUCTS and len(call.given) == 2:
            between = _between(call)
            if between:
                found = Attention(call, between, features(factors(between[0])[0].tensor, region, call.place))
                if len({id(each) for each in (found.query, found.key, found.value)}) == 3:
                    yield found


def factors(product: Call) -> list[Value]:
    """Both of what is multiplied. What is added to the product, as a mask is, comes first."""
    return product.given[-2:]


def softmaxes(region: Sequence[Call]) -> Iterator[tuple[Call, Call | None]]:
    """Of scores; and the product that these come from, where it can be seen."""
    for call in region:
        if call.name == "softmax" and call.given[0].tensor.ndim > 2:
            yield call, product_before(call.given[0])


def product_before(value: Value) -> Call | None:
    call = value.call
    while call is not None and call.name in SCORED:
        call = _through(call)
    return call if call is not None and (call.name in PRODUCTS or call.name == "einsum") and len(call.given) > 1 else None


def scaled_before(softmax: Call) -> float:
    """The product of the numbers that the scores, and before them queries and keys, are multiplied by."""
    scale, left = 1.0, [softmax.given[0]]
    while left:
        call = left.pop().call
        if call is None or call.weights:
            continue
        if call.name in ("mul", "div", "true_divide") and len(call.given) == 1:
            scale *= _number(call)
        if call.name in PRODUCTS or call.name == "einsum":
            if all(each.call is not None and each.call.name in SPLIT for each in factors(call)):
                left += factors(call)
        elif call.name in SCORED | SPLIT and call.name != "softmax":
            left.append(call.given[0])
    return scale


def _through(call: Call) -> Call | None:
    """What gave the scores that the call changes."""
    size = call.outputs[0].tensor.numel()
    return next((each.call for each in call.given if each.tensor.is_floating_point() and each.tensor.numel() == size), None)


def _number(call: Call) -> float:
    """What it multiplies by: 1 where it is not one number."""
    number = next((each for each in call.args[1:] if isinstance(each, int | float) or getattr(each, "ndim", None) == 0), 1.0)
    return float(number) if call.name == "mul" else 1 / float(number)


def _between(last: Call) -> list[Call]:
    """From the product of queries and keys to what the values are weighted with, in order."""
    found: list[Call] = []
    call = last.given[0].call
    while call is not None and call.name in SCORED:
        found.append(call)
        call = _through(call)
    if call is None or call.name not in PRODUCTS or len(call.given) < 2 or not any(each.name == "softmax" for each in found):
        return []
    return [call, *reversed(found)]


def features(query: Any, region: Sequence[Call], place: int) -> int:
    """Of all heads: what four axes say, or else what the next dense layer behind the place takes."""
    if query.ndim == 4:
        return int(query.shape[1] * query.shape[-1])
    behind = (call.get("weight") for call in region if call.place > place and call.name == "linear")
    return next((int(weight.shape[1]) for weight in behind if weight is not None), int(query.shape[-1]))


def _divided(values: Any, heads: int) -> Any:
    return values if values.ndim != 3 else values.unflatten(0, (-1, heads))
