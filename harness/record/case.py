"""A case: one row of the matrix, the same work for every framework.

The class is the table of the matrix' axes: a field an axis, in the order in which titles name them, with what is said of it. Ids,
titles, the parameters of the tests, the JSON, the table of all history and the page's filters follow from it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, get_type_hints

import msgspec

from harness.record.axis import Axis
from harness.record.fairness import Source

DEFAULT_MODEL = "resnet50"  # whose cases have ids and titles without a model's name: those of before there were others


class Workload(StrEnum):
    """What one step does."""

    LOADING = "loading"  # one batch out of the input pipeline
    FROZEN = "frozen"  # one optimiser step of the part that its model trains while the rest is frozen
    FULL = "full"  # one optimiser step of every layer
    INFERENCE = "inference"  # one forward pass


class Style(StrEnum):
    """Whose settings the frameworks run with."""

    MATCHED = "matched"  # every known source of unfairness at its neutral setting
    STOCK = "stock"  # each framework as its users usually set it up: the set-up of the report this suite grew out of
    STRATEGY = "strategy"  # a way to load images, beside the one that `matched` has: all the same but for what its name says
    LADDER = "ladder"  # between the two: the sources of unfairness up to a case's rung are neutral, the others as in `stock`


class Execution(StrEnum):
    """The pairs of execution modes; each framework has its own name for them (`Listing.executions`)."""

    PLAIN = "plain"  # PyTorch eager and a TensorFlow graph: what each does without a fusing compiler
    FUSED_NORM = "fused_norm"  # plain, with a batch norm that is one kernel: PyTorch's is by itself, Keras 3 never uses TensorFlow's
    COMPILED = "compiled"  # torch.compile and XLA


class Precision(StrEnum):
    FP64 = "fp64"  # float64 throughout: never measured, it is what the rounding errors of float32 are told by
    FP32 = "fp32"  # float32 throughout
    TF32 = "tf32"  # float32 with TensorFloat-32 matrix products and convolutions: a GPU of Ampere or newer
    BF16 = "bf16"  # bfloat16 arithmetic, float32 weights


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One framework's side of a comparison. An axis without a value is left to the framework's own default, or has no meaning there."""

    phase: Annotated[str, Axis(title="phase")]  # a folder below `harness/phases`
    model: Annotated[str, Axis(title="model", id_place=-1)] = DEFAULT_MODEL  # the name of its folder
    workload: Annotated[Workload, Axis(title="workload", id_place=6, of_the_experiment=True)]
    style: Annotated[Style, Axis(title="style", id_place=1)]
    # The last source that is neutral.
    rung: Annotated[Source | None, Axis(title="rung", id_place=2, only={"style": ("ladder",)})] = None
    strategy: Annotated[str | None, Axis(title="strategy", id_place=3, listed="strategies", only={"style": ("strategy",)})] = None
    execution: Annotated[Execution | None, Axis(title="execution", id_place=4, named="executions", only={"style": ("matched",)})] = None
    precision: Annotated[Precision | None, Axis(title="precision", id_place=5, only={"style": ("matched",)})] = None
    model_format: Annotated[str | None, Axis(title="model format", id_place=8, listed="formats")] = None
    batch_size: Annotated[int, Axis(title="batch size", id_place=7, prefix="bs", of_the_experiment=True)]  # of all ranks together
    ranks: Annotated[int, Axis(title="ranks", id_place=9, prefix="ranks", of_the_options=True)] = 1  # processes that share the batch
    exchange: Annotated[str | None, Axis(title="exchange", id_place=10, listed="exchanges", only={"style": ("matched",)})] = None
    framework: Annotated[str, Axis(title="framework", id_place=0)]  # a folder below `harness/frameworks`


def _axes() -> dict[str, Axis]:
    hints = get_type_hints(Case, include_extras=True)
    return {name: next(each for each in hints[name].__metadata__ if isinstance(each, Axis)) for name in Case.__struct_fields__}


AXES = _axes()  # by name, in the order of the titles
DEFAULTS = {field.name: field.default for field in msgspec.structs.fields(Case) if field.default is not msgspec.NODEFAULT}


def parts(case: Case, leaving_out: frozenset[str] = frozenset()) -> dict[str, str]:
    """The values of a case's axes as its title writes them, by axis: those that are not at their default."""
    found = {name: getattr(case, name) for name in AXES if name not in leaving_out}
    return {name: f"{AXES[name].prefix}{value}" for name, value in found.items() if value != DEFAULTS.get(name)}
