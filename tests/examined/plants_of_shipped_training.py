"""Faults that training alone shows, in the networks that ship: each entry that applies, in the file where people write it.

Where a fault is one of the loss or the optimiser, the model is `trained_encoder`: the shipped text encoder, with both of its own.
"""

from __future__ import annotations

from tests.examined.plant import TENSORFLOW, Plant, in_pytorch, in_tensorflow

LOSS = "functional.cross_entropy(logits, topic)"
KERAS_LOSS = "ops.mean(keras.losses.sparse_categorical_crossentropy(topic, logits, from_logits=True))"
SMOOTHED = "keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1)(ops.one_hot(topic, 16), logits)"
ADAM, KERAS_ADAM = "KerasAdam(parameters, lr=1e-3)", "keras.optimizers.Adam(1e-3)"
TOKENS = "nn.Embedding(options.vocabulary, options.hidden)"
KERAS_TOKENS = "layers.Embedding(options.vocabulary, options.hidden)"
SEEN = 5009  # a token of the batch: the row of one that is not there has no gradient in either framework
NORM = "epsilon=architecture.BATCH_NORM_EPSILON, momentum=architecture.BATCH_NORM_MOMENTUM"
RESNET = "torchvision.models.resnet50(weights=None"
OUTPUT, FIRST, WORDS = "output loss", "places", "tokens.weight"

OF_LOSSES = {
    "encoder_label_smoothing": in_tensorflow("trained_encoder", OUTPUT, "label_smoothing", (KERAS_LOSS, SMOOTHED)),
    "encoder_softmax": in_tensorflow(
        "trained_encoder", OUTPUT, "loss_of_logits", (KERAS_LOSS, KERAS_LOSS.replace("topic, logits", "topic, ops.softmax(logits) + 0.0"))
    ),
    "encoder_sum": in_pytorch(
        "trained_encoder", OUTPUT, "loss_reduction", (LOSS, 'functional.cross_entropy(logits, topic, reduction="sum")')
    ),
    "encoder_class_weights": in_pytorch(
        "trained_encoder",
        OUTPUT,
        "class_weights",
        (LOSS, "functional.cross_entropy(logits, topic, weight=1.0 + torch.arange(16).to(logits))"),
    ),
    "encoder_ignored_class": in_pytorch(
        "trained_encoder", OUTPUT, "ignored_class", (LOSS, "functional.cross_entropy(logits, topic, ignore_index=int(topic[0]))")
    ),
}

OF_GRADIENTS = {
    "encoder_no_gradient": in_tensorflow(
        "text_encoder", WORDS, "no_gradient", (f"{KERAS_TOKENS}(tokens)", f"keras.ops.stop_gradient({KERAS_TOKENS}(tokens))")
    ),
    "encoder_gradient_scale": in_tensorflow(
        "text_encoder", WORDS, "gradient_scale", (f"{KERAS_TOKENS}(tokens)", f"mistaken.Doubling()({KERAS_TOKENS}(tokens))")
    ),
    "encoder_padding_row": in_pytorch(
        "text_encoder", WORDS, "gradient_of_the_padding_row", (TOKENS, f"{TOKENS[:-1]}, padding_idx={SEEN})")
    ),
    "encoder_frozen_tensor": in_tensorflow(
        "text_encoder", WORDS, "frozen_tensor", (KERAS_TOKENS, f"{KERAS_TOKENS[:-1]}, trainable=False)")
    ),
}

OF_OPTIMISERS = {
    "encoder_epsilon": in_pytorch("trained_encoder", FIRST, "adam_epsilon", (ADAM, "torch.optim.Adam(parameters, lr=1e-3)")),
    "encoder_decay": in_tensorflow("trained_encoder", WORDS, "weight_decay", (KERAS_ADAM, "keras.optimizers.AdamW(1e-3)")),
    "encoder_rate": in_tensorflow("trained_encoder", FIRST, "learning_rate", (KERAS_ADAM, "keras.optimizers.Adam(1e-4)")),
    "encoder_rule": in_pytorch("trained_encoder", FIRST, "optimiser", (ADAM, "torch.optim.SGD(parameters, lr=1e-3)")),
}

OF_RESNET50 = {
    "resnet50_momentum": in_tensorflow("resnet50", "bn1", "momentum", (NORM, NORM.partition(",")[0])),
    "resnet50_complement": in_pytorch(
        "resnet50",
        "bn1",
        "momentum_complement",
        (RESNET, f"{RESNET}, norm_layer=lambda channels: torch.nn.BatchNorm2d(channels, momentum=0.9)"),
    ),
    "resnet50_statistics_frozen": in_tensorflow("resnet50", "bn1", "statistics_frozen", (NORM, f"{NORM.partition(',')[0]}, momentum=1.0")),
    "resnet50_frozen_norm": Plant(
        "resnet50",
        TENSORFLOW,
        {NORM: f"{NORM}, trainable=False"},
        {"bn1": ("frozen_norm",), "bn1.bias": ("frozen_tensor",), "bn1.weight": ("frozen_tensor",)},
    ),
}

PLANTS = OF_LOSSES | OF_GRADIENTS | OF_OPTIMISERS | OF_RESNET50
