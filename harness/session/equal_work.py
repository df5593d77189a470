"""Equal work or no comparison: before a matched case is timed, all its sides compute from the same inputs and are compared.

What is checked is the code that is timed, in the case's own execution mode and precision: the loader's pixels and labels of every model
that is fed by one; the outputs for inference; loss curve, gradient norm, running statistics and the weights' changes for a train step.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from msgspec.structs import replace

from fixtures.models.description import FILE, Model
from harness.frameworks.contract import Setup
from harness.record.case import Case, Execution, Workload
from harness.record.check import Check
from harness.record.exchange import pieces
from harness.record.measurement import PIXEL_TOLERANCE
from harness.session import weak
from harness.session.tolerances import Tolerances
from harness.worker import distances
from harness.worker.protocol import Request, TraceOutputs, TracePixels, TraceRounding, TraceTraining
from harness.worker.trace import Array, OutputTrace, PixelTrace, TrainingTrace

BATCH_SIZE = 4  # of the check: its twenty steps are time in which nothing is measured. Of outputs so many items are compared
NO_PHASE = "equal_work"
HEAD_STEPS = 20
FULL_STEPS = 3  # Adam's first steps move each weight by the sign of its gradient: rounding soon decides where they go
STEPS = {Workload.INFERENCE: 0, Workload.FROZEN: HEAD_STEPS, Workload.FULL: FULL_STEPS}
# Of the run that tells the rounding: float64 takes a CPU several times as long, and what rounding does to a step shows in the first ones.
ROUNDING_STEPS = {Workload.INFERENCE: 0, Workload.FROZEN: FULL_STEPS, Workload.FULL: FULL_STEPS}

NAMED = 3  # tensors that a message names

Trace = PixelTrace | OutputTrace | TrainingTrace


def asks_timed_work(case: Case) -> bool:
    """Whether the check asks the very work that is timed, once it has begun, instead of building another: it changes nothing in it."""
    return case.workload is Workload.INFERENCE and case.batch_size >= BATCH_SIZE


def requests(setup: Setup) -> list[Request]:
    """What a side has to compute for its case. Equal requests of two cases have one answer: they are of no phase."""
    traced = _traced(setup)
    loading = replace(traced.case, workload=Workload.LOADING, execution=None, precision=None, exchange=None)
    pixels = [TracePixels(replace(traced, case=loading, fed=True))] if setup.model.description.from_corpus else []
    match setup.case.workload:
        case Workload.LOADING:
            return [*pixels]
        case Workload.INFERENCE:
            size = setup.case.batch_size if asks_timed_work(setup.case) else BATCH_SIZE
            return [*pixels, TraceOutputs(replace(traced, case=replace(traced.case, batch_size=size)), BATCH_SIZE)]
        case workload:
            return [*pixels, TraceTraining(traced, STEPS[workload])]


def requests_alone(setup: Setup, together: Case) -> list[Request]:
    """The same of a single process with the whole batch of the ranks of a case, for theirs to be compared with."""
    several = requests(replace(setup, case=replace(setup.case, ranks=together.ranks, exchange=together.exchange)))
    return [replace(request, setup=replace(request.setup, case=_alone(request.setup.case))) for request in several]  # type: ignore[attr-defined]


def rounding_request(setup: Setup) -> TraceRounding | None:
    """What the reference is asked for, so that tolerances follow from it. None where nothing is computed."""
    if setup.case.workload not in STEPS or setup.case.precision is None:
        return None
    traced = _traced(replace(setup, case=_alone(setup.case)))
    return TraceRounding(replace(traced, case=replace(traced.case, execution=Execution.PLAIN)), ROUNDING_STEPS[setup.case.workload])


def compare(case: Case, model: Model, reference: Sequence[Trace], other: Sequence[Trace], allowed: Tolerances) -> tuple[Check, ...]:
    """The checks of one side's traces against the reference's, in the same order."""
    checks: list[Check] = []
    for ours, theirs in zip(other, reference, strict=True):
        match ours, theirs:
            case PixelTrace(), PixelTrace():
                checks.extend(pixel_checks(ours, theirs))
            case OutputTrace(), OutputTrace():
                checks.extend(_output_checks(case, model, ours, theirs, allowed))
            case TrainingTrace(), TrainingTrace():
                checks.extend(training_checks(case, ours, theirs, allowed))
            case _:
                raise TypeError(f"traces of different kinds: {type(ours).__name__} and {type(theirs).__name__}")
    return tuple(checks)


def _traced(setup: Setup) -> Setup:
    parts = pieces(setup.case)
    case = replace(setup.case, phase=NO_PHASE, batch_size=math.ceil(BATCH_SIZE / parts) * parts)
    return replace(setup, case=case, drops_out=False, fed=False, whole_job=False)


def _alone(case: Case) -> Case:
    """The same work of a single process."""
    return replace(case, ranks=1, exchange=None)


def pixel_checks(ours: PixelTrace, theirs: PixelTrace) -> list[Check]:
    """Of what one's loader has made against another's."""
    mislabelled = sum(1 for name in ours.labels.keys() | theirs.labels.keys() if ours.labels.get(name) != theirs.labels.get(name))
    disordered = sum(our != their for our, their in zip(ours.taken, theirs.taken, strict=True))
    our_pixels, their_pixels = ours.pixels.to_numpy(), theirs.pixels.to_numpy()
    alike = our_pixels.shape == their_pixels.shape
    return [
        Check("pixels", float(np.abs(our_pixels - their_pixels).max()) if alike else math.inf, PIXEL_TOLERANCE, "normalised units"),
        Check("order", float(disordered), 0.0, "images"),
        Check("labels", float(mislabelled), 0.0, "images"),
    ]


def _output_checks(case: Case, model: Model, ours: OutputTrace, theirs: OutputTrace, allowed: Tolerances) -> list[Check]:
    """Of each output by its name."""
    checks = []
    for key, name in distances.called(model, theirs.outputs | ours.outputs).items():
        our, their = (trace.outputs.get(key) for trace in (ours, theirs))
        tolerance = allowed.of_output(key)
        why = _not_alike(key, ours, theirs)
        if our is None or their is None or why:
            checks.append(Check(name, math.inf, tolerance, "standard deviations", why=why))
            continue
        found, expected = our.to_numpy(), their.to_numpy()
        reason = weak.of_outputs(expected, tolerance, model.item, case) or allowed.loose
        checks.append(Check(name, distances.spread(found, expected), tolerance, "standard deviations", reason))
    return checks


def _not_alike(key: str, ours: OutputTrace, theirs: OutputTrace) -> str:
    """What is other than values: which outputs there are, or the shape of this one. "" where neither is."""
    if ours.outputs.keys() != theirs.outputs.keys():
        those = f"one network gives {', '.join(theirs.outputs)}, the other {', '.join(ours.outputs)}"
        return f"{those}: return the same in both files, a tensor, a tuple or a dict of the same keys"
    one, other = (trace.outputs[key].shape for trace in (theirs, ours))
    if one == other:
        return ""
    turned = sorted(one) == sorted(other) and len(one) > 2
    mend = f"write [outputs.{key}] channels_last = true in {FILE} if Keras has channels last" if turned else "the networks part in size"
    return f"shapes {list(one)} and {list(other)}, the first axis the batch's: {mend}"


def training_checks(case: Case, ours: TrainingTrace, theirs: TrainingTrace, allowed: Tolerances) -> list[Check]:
    """Of what one has computed against another."""
    losses = distances.curve(ours.losses, theirs.losses)
    norm = distances.relative(ours.gradient_norm, theirs.gradient_norm)
    still = weak.of_losses(theirs.losses, allowed.losses, case) or allowed.loose
    checks = [
        Check("loss curve", losses, allowed.losses, "relative", still),
        Check("gradient norm", norm, allowed.gradient_norm, "relative", weak.of_gradients(allowed.gradient_norm, case) or allowed.loose),
    ]
    means, their_means = ours.running_means.to_numpy(), theirs.running_means.to_numpy()
    if means.size or their_means.size:  # a network without batch norms has none
        found = distances.spread(means, their_means)
        checks.append(Check("running means", found, allowed.running_means, "standard deviations", allowed.loose))
    updates = distances.updates(_numpy(ours.updates), _numpy(theirs.updates))
    reason = weak.of_updates(allowed.updates, case) or allowed.loose
    return [*checks, _shared(ours, theirs), Check("weights", updates, allowed.updates, "of what the steps add", reason)]


def _shared(ours: TrainingTrace, theirs: TrainingTrace) -> Check:
    """Whether both train the same tensors."""
    alone = sorted(ours.updates.keys() ^ theirs.updates.keys())
    why = ""
    if alone:
        more = f" and {len(alone) - NAMED} more" if len(alone) > NAMED else ""
        why = f"{', '.join(alone[:NAMED])}{more} {'trains' if len(alone) == 1 else 'train'} in one framework alone"
        if any("bias_hh" in name for name in alone):
            why += ": Keras has one bias there, PyTorch two: zero and freeze bias_hh in the builder, as fixtures/models/lstm does"
    return Check("trained tensors", float(len(alone)), 0.0, "tensors", why=why)


def _numpy(updates: dict[str, Array]) -> dict[str, distances.Array]:
    return {name: each.to_numpy() for name, each in updates.items()}
