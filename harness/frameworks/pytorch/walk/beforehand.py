"""What the other framework's tape tells by itself: what was made alike for the walk, whose agreement then is the proof."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.frameworks.tape import Tape
from harness.record.parting import Part, Parting, Reason

BIAS, AFFINE, RECURRENT, DROPOUT = "bias", "norm_affine", "recurrent_bias", "dropout"  # entries of the catalogue
OF_ROLES = {"bias": BIAS, "bias_ih": RECURRENT, "bias_hh": RECURRENT}  # of a layer's tensors; others are a norm's


def beforehand(tape: Tape, partings: Sequence[Parting]) -> Iterator[Parting]:
    """partings: of the walk. A layer that parts for no known reason is not explained by what was made alike in it."""
    left = {each.layer for each in partings if not each.is_explained}
    for path, apart in tape.random.items():
        told = "TensorFlow drops out in inference, too, PyTorch in training alone"
        yield Parting(Part.INFERENCE, path, "", path, "", 0.0, apart, (Reason(DROPOUT, told),))
    paths = {each.name: each.path for each in tape.called}
    for name in tape.added:
        layer, _, role = name.rpartition(".")
        if layer not in left:
            what = "a bias" if role in OF_ROLES else f"a {role}"
            told = f"TensorFlow's layer has {what}, PyTorch's has none; where it does nothing the two agree"
            yield Parting(Part.INFERENCE, layer, "", paths.get(layer, ""), role, 0.0, 0.0, (Reason(OF_ROLES.get(role, AFFINE), told),))
