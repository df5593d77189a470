"""What rounding alone does to a network: the tolerances of equal work are made of it.

The same framework computes the network twice, without a compiler: in the case's precision, and in the next better one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import msgspec
from msgspec.structs import replace

from fixtures.models import code
from fixtures.models.kept import Kept
from harness.frameworks.contract import Framework, Setup
from harness.record.case import Execution, Precision
from harness.worker import distances, traces
from harness.worker.protocol import TraceRounding
from harness.worker.trace import Array, OutputTrace, Rounding, TrainingTrace

BETTER = {Precision.FP32: Precision.FP64, Precision.TF32: Precision.FP32, Precision.BF16: Precision.FP32}


Computed = Mapping[tuple[Setup, int], OutputTrace | TrainingTrace]  # by set-up and number of steps: 0 of an inference


def of(framework: Framework, request: TraceRounding, computed: Computed) -> Rounding:
    """Kept with the weights. What the better run raises is no failure of the case: the rounding says why it could not be told.

    computed: what this worker has traced before: the case's own run may be among it.
    """
    setup = replace(request.setup, case=replace(request.setup.case, execution=Execution.PLAIN))
    framework.open_device(setup)
    kept, name = Kept.of(setup.weights_file), _name(framework, setup, request.steps)
    found = kept.found(name, Rounding)
    if found is not None:
        return found
    precision = setup.case.precision
    if precision not in BETTER:
        return Rounding(why=f"there is no precision better than {precision}")
    better = replace(setup, case=replace(setup.case, precision=BETTER[precision]))
    try:
        rounding = _distances(framework, setup, better, request.steps, computed)
    except Exception as error:  # whatever it is: then the case has the tolerances of any network
        why = f"{BETTER[precision]}: {type(error).__name__}: {str(error).partition(chr(10))[0]}"
        rounding = Rounding(why=why)
        if code.place_in(setup.model, error) is None:
            return rounding  # not the network's own doing: another time there may be room
    kept.keep_if_writable(name, rounding)
    return rounding


def _distances(framework: Framework, setup: Setup, better: Setup, steps: int, computed: Computed) -> Rounding:
    plain = computed.get((setup, steps)) or _trace(framework, setup, steps)
    exact = _trace(framework, better, steps)
    match plain, exact:
        case OutputTrace(outputs), OutputTrace(exactly):
            return Rounding(outputs=distances.outputs(_numpy(outputs), _numpy(exactly)))
        case TrainingTrace(), TrainingTrace():
            return Rounding(
                losses=distances.curve(plain.losses, exact.losses),
                gradient_norm=distances.norms(plain.gradient_norms, exact.gradient_norms),
                running_means=distances.spread(plain.running_means.to_numpy(), exact.running_means.to_numpy()),
                updates=distances.updates(_numpy(plain.updates), _numpy(exact.updates)),
            )
    raise TypeError(f"traces of different kinds: {type(plain).__name__} and {type(exact).__name__}")


def _trace(framework: Framework, setup: Setup, steps: int) -> OutputTrace | TrainingTrace:
    return traces.training(framework, setup, steps) if steps else traces.outputs(framework, setup)


def _numpy(arrays: Mapping[str, Array]) -> dict[str, distances.Array]:
    return {name: each.to_numpy() for name, each in arrays.items()}


def _name(framework: Framework, setup: Setup, steps: int) -> str:
    """Names all that it follows from beside the weights: the computation, its batch, and what computes it."""
    followed = {
        "case": replace(setup.case, phase=""),
        "neutral": sorted(setup.neutral),
        "experiment": setup.experiment.sha256,
        "corpus": setup.corpus_folder.name,
        "drops_out": setup.drops_out,
        "steps": steps,
        "gradient_norm": "by tensor",  # what was kept before is that of the whole, which may be small by luck
        "environment": framework.environment(),
    }
    return f"rounding-{hashlib.sha256(msgspec.json.encode(followed, order='deterministic')).hexdigest()[:12]}"
