"""What is said where the layers of two networks do not pair: a table of both, what may be the matter, and what to write."""

from __future__ import annotations

from collections.abc import Sequence

from fixtures.models.layers import Layer
from harness.frameworks.tensorflow.port.hints import hints
from harness.frameworks.tensorflow.port.naming import Pairs, fitted
from harness.frameworks.tensorflow.port.unit import Unit

AROUND = 1  # neighbours of an unpaired layer that are shown
MOST_ROWS = 24
ALONE = "✗"


def refusal(units: Sequence[Unit], layers: Sequence[Layer], pairs: Pairs) -> str:
    """Begins with what is left over."""
    paired = {layer.name for layer in pairs.values()}
    left_units = [unit for place, unit in enumerate(units) if place not in pairs]
    left_layers = [layer for layer in layers if layer.name not in paired]
    theirs = f"{len(left_layers)} of PyTorch's {len(layers)} layers with weights"
    lines = [
        f"the layers do not pair: {theirs} and {len(left_units)} of Keras' {len(units)} have no partner ({ALONE})",
        *_table(units, layers, pairs),
        *hints(left_units, left_layers),
    ]
    line = next((f'"{layer.name}" = "{unit.path}"' for unit in left_units for layer in left_layers if fitted(unit, layer)), None)
    if line is not None:
        return "\n".join([*lines, "If these two are the same layer, say so in model.toml, and of others alike:", "[names]", line])
    if left_units and left_layers:
        lines.append("No two of these have tensors of the same shapes: make the two networks alike")
    else:
        side, other = ("Keras'", "PyTorch's") if left_units else ("PyTorch's", "Keras'")
        lines.append(f"{side} network has layers that {other} has not: take them out, or build them there, too")
    return "\n".join(lines)


def _table(units: Sequence[Unit], layers: Sequence[Layer], pairs: Pairs) -> list[str]:
    """The rows without a partner and their neighbours: PyTorch's in their order, then what Keras has beyond them."""
    partners = {layer.name: units[place] for place, layer in pairs.items()}
    rows = [(_told(layer), _told_unit(partners.get(layer.name))) for layer in layers]
    rows += [(ALONE, _told_unit(unit)) for place, unit in enumerate(units) if place not in pairs]
    alone = [place for place, row in enumerate(rows) if ALONE in row]
    near = sorted({each for place in alone for each in range(place - AROUND, place + AROUND + 1) if 0 <= each < len(rows)})
    shown = near if len(near) <= MOST_ROWS else _ends(near)
    width = max((len(rows[place][0]) for place in shown), default=0)
    lines = [f"  {'PyTorch':<{width}} | Keras"]
    for before, place in zip([-1, *shown], shown, strict=False):
        if place > before + 1:
            lines.append("  …")
        lines.append(f"  {rows[place][0]:<{width}} | {rows[place][1]}")
    return [*lines, "  …"] if shown and shown[-1] + 1 < len(rows) else lines


def _ends(places: Sequence[int]) -> list[int]:
    """The first and the last ones: Keras' own are at the end."""
    return [*places[: MOST_ROWS // 2], *places[-MOST_ROWS // 2 :]]


def _told(layer: Layer) -> str:
    return f"{layer.name or '(the network itself)'}: {' '.join(layer.signature)}"


def _told_unit(unit: Unit | None) -> str:
    return ALONE if unit is None else f"{unit.path or '(the network itself)'}: {' '.join(unit.signature)}"
