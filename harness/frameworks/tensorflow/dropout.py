"""What is left out at random in training, switched off: two frameworks cannot leave out the same."""

from __future__ import annotations

from typing import Any

RATES = ("rate", "dropout", "recurrent_dropout", "_dropout", "stddev", "drop_rate", "drop_prob")


def switch_off(built: Any) -> None:
    """Every dropout there is: Keras' layers, the rates that attention and recurrent layers hold, noise, stochastic depth of any library.

    One that a layer's code writes into a call cannot be seen: that is what `options.dropout` is for.
    """
    for layer in built._flatten_layers():
        switch_off_alone(layer)


def switch_off_alone(layer: Any) -> None:
    """Not of the layers inside it."""
    for name in RATES:
        if isinstance(vars(layer).get(name), float):
            setattr(layer, name, 0.0)
