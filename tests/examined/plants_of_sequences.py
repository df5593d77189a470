"""Faults of attention, embeddings, recurrent layers, resizing and dropout, in each framework's file where it can have them."""

from __future__ import annotations

from tests.examined.plant import PYTORCH, TENSORFLOW, Plant

IN_PYTORCH = {
    "scores": "query @ key.transpose(-2, -1) / math.sqrt(SIZE)",
    "heads": "values.view(-1, LENGTH, HEADS, SIZE).transpose(1, 2)",
    "attended": "self.layer(states, states, states, attn_mask=hidden)",
    "begun": "self.begun(states, (hidden, cell))",
    "large": 'scale_factor=2, mode="bilinear"',
    "small": 'size=6, mode="bilinear", antialias=True',
    "smooth": 'size=9, mode="bicubic", antialias=True',
}
IN_KERAS = {
    "scores": "ops.matmul(query, ops.transpose(key, (0, 1, 3, 2))) / SIZE**0.5",
    "heads": "ops.transpose(ops.reshape(values, (-1, LENGTH, HEADS, SIZE)), (0, 2, 1, 3))",
    "begun": "layers.LSTM(9, return_sequences=True)(states, initial_state=[hidden, cell])",
    "large": 'layers.UpSampling2D(interpolation="bilinear")',
    "small": '(6, 6), interpolation="bilinear", antialias=True',
    "smooth": '(9, 9), interpolation="bicubic", antialias=True',
}


def _pytorch(model: str, place: str, entry: str, *changes: tuple[str, str]) -> Plant:
    return Plant(model, PYTORCH, {IN_PYTORCH.get(old, old): new for old, new in changes}, {place: (entry,) if entry else ()})


def _keras(model: str, place: str, entry: str, *changes: tuple[str, str]) -> Plant:
    return Plant(model, TENSORFLOW, {IN_KERAS.get(old, old): new for old, new in changes}, {place: (entry,) if entry else ()})


JOINED = "written.joined"

OF_ATTENTION = {
    "attention_unscaled_in_pytorch": _pytorch("sentences", JOINED, "attention_scale", ("scores", "query @ key.transpose(-2, -1)")),
    "attention_unscaled_in_keras": _keras("sentences", JOINED, "attention_scale", (" / SIZE**0.5", "")),
    "attention_scaled_by_all_in_keras": _keras("sentences", JOINED, "attention_scale", ("SIZE**0.5", "FEATURES**0.5")),
    "mask_inverted_in_pytorch": _pytorch("sentences", JOINED, "attention_mask", ("masked_fill(~mask", "masked_fill(mask")),
    "mask_inverted_in_keras": _keras(
        "sentences", JOINED, "attention_mask", ("ops.where(mask[:, None, None]", "ops.where(~mask[:, None, None]")
    ),
    "mask_dropped_in_keras": _keras("sentences", JOINED, "attention_mask", ("ops.where(mask[:, None, None], scores, -1e9)", "scores")),
    "causal_dropped_in_pytorch": _pytorch("sentences", "layer", "causal", (", attn_mask=hidden", "")),
    "causal_dropped_in_keras": _keras("sentences", "layer", "attention_mask", (", use_causal_mask=True", "")),
    "causal_turned_in_pytorch": _pytorch("sentences", "layer", "attention_mask", ("triu(1)", "tril(-1)")),
    "causal_added_in_keras": _keras("words", "attention", "causal", ("(states, states)", "(states, states, use_causal_mask=True)")),
    "softmax_over_queries_in_pytorch": _pytorch("sentences", JOINED, "attention_axis", ("softmax(-1)", "softmax(-2)")),
    "softmax_over_queries_in_keras": _keras("sentences", JOINED, "attention_axis", ("axis=-1", "axis=-2")),
    "keys_for_queries_in_pytorch": _pytorch(
        "sentences", JOINED, "queries_and_keys", ("scores", "key @ query.transpose(-2, -1) / math.sqrt(SIZE)")
    ),
    "keys_for_values_in_keras": _keras(
        "sentences",
        JOINED,
        "queries_and_keys",
        ("ops.matmul(weights, value)", "ops.matmul(weights, key)"),
        ("ops.transpose(key,", "ops.transpose(value,"),
    ),
    "heads_last_in_pytorch": _pytorch("sentences", JOINED, "head_order", ("heads", "mistaken.heads_last(values, HEADS)")),
    "heads_last_in_keras": _keras("sentences", JOINED, "head_order", ("heads", "mistaken.heads_last(values, HEADS)")),
    "heads_not_transposed_in_pytorch": _pytorch("sentences", JOINED, "head_order", (".transpose(1, 2).reshape", ".reshape")),
    "heads_not_transposed_in_keras": _keras(
        "sentences", JOINED, "head_order", ("ops.transpose(ops.matmul(weights, value), (0, 2, 1, 3))", "ops.matmul(weights, value)")
    ),
}

OF_EMBEDDINGS = {
    "padding_row_in_keras": _keras(
        "words",
        "norm",
        "padding_row",
        ("self.words(words)", "self.words(words) * keras.ops.cast(words != 0, self.compute_dtype)[..., None]"),
    ),
    "padding_row_in_pytorch": _pytorch(
        "words", "norm", "padding_row", ("self.words(words)", "self.words(words) * (words != 0).unsqueeze(-1)")
    ),
    "embedding_scale_in_pytorch": _pytorch("sentences", "before", "embedding_scale", (" * 4.0", "")),
    "embedding_scale_in_keras": _keras("sentences", "before", "embedding_scale", (" * 4.0", "")),
    "embedding_scaled_in_keras": _keras("words", "norm", "embedding_scale", ("self.words(words)", "self.words(words) * 12**0.5")),
    "positions_in_pytorch": _pytorch("sentences", "", "positions", ("self.places[1 : LENGTH + 1]", "self.places[2:]")),
    "positions_in_keras": _keras("sentences", "", "positions", ("self.places[1 : LENGTH + 1]", "self.places[:LENGTH]")),
    "sinusoids_in_pytorch": _pytorch("sentences", "before", "sinusoids", ("torch.stack(", "torch.cat("), (", -1).flatten(1)", ", -1)")),
    "sinusoids_in_keras": _keras("sentences", "before", "sinusoids", ("np.stack(", "np.concatenate(")),
    "mask_zero_in_keras": Plant(
        "words",
        TENSORFLOW,
        {"layers.Embedding(6, 12)": "layers.Embedding(6, 12, mask_zero=True)"},
        {"attention": ("mask_zero",), "classes": ("mask_zero",)},
    ),
    "ids_in_keras": _keras("words", "words", "ids", ("self.words(words)", "self.words(words + 1)")),
    "ids_in_pytorch": _pytorch("words", "words", "ids", ("self.words(words)", "self.words(words + 1)")),
}

OF_RECURRENT_LAYERS = {
    "reset_after_in_keras": _keras("series", "gated", "reset_after", ("layers.GRU(8, ", "layers.GRU(8, reset_after=False, ")),
    "recurrent_activation_of_gru_in_keras": _keras(
        "series", "gated", "recurrent_activation", ("layers.GRU(8, ", 'layers.GRU(8, recurrent_activation="hard_sigmoid", ')
    ),
    "recurrent_activation_of_lstm_in_keras": _keras(
        "series", "begun", "recurrent_activation", ("layers.LSTM(9, ", 'layers.LSTM(9, recurrent_activation="hard_sigmoid", ')
    ),
    "recurrent_relu_in_keras": _keras(
        "series", "simple", "recurrent_tanh", ("layers.SimpleRNN(8, ", 'layers.SimpleRNN(8, activation="relu", ')
    ),
    "recurrent_relu_in_pytorch": _pytorch("series", "simple", "recurrent_tanh", ("nn.RNN(9, 8, ", 'nn.RNN(9, 8, nonlinearity="relu", ')),
    "backwards_in_keras": _keras("series", "gated", "direction", ("layers.GRU(8, ", "layers.GRU(8, go_backwards=True, ")),
    "backwards_in_pytorch": _pytorch("series", "simple", "direction", ("self.simple(states)", "self.simple(states.flip(1))")),
    "last_of_both_in_pytorch": _pytorch("series", "next", "last_of_both", ("torch.cat([last[0], last[1]], 1)", "states[:, -1]")),
    "last_of_both_in_keras": _keras(
        "series",
        "next",
        "last_of_both",
        ("layers.LSTM(5))(states)", "layers.LSTM(5, return_sequences=True))(states)[:, -1]"),
    ),
    "initial_state_exchanged_in_pytorch": _pytorch("series", "begun", "initial_state", ("begun", "self.begun(states, (cell, hidden))")),
    "initial_state_dropped_in_keras": _keras(
        "series", "begun", "initial_state", (", initial_state=[hidden, cell]", ", initial_state=[0 * hidden, 0 * cell]")
    ),
    "initial_state_exchanged_in_keras": _keras("series", "begun", "initial_state", ("[hidden, cell]", "[cell, hidden]")),
    "recurrent_bias_in_keras": _keras(
        "series", "simple", "recurrent_bias", ("layers.SimpleRNN(8, ", "layers.SimpleRNN(8, use_bias=False, ")
    ),
    "forget_bias_in_keras": _keras("series", "begun", "forget_bias", ("layers.LSTM(9, ", "layers.RNN(mistaken.Forgetting(9), ")),
    "forget_bias_in_pytorch": _pytorch(
        "series", "begun", "forget_bias", ("begun", "mistaken.forgetting(self.begun, states, (hidden, cell))")
    ),
    "gate_order_in_keras": _keras("series", "begun", "gate_order", ("layers.LSTM(9, ", "layers.RNN(mistaken.GatesExchanged(9), ")),
    "gate_order_in_pytorch": _pytorch(
        "series", "begun", "gate_order", ("begun", "mistaken.gates_exchanged(self.begun, states, (hidden, cell))")
    ),
}

OF_RESAMPLING = {
    "corners_in_pytorch": _pytorch("resized", "wide", "corners", ("large", 'scale_factor=2, mode="bilinear", align_corners=True')),
    "nearest_by_centres_in_pytorch": _pytorch("resized", "smooth", "interpolation", ("smooth", 'size=9, mode="nearest-exact"')),
    "antialias_in_pytorch": _pytorch("resized", "small", "antialias", ("small", 'size=6, mode="bilinear"')),
    "antialias_in_keras": _keras("resized", "small", "antialias", ("small", '(6, 6), interpolation="bilinear"')),
    "cubic_kernel_in_pytorch": _pytorch("resized", "smooth", "cubic_kernel", ("smooth", 'size=9, mode="bicubic"')),
    "interpolation_in_pytorch": _pytorch("resized", "wide", "interpolation", ("large", "scale_factor=2")),
    "interpolation_in_keras": _keras("resized", "wide", "interpolation", ("large", "layers.UpSampling2D()")),
    "cubic_in_keras": _keras("resized", "wide", "interpolation", ("large", 'layers.UpSampling2D(interpolation="bicubic")')),
    "pixel_shuffle_in_pytorch": _pytorch(
        "resized", "shuffled", "pixel_shuffle", ("functional.pixel_shuffle(values, 2)", "mistaken.blocks_first(values)")
    ),
    "pixel_shuffle_in_keras": _keras(
        "resized", "shuffled", "pixel_shuffle", ("convolution(8)(shuffled(values))", "convolution(8)(mistaken.blocks_first(values))")
    ),
    "resized_to_in_pytorch": _pytorch("resized", "wide", "resized_to", ("large", 'scale_factor=3, mode="bilinear"')),
    "resized_to_in_keras": _keras("resized", "wide", "resized_to", ("large", 'layers.UpSampling2D(3, interpolation="bilinear")')),
}

OF_DROPOUT = {
    "dropout_in_pytorch": _pytorch("sentences", "between", "dropout", (", 0.1, self.training", ", 0.1")),
    "dropout_in_keras": _keras("images", "dropping", "dropout", ('"tanh")(hidden)', '"tanh")(mistaken.Dropping()(hidden))')),
}

PLANTS = {**OF_ATTENTION, **OF_EMBEDDINGS, **OF_RECURRENT_LAYERS, **OF_RESAMPLING, **OF_DROPOUT}
