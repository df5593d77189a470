"""Faults of attention, embeddings, recurrent layers, resizing and dropout, in each framework's file where it can have them."""

from __future__ import annotations

from tests.examined.plant import TENSORFLOW, Plant, in_pytorch, in_tensorflow

SCORES = "query @ key.transpose(-2, -1) / math.sqrt(SIZE)"
HEADS = "values.view(-1, LENGTH, HEADS, SIZE).transpose(1, 2)"
GATED = "states, _ = self.gated(self.entry(series))"
BEGUN = "self.begun(states, (hidden, cell))"
LARGE = 'scale_factor=2, mode="bilinear"'
SMALL = 'size=6, mode="bilinear", antialias=True'
SMOOTH = 'size=9, mode="bicubic", antialias=True'
KERAS_HEADS = "ops.transpose(ops.reshape(values, (-1, LENGTH, HEADS, SIZE)), (0, 2, 1, 3))"
KERAS_LARGE = 'layers.UpSampling2D(interpolation="bilinear")'
KERAS_SMALL = '(6, 6), interpolation="bilinear", antialias=True'
KERAS_SMOOTH = 'ops.image.resize(values, (9, 9), interpolation="bicubic", antialias=True)'
JOINED = "written.joined"

OF_ATTENTION = {
    "attention_unscaled_in_pytorch": in_pytorch("sentences", JOINED, "attention_scale", (SCORES, "query @ key.transpose(-2, -1)")),
    "attention_unscaled_in_keras": in_tensorflow("sentences", JOINED, "attention_scale", (" / SIZE**0.5", "")),
    "attention_scaled_by_all_in_keras": in_tensorflow("sentences", JOINED, "attention_scale", ("SIZE**0.5", "FEATURES**0.5")),
    "mask_inverted_in_pytorch": in_pytorch("sentences", JOINED, "attention_mask", ("masked_fill(~mask", "masked_fill(mask")),
    "mask_inverted_in_keras": in_tensorflow(
        "sentences", JOINED, "attention_mask", ("ops.where(mask[:, None, None]", "ops.where(~mask[:, None, None]")
    ),
    "mask_dropped_in_keras": in_tensorflow(
        "sentences", JOINED, "attention_mask", ("ops.where(mask[:, None, None], scores, -1e9)", "scores")
    ),
    "causal_dropped_in_pytorch": in_pytorch("sentences", "layer", "causal", (", attn_mask=hidden", "")),
    "causal_dropped_in_keras": in_tensorflow("sentences", "layer", "attention_mask", (", use_causal_mask=True", "")),
    "causal_turned_in_pytorch": in_pytorch("sentences", "layer", "attention_mask", ("triu(1)", "tril(-1)")),
    "causal_added_in_keras": in_tensorflow("words", "attention", "causal", ("(states, states)", "(states, states, use_causal_mask=True)")),
    "softmax_over_queries_in_pytorch": in_pytorch("sentences", JOINED, "attention_axis", ("softmax(-1)", "softmax(-2)")),
    "softmax_over_queries_in_keras": in_tensorflow("sentences", JOINED, "attention_axis", ("axis=-1", "axis=-2")),
    "keys_for_queries_in_pytorch": in_pytorch(
        "sentences", JOINED, "queries_and_keys", (SCORES, "key @ query.transpose(-2, -1) / math.sqrt(SIZE)")
    ),
    "keys_for_values_in_keras": in_tensorflow(
        "sentences",
        JOINED,
        "queries_and_keys",
        ("ops.matmul(weights, value)", "ops.matmul(weights, key)"),
        ("ops.transpose(key,", "ops.transpose(value,"),
    ),
    "heads_last_in_pytorch": in_pytorch("sentences", JOINED, "head_order", (HEADS, "mistaken.heads_last(values, HEADS)")),
    "heads_last_in_keras": in_tensorflow("sentences", JOINED, "head_order", (KERAS_HEADS, "mistaken.heads_last(values, HEADS)")),
    "heads_not_transposed_in_pytorch": in_pytorch("sentences", JOINED, "head_order", (".transpose(1, 2).reshape", ".reshape")),
    "heads_not_transposed_in_keras": in_tensorflow(
        "sentences", JOINED, "head_order", ("ops.transpose(ops.matmul(weights, value), (0, 2, 1, 3))", "ops.matmul(weights, value)")
    ),
}

OF_EMBEDDINGS = {
    "padding_row_in_keras": in_tensorflow(
        "words",
        "norm",
        "padding_row",
        ("self.words(words)", "self.words(words) * keras.ops.cast(words != 0, self.compute_dtype)[..., None]"),
    ),
    "padding_row_in_pytorch": in_pytorch(
        "words", "norm", "padding_row", ("self.words(words)", "self.words(words) * (words != 0).unsqueeze(-1)")
    ),
    "embedding_scale_in_pytorch": in_pytorch("sentences", "before", "embedding_scale", (" * 4.0", "")),
    "embedding_scale_in_keras": in_tensorflow("sentences", "before", "embedding_scale", (" * 4.0", "")),
    "embedding_scaled_in_keras": in_tensorflow("words", "norm", "embedding_scale", ("self.words(words)", "self.words(words) * 12**0.5")),
    "positions_in_pytorch": in_pytorch("sentences", "", "positions", ("self.places[1 : LENGTH + 1]", "self.places[2:]")),
    "positions_in_keras": in_tensorflow("sentences", "", "positions", ("self.places[1 : LENGTH + 1]", "self.places[:LENGTH]")),
    "sinusoids_in_pytorch": in_pytorch("sentences", "before", "sinusoids", ("torch.stack(", "torch.cat("), (", -1).flatten(1)", ", -1)")),
    "sinusoids_in_keras": in_tensorflow("sentences", "before", "sinusoids", ("np.stack(", "np.concatenate(")),
    "mask_zero_in_keras": Plant(
        "words",
        TENSORFLOW,
        {"layers.Embedding(6, 12)": "layers.Embedding(6, 12, mask_zero=True)"},
        {"attention": ("mask_zero",), "classes": ("mask_zero",)},
    ),
    "padding_masked_in_pytorch": in_pytorch(  # what mask_zero is the other way round: a mask of PyTorch's is written in a call
        "words", "attention", "attention_mask", ("need_weights=False", "need_weights=False, key_padding_mask=words == 0")
    ),
    "ids_in_keras": in_tensorflow("words", "words", "ids", ("self.words(words)", "self.words(words + 1)")),
    "ids_in_pytorch": in_pytorch("words", "words", "ids", ("self.words(words)", "self.words(words + 1)")),
}

OF_RECURRENT_LAYERS = {
    "reset_after_in_keras": in_tensorflow("series", "gated", "reset_after", ("layers.GRU(8, ", "layers.GRU(8, reset_after=False, ")),
    # A cell that is written out is no call of torch's GRU, by which reasons are tried: the layer is named alone.
    "reset_before_in_pytorch": in_pytorch(
        "series", "gated", "", (GATED, "states = mistaken.resetting_before(self.gated, self.entry(series))")
    ),
    "hard_gates_in_pytorch": in_pytorch("series", "gated", "", (GATED, "states = mistaken.hard_gates(self.gated, self.entry(series))")),
    "recurrent_activation_of_gru_in_keras": in_tensorflow(
        "series", "gated", "recurrent_activation", ("layers.GRU(8, ", 'layers.GRU(8, recurrent_activation="hard_sigmoid", ')
    ),
    "recurrent_activation_of_lstm_in_keras": in_tensorflow(
        "series", "begun", "recurrent_activation", ("layers.LSTM(9, ", 'layers.LSTM(9, recurrent_activation="hard_sigmoid", ')
    ),
    "recurrent_relu_in_keras": in_tensorflow(
        "series", "simple", "recurrent_tanh", ("layers.SimpleRNN(8, ", 'layers.SimpleRNN(8, activation="relu", ')
    ),
    "recurrent_relu_in_pytorch": in_pytorch("series", "simple", "recurrent_tanh", ("nn.RNN(9, 8, ", 'nn.RNN(9, 8, nonlinearity="relu", ')),
    "backwards_in_keras": in_tensorflow("series", "gated", "direction", ("layers.GRU(8, ", "layers.GRU(8, go_backwards=True, ")),
    "backwards_in_pytorch": in_pytorch("series", "simple", "direction", ("self.simple(states)", "self.simple(states.flip(1))")),
    "last_of_both_in_pytorch": in_pytorch("series", "next", "last_of_both", ("torch.cat([last[0], last[1]], 1)", "states[:, -1]")),
    "last_of_both_in_keras": in_tensorflow(
        "series",
        "next",
        "last_of_both",
        ("layers.LSTM(5))(states)", "layers.LSTM(5, return_sequences=True))(states)[:, -1]"),
    ),
    "initial_state_exchanged_in_pytorch": in_pytorch("series", "begun", "initial_state", (BEGUN, "self.begun(states, (cell, hidden))")),
    "initial_state_dropped_in_keras": in_tensorflow(
        "series", "begun", "initial_state", (", initial_state=[hidden, cell]", ", initial_state=[0 * hidden, 0 * cell]")
    ),
    "initial_state_exchanged_in_keras": in_tensorflow("series", "begun", "initial_state", ("[hidden, cell]", "[cell, hidden]")),
    "recurrent_bias_in_keras": in_tensorflow(
        "series", "simple", "recurrent_bias", ("layers.SimpleRNN(8, ", "layers.SimpleRNN(8, use_bias=False, ")
    ),
    "recurrent_bias_in_pytorch": in_pytorch("series", "simple", "recurrent_bias", ("nn.RNN(9, 8, ", "nn.RNN(9, 8, bias=False, ")),
    "forget_bias_in_keras": in_tensorflow("series", "begun", "forget_bias", ("layers.LSTM(9, ", "layers.RNN(mistaken.Forgetting(9), ")),
    "forget_bias_in_pytorch": in_pytorch(
        "series", "begun", "forget_bias", (BEGUN, "mistaken.forgetting(self.begun, states, (hidden, cell))")
    ),
    "gate_order_in_keras": in_tensorflow("series", "begun", "gate_order", ("layers.LSTM(9, ", "layers.RNN(mistaken.GatesExchanged(9), ")),
    "gate_order_in_pytorch": in_pytorch(
        "series", "begun", "gate_order", (BEGUN, "mistaken.gates_exchanged(self.begun, states, (hidden, cell))")
    ),
}

OF_RESAMPLING = {
    "corners_in_pytorch": in_pytorch("resized", "wide", "corners", (LARGE, 'scale_factor=2, mode="bilinear", align_corners=True')),
    "corners_in_keras": in_tensorflow("resized", "wide", "corners", (KERAS_LARGE, "mistaken.CornersAligned()")),
    "nearest_by_centres_in_pytorch": in_pytorch("resized", "smooth", "interpolation", (SMOOTH, 'size=9, mode="nearest-exact"')),
    "antialias_in_pytorch": in_pytorch("resized", "small", "antialias", (SMALL, 'size=6, mode="bilinear"')),
    "antialias_in_keras": in_tensorflow("resized", "small", "antialias", (KERAS_SMALL, '(6, 6), interpolation="bilinear"')),
    "cubic_kernel_in_pytorch": in_pytorch("resized", "smooth", "cubic_kernel", (SMOOTH, 'size=9, mode="bicubic"')),
    "cubic_kernel_in_keras": in_tensorflow("resized", "smooth", "cubic_kernel", (KERAS_SMOOTH, "mistaken.cubic_of_torch(values, 9)")),
    "interpolation_in_pytorch": in_pytorch("resized", "wide", "interpolation", (LARGE, "scale_factor=2")),
    "interpolation_in_keras": in_tensorflow("resized", "wide", "interpolation", (KERAS_LARGE, "layers.UpSampling2D()")),
    "cubic_in_keras": in_tensorflow("resized", "wide", "interpolation", (KERAS_LARGE, 'layers.UpSampling2D(interpolation="bicubic")')),
    "pixel_shuffle_in_pytorch": in_pytorch(
        "resized", "shuffled", "pixel_shuffle", ("functional.pixel_shuffle(values, 2)", "mistaken.blocks_first(values)")
    ),
    "pixel_shuffle_in_keras": in_tensorflow(
        "resized", "shuffled", "pixel_shuffle", ("convolution(8)(shuffled(values))", "convolution(8)(mistaken.blocks_first(values))")
    ),
    "resized_to_in_pytorch": in_pytorch("resized", "wide", "resized_to", (LARGE, 'scale_factor=3, mode="bilinear"')),
    "resized_to_in_keras": in_tensorflow(
        "resized", "wide", "resized_to", (KERAS_LARGE, 'layers.UpSampling2D(3, interpolation="bilinear")')
    ),
}

OF_DROPOUT = {
    "dropout_in_pytorch": in_pytorch("sentences", "between", "dropout", (", 0.1, self.training", ", 0.1")),
    "dropout_in_keras": in_tensorflow("images", "dropping", "dropout", ('"tanh")(hidden)', '"tanh")(mistaken.Dropping()(hidden))')),
}

PLANTS = {**OF_ATTENTION, **OF_EMBEDDINGS, **OF_RECURRENT_LAYERS, **OF_RESAMPLING, **OF_DROPOUT}
