"""Embeddings: padding, scale, positions and ids."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch.nn import functional

from harness.frameworks.pytorch.walk.call import MADE, Call, Value, tensors
from harness.frameworks.pytorch.walk.catalogue.attending import at_once, softmaxes
from harness.frameworks.pytorch.walk.catalogue.hypothesis import Entry
from harness.frameworks.pytorch.walk.catalogue.masks import FILLED

OFFSETS = (1, -1, 2, -2)


def _embedded(region: Sequence[Call]) -> Iterator[tuple[Call, Value | None, Call]]:
    """Embeddings, and calls that are given what one has looked up: the call, which of its operands, and the embedding."""
    for call in region:
        if _is_embedding(call):
            yield call, None, call
        for value in call.given:
            if value.call is not None and _is_embedding(value.call):
                yield call, value, value.call


def _is_embedding(call: Call) -> bool:
    return call.name == "embedding" and isinstance(call.get("indices"), Value)


def _put(call: Call, operand: Value | None, change: Callable[[Any], Any]) -> Call:
    return call.wrapped(after=change) if operand is None else call.with_operand(operand, change)


def _padding(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for call, operand, embedding in _embedded(region):
        indices = embedding.get("indices").tensor
        rows, own = len(embedding.get("weight")), embedding.get("padding_idx")
        for row in dict.fromkeys((own if own is not None and own >= 0 else 0, 0, 1, rows - 1)):
            seen = (indices != row).unsqueeze(-1)
            told = f"PyTorch looks up row {row} as any other, TensorFlow has zeros there: it is padding"
            yield told, _put(call, operand, _times(seen))
    for call in region:
        if call.name == "mul" and len(call.given) == 2:
            for values, seen in (call.given, call.given[::-1]):
                if values.tensor.is_floating_point() and values.tensor.ndim == 3 and _is_mask(seen.tensor, values.tensor):
                    told = "PyTorch has zeros where there is padding, TensorFlow looks up its row as any other"
                    yield told, call._like(lambda held: held, (values,), {})


def _is_mask(held: Any, values: Any) -> bool:
    return held.numel() < values.numel() and bool(((held == 0) | (held == 1)).all())


def _scale(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for call, operand, embedding in _embedded(region):
        features = int(embedding.get("weight").shape[-1])
        told = f"PyTorch takes an embedding as it is, TensorFlow multiplies it by √{features}"
        yield told, _put(call, operand, _times(math.sqrt(features)))
        told = f"PyTorch multiplies an embedding by √{features}, TensorFlow takes it as it is"
        yield told, _put(call, operand, _times(1 / math.sqrt(features)))


def _ids(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for call in region:
        if _is_embedding(call):
            for offset in OFFSETS:
                told = f"TensorFlow looks up the row {abs(offset)} {'behind' if offset > 0 else 'before'} that of PyTorch"
                yield told, call.with_operand(call.get("indices"), _plus(offset))


def _positions(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    """Positions are looked up without an input, so that the embedding is no call of the region: what it gave is."""
    for call in region:
        for table, held in _tables(call):
            looked_up = _looked_up(held)
            for offset in OFFSETS if looked_up is not None else ():
                told = f"positions begin {abs(offset)} {'later' if offset > 0 else 'earlier'} among their embedding's rows in TensorFlow"
                try:
                    moved = looked_up(offset)  # type: ignore[misc]
                except IndexError:
                    continue
                yield told, call.with_operand(table, _always(moved))
            size = held.shape[-1]
            for name, by in ((f"multiplied by √{size}", math.sqrt(size)), (f"divided by √{size}", 1 / math.sqrt(size)), ("left out", 0.0)):
                yield f"positions are {name} in TensorFlow", call.with_operand(table, _times(by))


def _tables(call: Call) -> Iterator[tuple[Any, Any]]:
    """What is the same for all items, such as what is known of positions: as an operand, and as a tensor."""
    if call.name not in ("add", "cat", "concat") or not call.given or call.given[0].tensor.ndim < 2:
        return
    largest = max(value.tensor.numel() for value in call.given)
    operands = (*call.given, *tensors((call.args, call.kwargs)))
    for operand in operands:
        held = operand.tensor if isinstance(operand, Value) else operand
        if held.ndim > 1 and held.is_floating_point() and (held.numel() < largest or not isinstance(operand, Value)):
            yield operand, held


def _looked_up(held: Any) -> Callable[[int], Any] | None:
    """What comes of the same rows moved: of an embedding's, or of a slice of a table."""
    made: Call | None = getattr(held, MADE, None)
    shape = held.shape
    while made is not None and made.name in ("unsqueeze", "reshape", "view", "expand", "__getitem__") and hasattr(made.args[0], MADE):
        made = getattr(made.args[0], MADE)
    if made is None:
        return None
    if made.name == "embedding":
        indices, table = made.get("indices"), made.get("weight")
        return lambda offset: _rows(table, indices + offset).reshape(shape)
    if made.name == "__getitem__" and made.args[0].ndim in (2, 3) and shape[-2] <= made.args[0].shape[-2]:
        table = made.args[0].reshape(-1, shape[-1])
        start = _start(table, held.reshape(-1, shape[-1]))
        return lambda offset: _rows(table, torch.arange(start, start + shape[-2]) + offset).reshape(shape)
    return None


def _rows(table: Any, indices: Any) -> Any:
    """Raises IndexError: torch would take negative ones from the end."""
    if int(indices.min()) < 0:
        raise IndexError
    return table.detach()[indices]


def _start(table: Any, held: Any) -> int:
    same = [place for place in range(len(table) - len(held) + 1) if torch.equal(table[place], held[0])]
    return same[0] if same else 0


def _sinusoids(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for call in region:
        for table, held in _tables(call):
            if getattr(held, MADE, None) is not None or held.shape[-1] % 2:
                continue
            told = "PyTorch has sines and cosines in turn, TensorFlow all sines before all cosines"
            yield told, call.with_operand(table, lambda values: torch.cat([values[..., ::2], values[..., 1::2]], -1))
            told = "PyTorch has all sines before all cosines, TensorFlow sines and cosines in turn"
            yield told, call.with_operand(table, lambda values: torch.stack(values.chunk(2, -1), -1).flatten(-2))
            told = "PyTorch has sines before cosines, TensorFlow cosines before sines"
            yield told, call.with_operand(table, lambda values: torch.cat(values.chunk(2, -1)[::-1], -1))
            yield told, call.with_operand(table, lambda values: values.unflatten(-1, (-1, 2)).flip(-1).flatten(-2))


def _implicit(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    """Keras' `mask_zero=True` goes with the states through the layers behind it, without being seen in any call."""
    for call in at_once(region):
        seen = _seen(call.get("query"))
        if seen is not None and seen.shape[-1] == call.get("key").tensor.shape[-2] and call.get("attn_mask") is None:
            told = "PyTorch attends to all places, TensorFlow's embedding hides those of id 0 (mask_zero) from attention"
            yield told, call.altered(attn_mask=seen[:, None, None])
            yield f"{told}, and has zeros there", call.altered(_hiding(seen, is_mean=False))
            yield f"{told}, and has the mean of all there", call.altered(_hiding(seen, is_mean=True))
    for call, _ in softmaxes(region):
        seen = _seen(call.given[0])
        scores = call.given[0].tensor
        if seen is not None and scores.shape[-1] == scores.shape[-2] == seen.shape[-1] and len(scores) % len(seen) == 0:
            keys = seen.repeat_interleave(len(scores) // len(seen), 0).reshape(len(scores), *[1] * (scores.ndim - 2), -1)
            told = "PyTorch attends to all places, TensorFlow's embedding hides those of id 0 (mask_zero) from attention"
            hidden = call.wrapped(before=_filled(~keys))
            yield told, hidden
            yield f"{told}, and gives zeros there", hidden.wrapped(after=_times(keys.transpose(-2, -1)))
    for call in region:
        if call.name == "mean" and len(call.given) == 1 and call.given[0].tensor.ndim == 3 and call.outputs[0].tensor.ndim == 2:
            seen = _seen(call.given[0])
            if seen is not None and seen.shape == call.given[0].tensor.shape[:2]:
                places = seen.unsqueeze(-1).to(call.given[0].tensor.dtype)
                told = "PyTorch takes the mean of all places, TensorFlow of those whose id is not 0: its embedding masks them (mask_zero)"
                yield told, call.instead(_mean_of(places))


def _hiding(seen: Any, is_mean: bool) -> Callable[..., Any]:
    """Attention without the places that are not seen; those themselves get zeros or, as where each score is as low, the mean."""

    def compute(query: Any, key: Any, value: Any, attn_mask: Any, **others: Any) -> Any:  # noqa: ARG001
        found = functional.scaled_dot_product_attention(query, key, value, seen[:, None, None], **others)
        return torch.where(seen[:, None, :, None], found, value.mean(-2, keepdim=True) * is_mean)

    return compute


def _plus(offset: int) -> Callable[[Any], Any]:
    return lambda indices: indices + offset


def _always(held: Any) -> Callable[[Any], Any]:
    return lambda _: held


def _filled(hidden: Any) -> Callable[[Any], Any]:
    return lambda scores: scores.masked_fill(hidden, FILLED)


def _mean_of(places: Any) -> Callable[[Any], Any]:
    return lambda values: (values * places).sum(1) / places.sum(1)


def _times(factor: Any) -> Callable[[Any], Any]:
    return lambda values: values * factor


def _seen(value: Value) -> Any:
    """True where the ids of the embedding that leads to the value are not zero; None where there is none."""
    left, gone = [value.call], set()
    while left:
        call = left.pop(0)
        if call is None or call.place in gone:
            continue
        gone.add(call.place)
        if _is_embedding(call) and call.get("indices").tensor.ndim == 2:
            return call.get("indices").tensor != 0
        left += [each.call for each in call.given]
    return None


ENTRIES = (
    Entry(
        "padding_row",
        "zeros in the place of padding's embedding, or its row",
        "States part at the places that a sequence is filled up with.",
        "`padding_idx` keeps a row from being trained, but where weights are loaded it is theirs: multiply by a mask where Keras does.",
        "`mask_zero=True` multiplies nothing: multiply by a mask where PyTorch does, or take the multiplication out.",
        _padding,
    ),
    Entry(
        "embedding_scale",
        "embedding multiplied by √features, or not",
        "What comes behind an embedding parts at all places.",
        "Multiply by `math.sqrt(features)` where Keras' network does.",
        "Multiply by `features ** 0.5` where PyTorch's network does, once.",
        _scale,
    ),
    Entry(
        "positions",
        "positions that begin at another row, or with another scale",
        "States part at all places; tokens' embeddings agree.",
        "Begin where Keras' network begins: RoBERTa's positions begin behind its padding row, at 2.",
        "Begin where PyTorch's network begins: `keras.ops.arange(start, start + length)`.",
        _positions,
    ),
    Entry(
        "sinusoids",
        "order of sines and cosines",
        "States part at all places by the table of positions.",
        "Put sines and cosines where Keras' table has them: in turn, or one half each.",
        "Put sines and cosines where PyTorch's table has them: `keras_hub`'s `SinePositionEncoding` has them in turn.",
        _sinusoids,
    ),
    Entry(
        "mask_zero",
        "mask that Keras' embedding hands on",
        "Attention, a mean or a recurrent layer parts where a sequence holds the id 0.",
        "Mask as Keras does: `key_padding_mask=tokens == 0`, and a mean over what is left.",
        "Leave `mask_zero=True` out: the mask goes through all layers that support it, without being written anywhere.",
        _implicit,
    ),
    Entry(
        "ids",
        "ids that count from another number",
        "An embedding parts at all places.",
        "Take the ids that Keras' network takes: one may be kept for padding.",
        "Take the ids that PyTorch's network takes: `TextVectorization` keeps 0 for padding and 1 for what is unknown.",
        _ids,
    ),
)  # fmt: skip
