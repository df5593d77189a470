"""A case: one row of the comparison, the same work for every framework."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from harness.record.fairness import MEMORY_LADDER, PIPELINE_LADDER, STEP_LADDER, SURROUNDINGS, Source


class Phase(StrEnum):
    """What is asked of the work: its speed, its latency, its memory, its result."""

    DATA_PIPELINE = "data_pipeline"
    TRAIN_STEP = "train_step"
    INFERENCE = "inference"
    MEMORY = "memory"
    LARGEST_BATCH = "largest_batch"
    FINE_TUNING = "fine_tuning"
    MODEL_FORMATS = "model_formats"
    END_TO_END = "end_to_end"
    PIPELINE_SCALING = "pipeline_scaling"


class Workload(StrEnum):
    """What one step does."""

    LOADING = "loading"  # one batch out of the input pipeline
    FROZEN = "frozen"  # one optimiser step of the head, the backbone frozen
    FULL = "full"  # one optimiser step of every layer
    INFERENCE = "inference"  # one forward pass


class Style(StrEnum):
    """Whose settings the frameworks run with."""

    MATCHED = "matched"  # every known source of unfairness at its neutral setting
    STOCK = "stock"  # each framework as its users usually set it up: the set-up of the report this suite grew out of
    STRATEGY = "strategy"  # a way to load images, beside the one that `matched` has: all the same but for what its name says
    LADDER = "ladder"  # between the two: the sources of unfairness up to a case's rung are neutral, the others as in `stock`


class Execution(StrEnum):
    """The pairs of execution modes; each framework has its own name for them (`frameworks.FRAMEWORKS`)."""

    PLAIN = "plain"  # PyTorch eager and a TensorFlow graph: what each does without a fusing compiler
    FUSED_NORM = "fused_norm"  # plain, with a batch norm that is one kernel: PyTorch's is by itself, Keras 3 never uses TensorFlow's
    COMPILED = "compiled"  # torch.compile and XLA


class Precision(StrEnum):
    FP32 = "fp32"  # float32 throughout
    TF32 = "tf32"  # float32 with TensorFloat-32 matrix products and convolutions: a GPU of Ampere or newer
    BF16 = "bf16"  # bfloat16 arithmetic, float32 weights


FED_PHASES = (
    Phase.DATA_PIPELINE,
    Phase.MEMORY,
    Phase.FINE_TUNING,
    Phase.END_TO_END,
    Phase.PIPELINE_SCALING,
)  # those with an input pipeline
ONLY_WORKLOADS = {
    Phase.DATA_PIPELINE: Workload.LOADING,
    Phase.PIPELINE_SCALING: Workload.LOADING,
    Phase.INFERENCE: Workload.INFERENCE,
    Phase.MODEL_FORMATS: Workload.INFERENCE,
}
LADDERS = {Phase.TRAIN_STEP: STEP_LADDER, Phase.DATA_PIPELINE: PIPELINE_LADDER, Phase.MEMORY: MEMORY_LADDER}


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One framework's side of a comparison.

    `execution` and `precision` are None where the framework's own default decides: in the `stock` and `ladder` styles, and where nothing
    but loading is measured.
    """

    framework: str
    phase: Phase
    workload: Workload
    style: Style
    batch_size: int
    execution: Execution | None = None
    precision: Precision | None = None
    rung: Source | None = None  # in the `ladder` style: the last source that is neutral
    strategy: str | None = None  # in the `strategy` style: one of the framework's `Listing.strategies`
    model_format: str | None = None  # one of the framework's `Listing.formats`

    @property
    def neutral(self) -> frozenset[Source]:
        """The sources of unfairness that are at their neutral setting; the others are at the framework's own habit."""
        match self.style:
            case Style.MATCHED | Style.STRATEGY:
                return frozenset(Source)
            case Style.STOCK:
                return frozenset()
            case Style.LADDER:
                ladder = LADDERS[self.phase]
                return frozenset(ladder[: ladder.index(self.rung) + 1]) if self.rung else frozenset()

    @property
    def named_workload(self) -> Workload | None:
        """The workload, where the phase does not say it already."""
        return None if ONLY_WORKLOADS.get(self.phase) is self.workload else self.workload

    @property
    def surroundings(self) -> frozenset[Source]:
        """The sources that its worker's environment variables have at their neutral setting."""
        return self.neutral & SURROUNDINGS

    @property
    def comparison(self) -> str:
        """What the two frameworks' sides have in common: the title of their table."""
        parts = [self.phase.replace("_", " ")]
        if self.named_workload:
            parts.append(self.named_workload)
        parts.append(self.style)
        parts.extend(str(part) for part in (self.rung, self.strategy, self.execution, self.precision, self.model_format) if part)
        return f"{' '.join(parts)} bs{self.batch_size}"
