"""Networks written in both frameworks, a few lines each: one for each kind of layer that the port turns. Needs no framework."""

from __future__ import annotations

from pathlib import Path

from tests.frameworks.small_models import IMAGES, folder, net, rows, sequential

Files = tuple[str, str, str]  # model.toml, pytorch.py, tensorflow.py

TOML = 'title = "Ported"\nitem = "row"\nloss = "own"\n{more}\n[targets.nothing]\nshape = []\n'
OUTPUT = "\n\ndef loss(outputs, targets):\n    output = outputs['sum'] if isinstance(outputs, dict) else outputs\n"
LOSS = OUTPUT + "    return (output ** 2).mean()\n"
KERAS_LOSS = OUTPUT + "    return ops.mean(output ** 2)\n"
KERAS = "import keras\nfrom keras import layers, ops\n"
SAME = "[outputs.outputs]\nchannels_last = true\n"  # as Keras has them
VOLUMES = "[inputs.x]\nshape = [6, 6, 6, 2]\nchannels_last = true\n"
SERIES = "[inputs.x]\nshape = [12, 4]\nchannels_last = true\n"
TOKENS = '[inputs.x]\nshape = [7]\ndtype = "int64"\nbelow = 11\n'
STEPS = rows(7, 6)


def described(inputs: str, more: str = "") -> str:
    """A model.toml of a network that may give anything."""
    return TOML.format(more=more) + inputs


def stack(shape: str, *layers: str, dtype: str = "float32") -> str:
    """A sequential network in Keras."""
    return f'{KERAS}def network(options):\n    return keras.Sequential([keras.Input({shape}, dtype="{dtype}"), {", ".join(layers)}])\n'


def graph(shape: str, *lines: str, outputs: str = "y", before: str = "") -> str:
    """A functional one: lines from `x` on."""
    return f"{KERAS}{before}def network(options):\n    x = keras.Input({shape})\n" + "".join(
        f"    {line}\n" for line in (*lines, f"return keras.Model(x, {outputs})")
    )


def called(name: str) -> str:
    """The folder's name: one that no model that ships has."""
    return f"port_{name.replace(' ', '_')}"


def placed(root: Path, name: str, files: Files) -> str:
    """The model's folder there."""
    toml, pytorch, tensorflow = files
    found = folder(root, name, toml, pytorch + LOSS)
    (Path(found) / "tensorflow.py").write_text(tensorflow + KERAS_LOSS)
    return found


IMAGE, SERIE, VOLUME = "[8, 8, 3]", "[12, 4]", "[6, 6, 6, 2]"
ATTENTION = "[7, 8]"
SPLIT = "torch.stack([each.unflatten(2, (2, 4)).transpose(1, 2) for each in (q, k, v)])"
OWN_ATTENTION = f"q, k, v = {SPLIT}; x = functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)"
KERAS_ATTENTION = graph(ATTENTION, "y = layers.MultiHeadAttention(2, 4)(x, x)")

MODELS: dict[str, Files] = {
    "convolution 1d": (
        described(SERIES, SAME),
        sequential("nn.Conv1d(4, 6, 3, bias=False)", "nn.Conv1d(6, 5, 3, dilation=2)"),
        stack(SERIE, "layers.Conv1D(6, 3, use_bias=False)", "layers.Conv1D(5, 3, dilation_rate=2)"),
    ),
    "convolution 2d": (
        described(IMAGES, SAME),
        sequential("nn.Conv2d(3, 4, (3, 2), stride=2)", "nn.Conv2d(4, 6, 2)"),
        stack(IMAGE, "layers.Conv2D(4, (3, 2), strides=2)", "layers.Conv2D(6, 2)"),
    ),
    "convolution 3d": (described(VOLUMES, SAME), sequential("nn.Conv3d(2, 5, (1, 2, 3))"), stack(VOLUME, "layers.Conv3D(5, (1, 2, 3))")),
    "grouped": (
        described(IMAGES, SAME),
        sequential("nn.Conv2d(3, 8, 1)", "nn.Conv2d(8, 6, 3, groups=2)"),
        stack(IMAGE, "layers.Conv2D(8, 1)", "layers.Conv2D(6, 3, groups=2)"),
    ),
    "depthwise 1d": (
        described(SERIES, SAME),
        sequential("nn.Conv1d(4, 8, 3, groups=4)"),
        stack(SERIE, "layers.DepthwiseConv1D(3, depth_multiplier=2)"),
    ),
    "depthwise 2d": (
        described(IMAGES, SAME),
        sequential("nn.Conv2d(3, 6, (3, 2), groups=3)", "nn.Conv2d(6, 6, 2, groups=6, bias=False)"),
        stack(IMAGE, "layers.DepthwiseConv2D((3, 2), depth_multiplier=2)", "layers.DepthwiseConv2D(2, use_bias=False)"),
    ),
    "separable": (
        described(IMAGES, SAME),
        sequential("nn.Conv2d(3, 6, 3, groups=3, bias=False)", "nn.Conv2d(6, 5, 1)"),
        stack(IMAGE, "layers.SeparableConv2D(5, 3, depth_multiplier=2)"),
    ),
    "separable 1d": (
        described(SERIES, SAME),
        sequential("nn.Conv1d(4, 4, 3, groups=4, bias=False)", "nn.Conv1d(4, 5, 1)"),
        stack(SERIE, "layers.SeparableConv1D(5, 3)"),
    ),
    "transposed 1d": (
        described(SERIES, SAME),
        sequential("nn.ConvTranspose1d(4, 5, 3, stride=2)"),
        stack(SERIE, "layers.Conv1DTranspose(5, 3, strides=2)"),
    ),
    "transposed 2d": (
        described(IMAGES, SAME),
        sequential("nn.ConvTranspose2d(3, 5, (3, 2), stride=2)", "nn.ConvTranspose2d(5, 4, 3, bias=False)"),
        stack(IMAGE, "layers.Conv2DTranspose(5, (3, 2), strides=2)", "layers.Conv2DTranspose(4, 3, use_bias=False)"),
    ),
    "transposed 3d": (
        described(VOLUMES, SAME),
        sequential("nn.ConvTranspose3d(2, 5, (1, 2, 3))"),
        stack(VOLUME, "layers.Conv3DTranspose(5, (1, 2, 3))"),
    ),
    "dense": (
        described(STEPS),
        sequential("nn.Linear(6, 8)", "nn.Linear(8, 12, bias=False)", "nn.Linear(12, 8)", "nn.Linear(8, 3)"),
        graph(
            "[7, 6]",
            "y = layers.EinsumDense('abc,cd->abd', (None, 8), bias_axes='d')(x)",
            "y = layers.EinsumDense('abc,cde->abde', (None, 3, 4))(y)",
            "y = layers.EinsumDense('abcd,ecd->abe', (None, 8), bias_axes='e')(y)",
            "y = layers.Dense(3)(y)",
        ),
    ),
    "embedding": (
        described(TOKENS),
        sequential("nn.Embedding(11, 6)", "nn.Linear(6, 3)"),
        stack("[7]", "layers.Embedding(11, 6)", "layers.Dense(3)", dtype="int64"),
    ),
    "norms": (
        described(IMAGES, SAME),
        sequential(
            "nn.BatchNorm2d(3)",
            "nn.Conv2d(3, 6, 1)",
            "nn.BatchNorm2d(6, affine=False)",
            "nn.GroupNorm(2, 6)",
            "nn.InstanceNorm2d(6, affine=True)",
        ),
        stack(
            IMAGE,
            "layers.BatchNormalization(epsilon=1e-5)",
            "layers.Conv2D(6, 1)",
            "layers.BatchNormalization(epsilon=1e-5, center=False, scale=False)",
            "layers.GroupNormalization(2, epsilon=1e-5)",
            "layers.GroupNormalization(-1, epsilon=1e-5)",
        ),
    ),
    "norms of features": (
        described(STEPS),
        sequential("nn.LayerNorm(6)", "nn.RMSNorm(6, eps=1e-6)", "nn.LayerNorm(6, bias=False)"),
        stack(
            "[7, 6]",
            "layers.LayerNormalization(epsilon=1e-5)",
            "layers.RMSNormalization(epsilon=1e-6)",
            "layers.LayerNormalization(epsilon=1e-5, center=False)",
        ),
    ),
    "attention": (
        described(rows(7, 8)),
        net("self.attention = nn.MultiheadAttention(8, 2, batch_first=True)", "return self.attention(x, x, x)[0]"),
        KERAS_ATTENTION,
    ),
    "attention without biases": (
        described(rows(7, 8)),
        net("self.attention = nn.MultiheadAttention(8, 2, bias=False, batch_first=True)", "return self.attention(x, x, x)[0]"),
        KERAS_ATTENTION.replace("(2, 4)", "(2, 4, use_bias=False)"),
    ),
    "attention of four layers": (
        described(rows(7, 8)),
        net(
            "self.q, self.k, self.v, self.out = (nn.Linear(8, 8) for _ in range(4))",
            f"q, k, v = self.q(x), self.k(x), self.v(x); {OWN_ATTENTION}; return self.out(x)",
        ),
        KERAS_ATTENTION,
    ),
    "attention of two layers": (
        described(rows(7, 8)),
        net(
            "self.qkv, self.out = nn.Linear(8, 24), nn.Linear(8, 8)",
            f"q, k, v = self.qkv(x).chunk(3, 2); {OWN_ATTENTION}; return self.out(x)",
        ),
        KERAS_ATTENTION,
    ),
    "lstm": (
        described(STEPS),
        net("self.lstm = nn.LSTM(6, 4, batch_first=True)", "return self.lstm(x)[0]"),
        stack("[7, 6]", "layers.LSTM(4, return_sequences=True)"),
    ),
    "lstm without biases": (
        described(STEPS),
        net("self.lstm = nn.LSTM(6, 4, batch_first=True, bias=False)", "return self.lstm(x)[0]"),
        stack("[7, 6]", "layers.LSTM(4, return_sequences=True, use_bias=False)"),
    ),
    "gru": (
        described(STEPS),
        net("self.gru = nn.GRU(6, 4, batch_first=True)", "return self.gru(x)[0]"),
        stack("[7, 6]", "layers.GRU(4, return_sequences=True)"),
    ),
    "rnn": (
        described(STEPS),
        net("self.rnn = nn.RNN(6, 4, batch_first=True)", "return self.rnn(x)[0]"),
        stack("[7, 6]", "layers.SimpleRNN(4, return_sequences=True)"),
    ),
    "bidirectional": (
        described(STEPS),
        net("self.deep = nn.LSTM(6, 4, num_layers=3, bidirectional=True, batch_first=True)", "return self.deep(x)[0]"),
        stack("[7, 6]", *["layers.Bidirectional(layers.LSTM(4, return_sequences=True))"] * 3),
    ),
    "cells": (
        described(STEPS),
        net("self.deep = nn.GRU(6, 6, num_layers=2, batch_first=True)", "return self.deep(x)[0]"),
        stack("[7, 6]", "layers.RNN([layers.GRUCell(6), layers.GRUCell(6)], return_sequences=True)"),
    ),
    "over time": (described(STEPS), sequential("nn.Linear(6, 4)"), stack("[7, 6]", "layers.TimeDistributed(layers.Dense(4))")),
    "slopes": (
        described(IMAGES, SAME),
        sequential("nn.PReLU()", "nn.PReLU(3)"),
        stack(IMAGE, "layers.PReLU(shared_axes=[1, 2, 3])", "layers.PReLU(shared_axes=[1, 2])"),
    ),
    "parameters": (  # both in one module in torch, in two layers in Keras
        described(STEPS),
        net("self.scale, self.shift = nn.Parameter(torch.randn(6)), nn.Parameter(torch.randn(7, 6))", "return x * self.scale + self.shift"),
        graph(
            "[7, 6]",
            "y = Own('scale', [6], ops.multiply)(x)",
            "y = Own('shift', [7, 6], ops.add)(y)",
            before="""class Own(layers.Layer):
    def __init__(self, role, shape, compute):
        super().__init__()
        self.own, self.compute = self.add_weight(shape, name=role), compute
    def call(self, x):
        return self.compute(x, self.own)
""",
        ),
    ),
}
