"""What is found by rules of its own, and by no call that is made again: running statistics, gradients, the optimiser, two in one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.frameworks.pytorch.walk import gradients, joined, statistics, steps
from harness.frameworks.pytorch.walk.call import Call
from harness.frameworks.pytorch.walk.catalogue.hypothesis import Entry


def _of_no_call(_region: Sequence[Call]) -> Iterator[tuple[str, Call]]:
    return iter(())


ENTRIES = (
    Entry(
        joined.PLACE,
        "activation before ↔ behind a normalisation",
        "The norm parts, and so does the layer behind the activation.",
        "Put the activation where Keras has it: before the norm, as `activation=` of a layer does, or behind it.",
        "Put the activation behind the norm where PyTorch has it so: `activation=` of the layer before the norm comes too early.",
        _of_no_call,
    ),
    Entry(
        statistics.MOMENTUM,
        "momentum of a batch norm's running statistics",
        "Training agrees, inference after it does not: running means part after the first step.",
        "Write `momentum=` as 1 less Keras' momentum. The default is 0.1.",
        "Write `momentum=` as 1 less PyTorch's momentum. The default is 0.99, PyTorch's is 0.1 and means 0.9 here.",
        _of_no_call,
    ),
    Entry(
        statistics.COMPLEMENT,
        "momentum of a batch norm ↔ its complement",
        "Running statistics follow the last batch, or hardly move.",
        "PyTorch's `momentum` is the share of the new batch: 0.1 is Keras' 0.9.",
        "Keras' `momentum` is the share of the old statistics: 0.9 is PyTorch's 0.1.",
        _of_no_call,
    ),
    Entry(
        statistics.UNBIASED,
        "running variance over n ↔ over n - 1 values",
        "Running variances part by a factor of n / (n - 1), where n is the batch times the pixels; it shows where that is small.",
        "`nn.BatchNorm` keeps the unbiased variance and has no setting for it.",
        "`BatchNormalization` keeps the biased variance and has no setting for it: after training copy PyTorch's `running_var`.",
        _of_no_call,
    ),
    Entry(
        statistics.FROZEN,
        "running statistics that are kept ↔ left as they are",
        "Training agrees, inference after it does not.",
        "Call the norm in training mode, with `track_running_stats=True`.",
        "Call the norm with `training=True` and leave it trainable.",
        _of_no_call,
    ),
    Entry(
        gradients.NO_GRADIENT,
        "gradient stopped on one side",
        "Loss and outputs agree, the gradients of some tensors are zero in one framework.",
        "Look for `detach`, `no_grad` and `requires_grad=False` before the layer.",
        "Look for `keras.ops.stop_gradient` and `trainable=False` before the layer.",
        _of_no_call,
    ),
    Entry(
        gradients.FROZEN,
        "tensor that one framework trains alone",
        "Loss and outputs agree, and a tensor stays as it is in one framework.",
        "Write `requires_grad=False` where Keras does not train it; `.eval()` freezes no weight.",
        "Write `trainable=False` where PyTorch does not train it: of a batch norm that takes the running statistics, too.",
        _of_no_call,
    ),
    Entry(
        gradients.PADDING_ROW,
        "embedding's padding row trained ↔ left as it is",
        "The gradient of an embedding parts in one row.",
        "`padding_idx` leaves that row as it is: leave it out if Keras trains it.",
        "Keras trains every row, with `mask_zero=True` too: multiply by a mask behind the embedding to leave a row as it is.",
        _of_no_call,
    ),
    Entry(
        gradients.SCALE,
        "all gradients of another scale",
        "Outputs and loss agree, gradients part by one factor.",
        "Look for a hook or a function of the network's own that scales gradients.",
        "Look for `tf.custom_gradient` and a loss that is scaled.",
        _of_no_call,
    ),
    Entry(
        steps.EPSILON,
        "Adam's epsilon, and where it is added",
        "Gradients agree, weights part after the first step, most where gradients are small.",
        "Write `eps=` as Keras has it. The default is 1e-8, added after the bias correction of the second moment.",
        "Write `epsilon=` as PyTorch has it. The default is 1e-7, added before the bias correction: 1e-7 / sqrt(1 - beta_2^t).",
        _of_no_call,
    ),
    Entry(
        steps.DECAY,
        "weight decay: coupled ↔ decoupled, or another",
        "Gradients agree, weights part after the first step, most where weights are large.",
        "`Adam(weight_decay=)` adds it to the gradient; `AdamW` decouples it, as Keras does.",
        "`weight_decay=` of every optimizer is decoupled, as of PyTorch's `AdamW`; for the other add an L2 loss.",
        _of_no_call,
    ),
    Entry(
        steps.RATE,
        "learning rate",
        "Gradients agree, what a step adds to the weights parts by one factor.",
        "Write `lr=` as Keras has it.",
        "Write `learning_rate=` as PyTorch has it. The default is 0.001.",
        _of_no_call,
    ),
    Entry(
        steps.RULE,
        "another optimiser",
        "Gradients agree, weights part after the first step.",
        "Take the optimiser that Keras has.",
        "Take the optimiser that PyTorch has.",
        _of_no_call,
    ),
)
