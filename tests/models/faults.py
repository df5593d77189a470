"""Mistakes that a port makes without an error, each as a change of the text of a shipped model's Keras file."""

from __future__ import annotations

import msgspec

from harness.record.case import Precision, Workload
from tests.models.proof import Proven

OUTPUTS = Proven(Workload.INFERENCE, Precision.FP32)
STEPS = Proven(Workload.FULL, Precision.FP32)


class Fault(msgspec.Struct, frozen=True):
    model: str
    changes: dict[str, str]
    found_by: str  # the check that does not hold, or a word of what is said where nothing is computed
    proven: Proven = OUTPUTS


FAULTS = {
    "epsilon_of_batch_norms": Fault("mobilenet_v2", {"epsilon=1e-5": "epsilon=1e-3"}, "logits"),
    "epsilon_of_layer_norms": Fault("text_encoder", {"epsilon=1e-5": "epsilon=1e-3"}, "logits"),
    "padding_same_at_stride_2": Fault(
        "mobilenet_v2",
        {"layers.ZeroPadding2D(1)(features)": "features", "DepthwiseConv2D(3,": 'DepthwiseConv2D(3, padding="same",'},
        "logits",
    ),
    "gelu_by_tanh": Fault("vit_b_16", {'activation="gelu")': "activation=lambda states: ops.gelu(states, approximate=True))"}, "logits"),
    "norms_first": Fault(
        "text_encoder",
        {
            "attention(states, states,": "attention(first := norm(states), first,",
            "= norm(layers.Add()([states,": "= (layers.Add()([states,",
            '"gelu")(states)': '"gelu")(norm(states))',
            "return norm(layers.Add()([states,": "return (layers.Add()([states,",
        },
        "logits",
    ),
    "no_mask_in_attention": Fault("text_encoder", {", value_mask=mask": ""}, "logits"),
    "no_mask_in_the_mean": Fault("text_encoder", {"(states, mask=mask)": "(states)"}, "logits"),
    "momentum_of_batch_norms": Fault("mobilenet_v2", {", momentum=0.9": ""}, "running means", STEPS),
    "loss_of_another_scale": Fault("lstm", {"layers.Dense(16),": "layers.Dense(16), layers.Rescaling(2.0),"}, "gradient norm", STEPS),
    "relu_without_end": Fault("mobilenet_v2", {"layers.ReLU(6)": "layers.ReLU()"}, "logits"),
    "no_bias": Fault("mlp", {"layers.Dense(options.classes)": "layers.Dense(options.classes, use_bias=False)"}, "bias"),
    "a_layer_too_few": Fault("text_encoder", {"range(options.layers)": "range(options.layers - 1)"}, "layers.5"),
}
