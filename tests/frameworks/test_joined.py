"""Two findings on both sides of a normalisation are one, and no others are."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

CODE = """
from harness.frameworks.pytorch.walk.joined import joined
from harness.record.parting import Part, Parting, Point, Reason

def parting(layer, entry, told, depth):
    return Parting(Part.INFERENCE, layer, "", "", "", 0.0, 1.0, (Reason(entry, told),), depth=depth)

def of(first, second, between="batch_norm"):
    points = [Point("a", "conv2d", 0.0), Point("b", between, 0.0), Point("c", "conv2d", 0.0)]
    found = joined([parting("a", *first, 1), parting("c", *second, 2)], points)
    return [[each.layer, each.reasons[0].entry, each.reasons[0].told] for each in found]

added = ("activation_added", "PyTorch has nothing behind it, TensorFlow ReLU")
missing = ("activation_missing", "PyTorch has ReLU, TensorFlow nothing")
other = ("activation_missing", "PyTorch has SiLU, TensorFlow nothing")
import json
result = json.dumps({
    "earlier there": of(added, missing),
    "earlier here": of(missing, added),
    "two activations": of(added, other),
    "no norm between": of(added, missing, "max_pool2d"),
    "twice added": of(added, added),
})
"""


def test_only_a_pair_around_a_norm_is_one_finding(run_in: Callable[[str, str], Any]) -> None:
    found = json.loads(run_in("pytorch", CODE))
    assert found["earlier there"] == [["a", "activation_place", "TensorFlow has ReLU before the normalisation, PyTorch behind it"]]
    assert found["earlier here"] == [["a", "activation_place", "PyTorch has ReLU before the normalisation, TensorFlow behind it"]]
    for name in ("two activations", "no norm between", "twice added"):
        assert len(found[name]) == 2, name
