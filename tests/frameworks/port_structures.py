"""Networks whose layers are hard to tell apart, and such as do not pair, in both frameworks. Needs no framework."""

from __future__ import annotations

from tests.frameworks.port_models import IMAGE, KERAS, SAME, STEPS, Files, described, graph, stack
from tests.frameworks.small_models import IMAGES, net, rows, sequential

ROW = rows(6)
TWO = "[inputs.left]\nshape = [6]\n[inputs.right]\nshape = [6]\n"
ORDERED = net(
    "self.first, self.second = nn.Linear(6, 6), nn.Linear(6, 6); self.last = nn.Linear(6, 6)",
    "a = self.first(x); b = self.second(x.exp()); return self.last(a - b)",
)
CROSSING = graph(
    "[6]", "b = layers.Dense(6)(ops.exp(x))", "a = layers.Dense(6)(x)", "y = layers.Dense(6)(a - b)"
)  # the second branch comes first
SAME_INPUT = net(
    "self.first, self.second = nn.Linear(6, 6), nn.Linear(6, 6)", "return self.first(x) - 2 * self.second(x)"
)  # only the order, or a name, can tell
NAMED_THE_OTHER_WAY = graph("[6]", "b = layers.Dense(6, name='right')(x)", "a = layers.Dense(6, name='left')(x)", "y = a - 2 * b")
NAMES = '\n[names]\n"first" = "left"\n"second" = "right"\n'
BRANCHES = net(
    "self.a = nn.Sequential(nn.Conv2d(3, 3, 3, groups=3, bias=False), nn.Conv2d(3, 5, 1));"
    "self.b = nn.Sequential(nn.Conv2d(3, 3, 3, groups=3, bias=False), nn.Conv2d(3, 5, 1))",
    "return self.a(x) - self.b(x.exp())",
    given="x",
)
BLOCKS = net(
    "self.blocks = nn.ModuleList(nn.ModuleDict({'one': nn.Linear(6, 6), 'two': nn.Linear(6, 6)}) for _ in range(3))",
    "x = sum(each['one'](x) - 2 * each['two'](x) for each in self.blocks); return x",
)
KERAS_BLOCKS = graph(
    "[6]",
    "y = 0",
    "for n in range(3):",
    "    y = layers.Dense(6, name=f'pair{n}_b')(x) * -2 + layers.Dense(6, name=f'pair{n}_a')(x) + y",
)
SUBCLASSED = f"""{KERAS}class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.later, self.hidden = layers.Dense(6), [layers.Dense(6, name=f"hidden_{{n}}") for n in range(2)]
        self.norm = layers.LayerNormalization(epsilon=1e-5)
    def build(self, shape):
        self.scale = self.add_weight([6], name="scale")
    def call(self, x):
        for each in self.hidden:
            x = ops.tanh(each(x))
        return self.later(self.norm(x) * self.scale)
def network(options):
    return Net()
"""

STRUCTURES: dict[str, Files] = {
    "crossing branches": (described(ROW), ORDERED, CROSSING),
    "separable branches": (
        described(IMAGES, SAME),
        BRANCHES,
        graph(
            IMAGE,
            "b = layers.SeparableConv2D(5, 3)(ops.exp(x))",
            "a = layers.SeparableConv2D(5, 3)(x)",
            "y = a - b",
        ),
    ),
    "names said": (described(ROW, NAMES), SAME_INPUT, NAMED_THE_OTHER_WAY),
    "pattern": (
        described(ROW, '\n[names]\n"blocks.*.one" = "pair*_a"\n"blocks.*.two" = "pair*_b"\n'),
        BLOCKS,
        KERAS_BLOCKS,
    ),
    "named alike": (
        described(ROW),
        SAME_INPUT,
        NAMED_THE_OTHER_WAY.replace("'right'", "'second'").replace("'left'", "'first'"),
    ),
    "named by keras": (  # whose first is called dense_1, as torch's second is
        described(ROW),
        net("self.dense, self.dense_1 = nn.Linear(6, 6), nn.Linear(6, 6)", "return self.dense_1(x) - 2 * self.dense(x)"),
        graph("[6]", "a = layers.Dense(6)(x)", "b = layers.Dense(6)(x)", "y = a - 2 * b"),
    ),
    "nested": (
        described(ROW),
        net(
            "self.body = nn.Sequential(nn.Linear(6, 6), nn.Tanh(), nn.Linear(6, 6)); self.head = nn.Linear(6, 3)",
            "return self.head(self.body(self.body(x)))",
        ),
        graph(
            "[6]",
            "inner = keras.Input([6])",
            "middle = keras.Sequential([layers.Dense(6, activation='tanh')])",
            "body = keras.Model(inner, layers.Dense(6)(middle(inner)))",
            "y = layers.Dense(3)(body(body(x)))",
        ),
    ),
    "subclassed": (
        described(ROW),
        net(
            "self.one, self.two, self.three = nn.Linear(6, 6), nn.Linear(6, 6), nn.Linear(6, 6); self.norm = nn.LayerNorm(6);"
            "self.scale = nn.Parameter(torch.rand(6))",
            "x = self.norm(self.two(self.one(x).tanh()).tanh()); return self.three(x * self.scale)",
        ),
        SUBCLASSED,
    ),
    "sequential without input": (
        described(ROW),
        sequential("nn.Linear(6, 4)", "nn.BatchNorm1d(4)", "nn.Linear(4, 3)"),
        f"{KERAS}def network(options):\n"
        "    return keras.Sequential([layers.Dense(4), layers.BatchNormalization(epsilon=1e-5), layers.Dense(3)])\n",
    ),
    "two inputs and outputs": (
        described(TWO),
        net(
            "self.l, self.r = nn.Linear(6, 4), nn.Linear(6, 4)",
            "a, b = self.l(left), self.r(right); return {'sum': a + b, 'difference': a - b, 'ab': a * b}",
            given="left, right",
        ),
        f"{KERAS}def network(options):\n"
        "    right, left = keras.Input([6], name='right'), keras.Input([6], name='left')\n"
        "    b, a = layers.Dense(4)(right), layers.Dense(4)(left)\n"
        "    return keras.Model([right, left], {'sum': a + b, 'difference': a - b, 'ab': a * b})\n",
    ),
}

PLAIN = sequential("nn.Linear(6, 4)", "nn.Linear(4, 3)")
REFUSED: dict[str, Files] = {
    "bias": (described(ROW), PLAIN, stack("[6]", "layers.Dense(4, use_bias=False)", "layers.Dense(3)")),
    "left over": (described(ROW), PLAIN, stack("[6]", "layers.Dense(4)", "layers.Dense(4)", "layers.Dense(3)")),
    "missing": (described(ROW), PLAIN, stack("[6]", "layers.Dense(3)")),
    "shape": (described(ROW), PLAIN, stack("[6]", "layers.Dense(5)", "layers.Dense(3)")),
    "pieces": (
        described(ROW),
        net("self.a, self.b = nn.Linear(6, 4), nn.Linear(6, 5)", "return torch.cat([self.a(x), self.b(x)], 1)"),
        stack("[6]", "layers.Dense(9)"),
    ),
    "parameter": (
        described(ROW),
        net("self.gamma = nn.Parameter(torch.rand(6))", "return x * self.gamma"),
        graph(
            "[6]",
            "y = Scale()(x)",
            before="class Scale(layers.Layer):\n    def build(self, shape):\n        self.g = self.add_weight([6])\n"
            "    def call(self, x):\n        return x * self.g\n",
        ),
    ),
    "reset after": (
        described(STEPS),
        net("self.gru = nn.GRU(6, 4, batch_first=True)", "return self.gru(x)[0]"),
        stack("[7, 6]", "layers.GRU(4, return_sequences=True, reset_after=False)"),
    ),
    "no such name": (described(ROW, '\n[names]\n"2" = "left"\n'), PLAIN, stack("[6]", "layers.Dense(4)", "layers.Dense(3)")),
    "no such path": (
        described(ROW, '\n[names]\n"0" = "hiden"\n'),
        PLAIN,
        stack("[6]", "layers.Dense(4, name='hidden')", "layers.Dense(3)"),
    ),
    "not the same": (
        described(ROW, '\n[names]\n"0" = "last"\n'),
        PLAIN,
        stack("[6]", "layers.Dense(4)", "layers.Dense(3, name='last')"),
    ),
}
FAULTY: dict[str, Files] = {
    "no model": (described(ROW), PLAIN, f"{KERAS}def network(options):\n    return layers.Dense(3)\n"),
    "no weights": (
        described(ROW),
        PLAIN,
        f"{KERAS}class Net(keras.Model):\n    def call(self, x):\n        return x\ndef network(options):\n    return Net()\n",
    ),
    "not callable": (
        described(ROW),
        PLAIN,
        f"{KERAS}class Net(keras.Model):\n    def call(self, x):\n        return x.nothing\ndef network(options):\n    return Net()\n",
    ),
    "inputs": (
        described(TWO),
        net("self.l = nn.Linear(6, 4)", "return self.l(left) + self.l(right)", given="left, right"),
        f"{KERAS}def network(options):\n"
        "    a, b = keras.Input([6], name='left'), keras.Input([6], name='write')\n"
        "    dense = layers.Dense(4)\n    return keras.Model([a, b], dense(a) + dense(b))\n",
    ),
}
DENSENET: Files = (
    'title = "DenseNet"\nitem = "image"\nloss = "cross_entropy"\n[inputs.image]\nshape = [64, 64, 3]\nchannels_last = true\n'
    '[targets.label]\nshape = []\ndtype = "int64"\nbelow = 1000\n',
    "from torchvision.models import densenet121\n\n\ndef network(options):\n    return densenet121()\n",
    "import keras\n\n\ndef network(options):\n    return keras.applications.DenseNet121(\n"
    "        weights=None, input_shape=(64, 64, 3), classifier_activation=None, classes=options.classes\n    )\n",
)
TRAINED: Files = (  # what a user's network may have at once: norms, dropout, attention, an LSTM whose second bias rests
    described("[inputs.x]\nshape = [8, 6]\nchannels_last = true\n", 'trained = ["head.", "norm."]\n'),
    net(
        "self.conv = nn.Conv1d(6, 8, 3, padding=1); self.bn = nn.BatchNorm1d(8); self.attention = nn.MultiheadAttention(8, 2, dropout=0.5, "
        "batch_first=True); self.norm = nn.LayerNorm(8); self.lstm = nn.LSTM(8, 6, batch_first=True); self.drop = nn.Dropout(0.5);"
        "self.head = nn.Sequential(nn.Linear(6, 5), nn.Dropout(0.5), nn.Linear(5, 3));"
        "self.lstm.bias_hh_l0.requires_grad_(False)",
        "x = self.bn(self.conv(x)).transpose(1, 2); x = self.norm(x + self.attention(x, x, x)[0]);"
        "return self.head(self.drop(self.lstm(x)[0][:, -1]))",
    ),
    graph(
        "[8, 6]",
        "y = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(layers.Conv1D(8, 3, padding='same')(x))",
        "y = layers.LayerNormalization(epsilon=1e-5)(y + layers.MultiHeadAttention(2, 4, dropout=0.5)(y, y))",
        "y = layers.Dropout(0.5)(layers.LSTM(6, dropout=0.5)(y))",
        "y = layers.Dense(3)(layers.Dropout(0.5)(layers.Dense(5)(y)))",
    ),
)
LSTM_OF_TWO: Files = (
    described('[inputs.series]\nshape = [7, 6]\n[inputs.mask]\nshape = [7]\ndtype = "bool"\n'),
    net(
        "self.lstm, self.head = nn.LSTM(6, 4, batch_first=True), nn.Linear(4, 3)",
        "x = self.head(self.lstm(series)[0]) * mask.unsqueeze(2); return x[:, -1] * 2, x",
        given="series, mask",
    ).replace("x[:, -1] * 2, x", "{'sum': x.sum(1), 'all': x}"),
    f"{KERAS}def network(options):\n"
    "    series, mask = keras.Input([7, 6], name='series'), keras.Input([7], name='mask', dtype='bool')\n"
    "    x = layers.Dense(3)(layers.LSTM(4, return_sequences=True)(series))\n"
    "    x = layers.Multiply()([x, ops.cast(ops.expand_dims(mask, 2), x.dtype)])\n"
    "    return keras.Model([series, mask], {'sum': ops.sum(x, 1), 'all': x})\n",
)
