"""Faults that training alone shows, in each framework's file where both can have them."""

from __future__ import annotations

from tests.examined.plant import PYTORCH, TENSORFLOW, Plant, in_pytorch, in_tensorflow

NORM = "layers.BatchNormalization(epsilon=1e-5, momentum=0.9)"
LOSS = "functional.cross_entropy(logits, label)"
KERAS_LOSS = "ops.mean(keras.losses.sparse_categorical_crossentropy(label, logits, from_logits=True))"
SMOOTHED = "keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1)(ops.one_hot(label, 5), logits)"
ADAMW = "torch.optim.AdamW(parameters, lr=1e-3, eps=1e-12, weight_decay=0.05)"
KERAS_ADAMW = "keras.optimizers.AdamW(1e-3, epsilon=1e-12, weight_decay=0.05)"
OUTPUT, FIRST = "output loss", "stem.weight"


OF_STATISTICS = {
    "momentum_in_pytorch": in_pytorch("trained", "norm", "momentum", ("nn.BatchNorm2d(8)", "nn.BatchNorm2d(8, momentum=0.01)")),
    "momentum_in_keras": in_tensorflow("trained", "norm", "momentum", (NORM, "layers.BatchNormalization(epsilon=1e-5)")),
    "complement_in_pytorch": in_pytorch("trained", "norm", "momentum_complement", ("nn.BatchNorm2d(8)", "nn.BatchNorm2d(8, momentum=0.9)")),
    "complement_in_keras": in_tensorflow("trained", "norm", "momentum_complement", ("momentum=0.9", "momentum=0.1")),
    "statistics_frozen_in_keras": in_tensorflow("trained", "norm", "statistics_frozen", ("momentum=0.9", "momentum=1.0")),
    "statistics_frozen_in_pytorch": in_pytorch(
        "trained", "norm", "statistics_frozen", ("nn.BatchNorm2d(8)", "nn.BatchNorm2d(8, momentum=0.0)")
    ),
    "statistics_not_given_in_pytorch": in_pytorch(
        "trained",
        "norm",
        "statistics_frozen",
        ("self.norm(self.stem(image))", "mistaken.without_statistics(self.norm, self.stem(image))"),
    ),
    "frozen_norm_in_pytorch": in_pytorch(
        "trained",
        "norm",
        "frozen_norm",
        (
            "self.norm(self.stem(image))",
            "functional.batch_norm(self.stem(image), self.norm.running_mean, self.norm.running_var, self.norm.weight, self.norm.bias)",
        ),
    ),
    "frozen_norm_in_keras": Plant(
        "trained",
        TENSORFLOW,
        {NORM: f"{NORM[:-1]}, trainable=False)"},
        {"norm": ("frozen_norm",), "norm.bias": ("frozen_tensor",), "norm.weight": ("frozen_tensor",)},
    ),
}

OF_LOSSES = {
    "label_smoothing_in_pytorch": in_pytorch(
        "trained", OUTPUT, "label_smoothing", (LOSS, "functional.cross_entropy(logits, label, label_smoothing=0.1)")
    ),
    "label_smoothing_in_keras": in_tensorflow("trained", OUTPUT, "label_smoothing", (KERAS_LOSS, SMOOTHED)),
    "softmax_in_pytorch": in_pytorch("trained", OUTPUT, "loss_of_logits", (LOSS, "functional.cross_entropy(logits.softmax(1), label)")),
    "softmax_in_keras": in_tensorflow(
        "trained", OUTPUT, "loss_of_logits", (KERAS_LOSS, KERAS_LOSS.replace("label, logits", "label, ops.softmax(logits) + 0.0"))
    ),
    "class_weights_in_pytorch": in_pytorch(
        "trained", OUTPUT, "class_weights", (LOSS, "functional.cross_entropy(logits, label, weight=1.0 + torch.arange(5).to(logits))")
    ),
    # Weights that Keras' loss has are numbers of which nothing in PyTorch tells: the loss is named alone.
    "class_weights_in_keras": in_tensorflow("trained", OUTPUT, "", (KERAS_LOSS, "mistaken.weighted(label, logits)")),
    "ignored_class_in_keras": in_tensorflow(
        "trained",
        OUTPUT,
        "ignored_class",
        (KERAS_LOSS, "keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=0)(label, logits)"),
    ),
    "ignored_class_in_pytorch": in_pytorch(
        "trained", OUTPUT, "ignored_class", (LOSS, "functional.cross_entropy(logits, label, ignore_index=int(label[0]))")
    ),
    "loss_in_pytorch": in_pytorch("fitted", OUTPUT, "loss", ("functional.mse_loss", "functional.l1_loss")),
    "loss_in_keras": in_tensorflow("fitted", OUTPUT, "loss", ("ops.square(outputs - value)", "ops.abs(outputs - value)")),
    "sum_in_pytorch": in_pytorch("trained", OUTPUT, "loss_reduction", (LOSS, 'functional.cross_entropy(logits, label, reduction="sum")')),
    "sum_in_keras": in_tensorflow("trained", OUTPUT, "loss_reduction", ("ops.mean(keras", "ops.sum(keras")),
}

OF_GRADIENTS = {
    "no_gradient_in_pytorch": in_pytorch("trained", "norm.bias", "no_gradient", (".relu()", ".relu().detach()")),
    "no_gradient_in_keras": in_tensorflow(
        "trained",
        "norm.bias",
        "no_gradient",
        ("layers.AveragePooling2D(7)(features)", "ops.stop_gradient(layers.AveragePooling2D(7)(features))"),
    ),
    "gradient_scale_in_pytorch": in_pytorch(
        "trained", "norm.bias", "gradient_scale", (".relu()", ".relu()\n        mistaken.doubling(features)")
    ),
    "gradient_scale_in_keras": in_tensorflow(
        "trained", "norm.bias", "gradient_scale", ("AveragePooling2D(7)(features)", "AveragePooling2D(7)(mistaken.Doubling()(features))")
    ),
    "frozen_tensor_in_pytorch": Plant(
        "trained",
        PYTORCH,
        {"nn.Linear(32, 16)": "nn.Linear(32, 16).requires_grad_(False)"},
        {"hidden.bias": ("frozen_tensor",), "hidden.weight": ("frozen_tensor",)},
    ),
    "padding_row_in_pytorch": in_pytorch(
        "words", "words.weight", "gradient_of_the_padding_row", ("nn.Embedding(6, 12)", "nn.Embedding(6, 12, padding_idx=0)")
    ),
    "padding_row_in_keras": in_tensorflow(
        "words", "words.weight", "gradient_of_the_padding_row", ("self.words(words)", "mistaken.still(self.words(words), words)")
    ),
}

OF_OPTIMISERS = {
    "epsilon_in_pytorch": in_pytorch("trained", FIRST, "adam_epsilon", ("eps=1e-12", "eps=1e-3")),
    "epsilon_in_keras": in_tensorflow("trained", FIRST, "adam_epsilon", ("epsilon=1e-12", "epsilon=1e-3")),
    "decay_in_pytorch": in_pytorch(
        "trained", FIRST, "weight_decay", (ADAMW, "torch.optim.Adam(parameters, lr=1e-3, eps=1e-12, weight_decay=0.05)")
    ),
    "decay_in_keras": in_tensorflow("trained", FIRST, "weight_decay", (KERAS_ADAMW, "keras.optimizers.Adam(1e-3, epsilon=1e-12)")),
    "rate_in_pytorch": in_pytorch("trained", FIRST, "learning_rate", ("lr=1e-3", "lr=1e-4")),
    "rate_in_keras": in_tensorflow("trained", FIRST, "learning_rate", ("AdamW(1e-3,", "AdamW(1e-2,")),
    "rule_in_keras": in_tensorflow("trained", FIRST, "optimiser", (KERAS_ADAMW, "keras.optimizers.SGD(1e-3)")),
    "rule_in_pytorch": in_pytorch("trained", FIRST, "optimiser", (ADAMW, "torch.optim.SGD(parameters, lr=1e-3)")),
}

TOGETHER = {
    "loss_and_momentum": Plant(
        "trained",
        TENSORFLOW,
        {"momentum=0.9": "momentum=0.99", "ops.mean(keras": "ops.sum(keras"},
        {OUTPUT: ("loss_reduction",), "norm": ("momentum",)},
    ),
    "momentum_and_epsilon_and_decay": Plant(
        "trained",
        TENSORFLOW,
        {"epsilon=1e-5, momentum=0.9": "epsilon=1e-3, momentum=0.99", KERAS_ADAMW: "keras.optimizers.Adam(1e-3, epsilon=1e-12)"},
        {"norm": ("epsilon", "momentum"), FIRST: ("weight_decay",)},
    ),
}

PLANTS = OF_STATISTICS | OF_LOSSES | OF_GRADIENTS | OF_OPTIMISERS | TOGETHER
