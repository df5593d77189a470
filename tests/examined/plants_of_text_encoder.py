"""Faults in the text encoder, of each entry of the catalogue that it can have, in each framework's file where both can have it."""

from __future__ import annotations

from tests.examined.plant import TENSORFLOW, Plant, in_pytorch, in_tensorflow

GELU = 'activation="gelu"'
EMBEDDED = "layers.Embedding(options.vocabulary, options.hidden)(tokens)"
MEAN = "layers.GlobalAveragePooling1D()(states, mask=mask)"
ATTENDED = "attended = attention(states, states, value_mask=mask)"
BEHIND_ATTENTION = "layers.Add()([states, layers.Dropout(options.dropout)(attended)])"
NORM = "layers.LayerNormalization(epsilon=1e-5)"
BLOCK = "block(options) for"
POOLED = "(states * seen).sum(1) / seen.sum(1)"
FIRST, ATTENTION, BEHIND = "layers.0.linear2", "layers.0.self_attn", "layers.0.norm1"


def _pytorch(place: str, entry: str, *changes: tuple[str, str]) -> Plant:
    return in_pytorch("text_encoder", place, entry, *changes)


def _keras(place: str, entry: str, *changes: tuple[str, str]) -> Plant:
    return in_tensorflow("text_encoder", place, entry, *changes)


def _written_out(entry: str, otherwise: str) -> Plant:
    """The attention of every layer, with something in another way."""
    return _pytorch(ATTENTION, entry, (BLOCK, f"mistaken.attending(block(options), {otherwise}) for"))


OF_ATTENTION = {
    "attention_scale_in_keras": _keras(ATTENTION, "attention_scale", (ATTENDED, f"attention._inverse_sqrt_key_dim = 1.0\n    {ATTENDED}")),
    "attention_scale_in_pytorch": _written_out("attention_scale", "scale=0.5"),
    "attention_mask_in_keras": _keras(ATTENTION, "attention_mask", (", value_mask=mask", "")),
    "attention_mask_turned_in_keras": _keras(ATTENTION, "attention_mask", ("value_mask=mask", "value_mask=~mask")),
    "attention_mask_in_pytorch": _pytorch(ATTENTION, "attention_mask", ("=~mask)", "=mask)")),
    "causal_in_keras": _keras(ATTENTION, "causal", ("value_mask=mask", "value_mask=mask, use_causal_mask=True")),
    "mask_of_what_follows_in_pytorch": _pytorch(
        ATTENTION,
        "attention_mask",
        ("src_key_padding_mask=~mask", "src_mask=torch.ones(64, 64, device=mask.device).triu(1) > 0, src_key_padding_mask=~mask"),
    ),
    "attention_axis_in_keras": _keras(ATTENTION, "attention_axis", ("layers.MultiHeadAttention(", "mistaken.OverQueries(")),
    "attention_axis_in_pytorch": _written_out("attention_axis", "axis=-2"),
    "queries_and_keys_in_keras": _keras(ATTENTION, "queries_and_keys", ("layers.MultiHeadAttention(", "mistaken.KeysForValues(")),
    "queries_and_keys_in_pytorch": _written_out("queries_and_keys", "order=(0, 2, 1)"),
    "head_order_in_keras": _keras(ATTENTION, "head_order", ("layers.MultiHeadAttention(", "mistaken.HeadsLast(")),
    "head_order_in_pytorch": _written_out("head_order", "split=mistaken.heads_last"),
}

OF_DENSE_LAYERS = {
    "bias_in_keras": _keras("classifier", "bias", ("layers.Dense(options.classes)", "layers.Dense(options.classes, use_bias=False)")),
    "bias_of_attention_in_keras": _keras("layers.0.self_attn", "bias", ("dropout=options.dropout)\n", "use_bias=False)\n")),
    "bias_in_pytorch": _pytorch("classifier", "bias", ("nn.Linear(", "mistaken.Twice(")),
    "transposed_in_keras": _keras(ATTENTION, "transposed_kernel", ("layers.MultiHeadAttention(", "mistaken.TransposedOutput(")),
    "transposed_in_pytorch": _written_out("transposed_kernel", "joined=mistaken.transposed"),
}

# That one norm is missing is planted in ResNet50: all norms here have one shape, and those behind it would be paired one off.
OF_NORMS = {
    "epsilon_in_keras": _keras("norm", "epsilon", ("epsilon=1e-5", "epsilon=1e-12")),
    "epsilon_in_pytorch": _pytorch("norm", "epsilon", ("nn.LayerNorm(options.hidden)", "nn.LayerNorm(options.hidden, 1e-12)")),
    "shift_in_keras": _keras("norm", "norm_affine", (NORM, f"{NORM[:-1]}, center=False)")),
    "one_more_in_keras": _keras("norm", "norm_affine", (NORM, "mistaken.OneMore(epsilon=1e-5)")),
    "one_more_in_pytorch": _pytorch("norm", "norm_affine", ("self.norm(", "mistaken.one_more(self.norm, ")),
    "axis_in_keras": _keras("norm", "norm_axis", (NORM, "mistaken.OverAll(epsilon=1e-5)")),
    "axis_in_pytorch": _pytorch("norm", "norm_axis", ("self.norm(", "mistaken.over_all(self.norm, ")),
    "deviation_in_keras": _keras("norm", "norm_deviation", (NORM, "mistaken.Deviation(epsilon=1e-5)")),
    "deviation_in_pytorch": _pytorch("norm", "norm_deviation", ("self.norm(", "mistaken.deviation(self.norm, ")),
    "norms_first_in_keras": Plant(
        "text_encoder",
        TENSORFLOW,
        {
            "attention(states, states,": "attention(first := norm(states), first,",
            "= norm(layers.Add()([states,": "= (layers.Add()([states,",
            '"gelu")(states)': '"gelu")(norm(states))',
            "return norm(layers.Add()([states,": "return (layers.Add()([states,",
        },
        {ATTENTION: (), BEHIND: ("residual",)},  # its first norm is given the sum's first operand alone
    ),
    "norms_first_in_pytorch": _pytorch(BEHIND, "", ("batch_first=True", "batch_first=True, norm_first=True")),
}

OF_ACTIVATIONS = {
    "gelu_in_keras": _keras(FIRST, "gelu", (GELU, "activation=lambda states: keras.ops.gelu(states, approximate=True)")),
    "gelu_in_pytorch": _pytorch("layers.0.activation", "gelu", (GELU, 'activation=nn.GELU(approximate="tanh")')),
    "activation_in_keras": _keras(FIRST, "activation", (GELU, 'activation="relu"')),
    "activation_in_pytorch": _pytorch(FIRST, "activation", (GELU, 'activation="relu"')),
    "activation_missing_in_keras": _keras(FIRST, "activation_missing", (f", {GELU}", "")),
    "activation_twice_in_pytorch": _pytorch(
        FIRST, "activation_missing", (GELU, "activation=lambda states: nn.functional.gelu(nn.functional.gelu(states))")
    ),
    "activation_added_in_keras": _keras("classifier", "activation_added", (MEAN, f"keras.ops.tanh({MEAN})")),
    "activation_less_in_pytorch": _pytorch("layers.0.dropout", "activation_added", (GELU, "activation=lambda states: states")),
}

OF_EMBEDDINGS = {
    "embedding_scale_in_keras": _keras("", "embedding_scale", (EMBEDDED, f"layers.Rescaling(16.0)({EMBEDDED})")),
    "embedding_scale_in_pytorch": _pytorch("norm", "embedding_scale", ("self.tokens(tokens)", "16.0 * self.tokens(tokens)")),
    "positions_in_keras": _keras("", "positions", ("states + self.places", "states + 16.0 * self.places")),
    "positions_in_pytorch": _pytorch("", "positions", ("+ self.places", "+ 16.0 * self.places")),
    "ids_in_keras": _keras("tokens", "ids", (EMBEDDED, EMBEDDED.replace("(tokens)", "((tokens + 1) % 8192)"))),
    "ids_in_pytorch": _pytorch("tokens", "ids", ("self.tokens(tokens)", "self.tokens((tokens + 1) % 8192)")),
    "padding_row_in_pytorch": _pytorch("norm", "padding_row", ("self.tokens(tokens)", "self.tokens(tokens) * mask.unsqueeze(-1)")),
}

OF_ORDER = {
    "residual_in_keras": _keras(BEHIND, "residual", (BEHIND_ATTENTION, "layers.Dropout(options.dropout)(attended)")),
    "residual_in_pytorch": _pytorch("layers.0.dropout1", "residual", (BLOCK, "mistaken.without_residual(block(options)) for")),
    "dropout_in_keras": _keras(
        "dropping", "dropout", ("layers.Dropout(options.dropout)(norm(states))", "mistaken.Dropping()(norm(states))")
    ),
    "dropout_in_pytorch": _pytorch("dropout", "dropout", ("nn.Dropout(options.dropout)", "mistaken.Dropping()")),
    "place_in_keras": _keras("classifier", "place_of_a_sequence", (MEAN, "states[:, 0]")),
    "place_in_pytorch": _pytorch("classifier", "", (POOLED, "states[:, 0]")),
    "mean_without_mask_in_keras": _keras("classifier", "place_of_a_sequence", (", mask=mask", "")),
}

PLANTS = {
    f"text_encoder_{name}": plant
    for name, plant in (OF_ATTENTION | OF_DENSE_LAYERS | OF_NORMS | OF_ACTIVATIONS | OF_EMBEDDINGS | OF_ORDER).items()
}
