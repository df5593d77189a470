"""What is left out at random in training, switched off: two frameworks cannot leave out the same."""

from __future__ import annotations

from typing import Any

import torch


def switch_off(built: Any) -> None:
    """Every dropout there is: torch's modules, the rates that attention and recurrent layers hold, stochastic depth of any library.

    A rate is told by its name, as nobody's modules have a common class: any number that is called after dropping (`dropout`, `drop_rate`,
    `attention_dropout`, `drop_prob`), and `p` of a class that is. One that `forward` writes into a call cannot be seen: that is what
    `options.dropout` is for.
    """
    for module in built.modules():
        for name, value in vars(module).items():
            if type(value) in (int, float) and _is_rate(module, name):
                setattr(module, name, 0.0)


def _is_rate(module: Any, name: str) -> bool:
    kind = type(module).__name__.lower()
    is_dropping = isinstance(module, torch.nn.modules.dropout._DropoutNd) or "drop" in kind or kind == "stochasticdepth"
    return name in ("p", "rate", "prob") if is_dropping and "drop" not in name else _called_after_dropping(name, vars(module)[name])


def _called_after_dropping(name: str, value: float) -> bool:
    """`drop_last = 1`, a count, is none; 0 need not be changed."""
    return "drop" in name and isinstance(value, float) and 0 < value <= 1
