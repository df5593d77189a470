"""What is left out at random in training, switched off: two frameworks cannot leave out the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import tensorflow as tf
from keras import layers

NOISE = (layers.Dropout, layers.GaussianDropout, layers.GaussianNoise, layers.AlphaDropout)
FUNCTIONS = ((tf.nn, "dropout"), (tf.nn.experimental, "stateless_dropout"))  # that all dropout is computed by, Keras' too


@contextmanager
def left_out() -> Iterator[None]:
    """No dropout while it lasts, also none that a network's code calls by itself: what is executed eagerly then keeps all."""
    before = {(place, name): getattr(place, name) for place, name in FUNCTIONS}
    for place, name in FUNCTIONS:
        setattr(place, name, lambda x, *_, **__: x)
    try:
        yield
    finally:
        for (place, name), function in before.items():
            setattr(place, name, function)


def switch_off(built: Any) -> None:
    """Every dropout there is: Keras' layers, the rates that attention and recurrent layers hold, noise, stochastic depth of any library.

    A rate is told by its name, as nobody's layers have a common class: any number that is called after dropping (`dropout`, `drop_rate`,
    `attention_dropout`, `drop_prob`), and `rate` of a class that is. One that a layer's code writes into a call cannot be seen: that is
    what `options.dropout` is for.
    """
    for layer in built._flatten_layers():
        switch_off_alone(layer)


def switch_off_alone(layer: Any) -> None:
    """Not of the layers inside it."""
    for name, value in list(vars(layer).items()):
        if type(value) in (int, float) and _is_rate(layer, name):
            setattr(layer, name, 0.0)


def _is_rate(layer: Any, name: str) -> bool:
    kind = type(layer).__name__.lower()
    is_dropping = isinstance(layer, NOISE) or "drop" in kind or kind == "stochasticdepth"
    if is_dropping and "drop" not in name:
        return name in ("rate", "stddev", "p", "prob")
    return _called_after_dropping(name, vars(layer)[name])


def _called_after_dropping(name: str, value: float) -> bool:
    """`drop_last = 1`, a count, is none; 0 need not be changed."""
    return "drop" in name and isinstance(value, float) and 0 < value <= 1
