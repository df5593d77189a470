"""How far two frameworks may be apart and still do the same work: a multiple of what rounding alone does to this very network."""

from __future__ import annotations

import math

import msgspec

from harness.record.case import Case, Precision, Workload
from harness.worker.trace import Rounding


class Tolerances(msgspec.Struct, frozen=True):
    """Of the distances of `worker.distances`."""

    outputs: float  # largest difference, in standard deviations of the output
    losses: float  # largest relative difference along the loss curve
    gradient_norm: float  # relative
    running_means: float  # largest difference, in standard deviations of all running means
    updates: float  # L2 of the difference of what the steps added to the weights, over that of the reference's
    by_output: dict[str, float] = {}  # of each output that has a tolerance of its own
    loose: str = ""  # why they are those of any network, and the mend; "" where they are this one's

    def of_output(self, name: str) -> float:
        return self.by_output.get(name, self.outputs)


# How many times the reference's own rounding: two frameworks round independently and in other orders, and a case's batch is small, so a
# single run tells the size of rounding and no more. A float64 run has next to no error; float32's beside bfloat16 has some of its own.
# The updates' distance is over thousands of values and no luck: seen between the frameworks were 1.1 times the rounding and less.
FACTORS = {
    Precision.FP32: Tolerances(outputs=20.0, losses=20.0, gradient_norm=20.0, running_means=20.0, updates=5.0),
    Precision.TF32: Tolerances(outputs=6.0, losses=6.0, gradient_norm=6.0, running_means=6.0, updates=3.0),
    Precision.BF16: Tolerances(outputs=6.0, losses=6.0, gradient_norm=6.0, running_means=6.0, updates=3.0),
}
# What no tolerance is below: a tiny network may round to the same by luck, as a single number does, and traces travel as float32. In a
# lower precision two frameworks also round in other places, as one keeps a softmax or a sum in float32: seen were 0.06 of the updates where
# the reference's own rounding was 0.01, and 0.07 of a gradient norm where it was 0.02. What those let pass is found in fp32.
FLOORS = {
    Precision.FP32: Tolerances(outputs=1e-5, losses=1e-4, gradient_norm=5e-5, running_means=1e-5, updates=1e-4),
    Precision.TF32: Tolerances(outputs=1e-2, losses=3e-3, gradient_norm=2e-2, running_means=1e-2, updates=1.5e-1),
    Precision.BF16: Tolerances(outputs=5e-2, losses=2e-2, gradient_norm=1e-1, running_means=5e-2, updates=4e-1),
}
# Where the reference cannot compute in a better precision. Reached on a CPU by the default model (float32 / bfloat16): logits 2e-5 / 0.12,
# frozen loss 2e-5 / 2e-2, full loss 7e-4 / 2e-3, gradient norm 7e-5 / 7e-3, running means 2e-6 / 2e-3. Keras' epsilon of the batch norms
# differs by 0.1 in the logits, the stride of v1 by 1, another padding by 2. TensorFloat-32 has bfloat16's range and three bits more.
# The first steps of Adam move each weight by the sign of its gradient, so the updates of those with next to none are rounding alone.
OF_ANY = {
    Precision.FP32: Tolerances(outputs=1e-3, losses=1e-3, gradient_norm=1e-3, running_means=1e-4, updates=0.3),
    Precision.TF32: Tolerances(outputs=5e-2, losses=2e-2, gradient_norm=2e-2, running_means=1e-2, updates=0.5),
    Precision.BF16: Tolerances(outputs=0.5, losses=5e-2, gradient_norm=3e-2, running_means=2e-2, updates=0.7),
}
FULL_LOSSES = {Precision.FP32: 5e-3, Precision.TF32: 2e-2, Precision.BF16: 2e-2}  # of any network, where all of it is trained


def of(case: Case, rounding: Rounding | None) -> Tolerances:
    """rounding: None, or one that says why it could not be told, leaves those of any network. So does a measure that has no size."""
    precision = case.precision or Precision.FP32
    any_network = OF_ANY[precision]
    if case.workload is Workload.FULL:
        any_network = msgspec.structs.replace(any_network, losses=FULL_LOSSES[precision])
    if rounding is None:
        return any_network
    if rounding.why:
        mend = "let the network make its own tensors in the type of its inputs"
        return msgspec.structs.replace(
            any_network, loose=f"its tolerance is that of any network, as this one's rounding is not known ({rounding.why}): {mend}"
        )
    factors, floors = FACTORS[precision], FLOORS[precision]

    def allowed(measure: str, seen: float) -> float:
        found = getattr(factors, measure) * seen
        return float(max(getattr(floors, measure), found) if math.isfinite(found) else getattr(any_network, measure))

    by_output = {name: allowed("outputs", seen) for name, seen in rounding.outputs.items()}
    return Tolerances(
        outputs=max(by_output.values(), default=floors.outputs),
        losses=allowed("losses", rounding.losses),
        gradient_norm=allowed("gradient_norm", rounding.gradient_norm),
        running_means=allowed("running_means", rounding.running_means),
        updates=allowed("updates", rounding.updates),
        by_output=by_output,
    )
