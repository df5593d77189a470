"""Dropout that is active in inference."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.frameworks.pytorch.walk.call import Call
from harness.frameworks.pytorch.walk.catalogue.attending import ONE_CALL
from harness.frameworks.pytorch.walk.catalogue.hypothesis import Entry

DROPPING = {"dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout"}


def _active(region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    for call in region:
        if call.name in DROPPING and _drops(call):
            yield "PyTorch drops out in inference, too, TensorFlow in training alone", call.instead(lambda values: values)
        if call.name == ONE_CALL and call.get("dropout_p"):
            yield "PyTorch's attention drops out in inference, too, TensorFlow's in training alone", call.altered(dropout_p=0.0)


def _drops(call: Call) -> bool:
    rate, trains = (*call.args[1:], *call.kwargs.values(), 0.5, True)[:2]
    return bool(rate) and bool(trains)


ENTRIES = (
    Entry(
        "dropout",
        "dropout active in inference",
        "Each call of PyTorch's network gives something else.",
        "`F.dropout(x, p)` always drops out: write `training=self.training`, or `nn.Dropout`; give attention `dropout_p=0.0` in inference.",
        "Keras drops out where a layer is called with `training=True`: leave that to Keras.",
        _active,
    ),
)  # fmt: skip
