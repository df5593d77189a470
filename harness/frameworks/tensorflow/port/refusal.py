"""What is said where the layers of two networks do not pair: a table of both, and the line that says which is which."""

from __future__ import annotations

from collections.abc import Sequence

from fixtures.models.layers import Layer
from harness.frameworks.tensorflow.port.pairing import Pairs
from harness.frameworks.tensorflow.port.units import Unit

AROUND = 1  # neighbours of an unpaired layer that are shown
MOST_ROWS = 24
ALONE = "✗"


def refusal(units: Sequence[Unit], layers: Sequence[Layer], pairs: Pairs) -> str:
    """Begins with what is left over."""
    left_units = [unit for place, unit in enumerate(units) if place not in pairs]
    left_layers = [layer for place, layer in enumerate(layers) if place not in pairs.values()]
    counts = (
        f"{len(left_layers)} of PyTorch's {len(layers)} layers with weights and {len(left_units)} of Keras' {len(units)} have no partner"
    )
    lines = [f"the layers do not pair: {counts}", *_table(units, layers, pairs), *_hints(left_units, left_layers)]
    if left_units and left_layers:
        lines.append("If two of them are the same, say so in model.toml:")
        lines += ["[names]", f'"{left_layers[0].name}" = "{left_units[0].path}"']
    return "\n".join(lines)


def _table(units: Sequence[Unit], layers: Sequence[Layer], pairs: Pairs) -> list[str]:
    rows = [(_told(layer), _partner(place, units, pairs)) for place, layer in enumerate(layers)]
    rows += [(ALONE, _told_unit(unit)) for place, unit in enumerate(units) if place not in pairs]
    alone = [place for place, row in enumerate(rows) if ALONE in row]
    shown = sorted({near for place in alone for near in range(place - AROUND, place + AROUND + 1) if 0 <= near < len(rows)})[:MOST_ROWS]
    width = max((len(rows[place][0]) for place in shown), default=0)
    lines = [f"  {'PyTorch':<{width}} | Keras"]
    before = -1
    for place in shown:
        if place > before + 1:
            lines.append("  …")
        lines.append(f"  {rows[place][0]:<{width}} | {rows[place][1]}")
        before = place
    return [*lines, "  …"] if before + 1 < len(rows) else lines


def _partner(place: int, units: Sequence[Unit], pairs: Pairs) -> str:
    return next((_told_unit(units[unit]) for unit, layer in pairs.items() if layer == place), ALONE)


def _told(layer: Layer) -> str:
    return f"{layer.name or '(the network itself)'}: {' '.join(layer.signature)}"


def _told_unit(unit: Unit) -> str:
    return f"{unit.path or '(the network itself)'}: {' '.join(unit.signature)}"


def _hints(units: Sequence[Unit], layers: Sequence[Layer]) -> list[str]:
    """Where a bias alone differs."""
    found = []
    for unit in units:
        for layer in layers:
            ours, theirs = set(unit.signature), set(layer.signature)
            differing = {part.partition("[")[0] for part in ours ^ theirs}
            if unit.kind == layer.kind and differing == {"bias"} and len(ours) != len(theirs):
                mend = (
                    "use_bias=False in tensorflow.py, or bias=True in pytorch.py"
                    if len(ours) > len(theirs)
                    else "use_bias=True in tensorflow.py, or bias=False in pytorch.py"
                )
                found.append(f"{unit.path} and {layer.name} differ by a bias alone: write {mend}")
                break
    return found[:3]
