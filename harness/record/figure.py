"""A figure: a number that is measured, its title, its unit, and how many of its digits are shown."""

from __future__ import annotations

from enum import StrEnum

import msgspec

MIB = 2**20
NOTHING = "–"
_VOWELS = frozenset("aeiou")
SINGLE, BATCH = "single", "batch"


class Unit(StrEnum):
    """Of the number, which is always in base units, and of what is written of it."""

    SECONDS = "seconds"  # written as s, ms, µs or ns
    MILLISECONDS = "milliseconds"  # the number is in seconds; the title says that these are milliseconds
    BYTES = "bytes"  # written as MiB
    BANDWIDTH = "bandwidth"  # bytes a second, written as MiB/s
    SHARE = "share"  # written as per cent
    RATE = "rate"  # a second
    COUNT = "count"
    JOULES = "joules"
    TRUTH = "truth"  # 0 or 1
    NUMBER = "number"


class Figure(msgspec.Struct, frozen=True):
    """`{item}`, `{items}` and `{an_item}` in name and title stand for the word for what the measured model's batches are made of."""

    name: str  # among the figures of a measurement; its unit is in it
    title: str
    unit: Unit
    digits: int | None = None  # after the point for bytes, shares and milliseconds, else significant ones; None: as the unit has it
    absent: str | None = None  # what is shown where the measurement does not have it; None: no row
    batch: str = ""  # "single": where a batch is a single item; "batch": where it is more; "": everywhere

    def of(self, item: str) -> Figure:
        """With the word of the measured model."""
        return msgspec.structs.replace(self, name=worded(self.name, item), title=worded(self.title, item))

    def written(self, number: float | None) -> str:
        return NOTHING if number is None else written(self.unit, number, self.digits)


class Together(msgspec.Struct, frozen=True):
    """Figures of one unit that are read side by side, in one row."""

    title: str
    figures: tuple[Figure, ...]


def worded(text: str, item: str) -> str:
    """The text with the word of the measured model for `{item}`, `{items}` and `{an_item}`."""
    return text.format(item=item, items=f"{item}s", an_item=f"{'an' if item[:1].lower() in _VOWELS else 'a'} {item}")


def written(unit: Unit, number: float, digits: int | None = None) -> str:
    """As people read it. Three significant digits where nothing else is said: what the intervals justify."""
    match unit:
        case Unit.SECONDS:
            return seconds(number)
        case Unit.MILLISECONDS:
            return f"{1e3 * number:.{2 if digits is None else digits}f}"
        case Unit.BYTES:
            return size(number, digits)
        case Unit.BANDWIDTH:
            return f"{size(number, digits)}/s"
        case Unit.SHARE:
            return f"{number:.{1 if digits is None else digits}%}"
        case Unit.RATE:
            return f"{number:.3g}" if number < 999.5 else f"{number:,.0f}"
        case Unit.COUNT:
            return f"{number:,.0f}"
        case Unit.JOULES:
            return f"{number:.3g} J"
        case Unit.TRUTH:
            return "yes" if number else "no"
        case Unit.NUMBER:
            return f"{number:.{3 if digits is None else digits}g}" if abs(number) < 999.5 else f"{number:,.0f}"


def seconds(number: float) -> str:
    for unit, factor in (("s", 1.0), ("ms", 1e3), ("µs", 1e6)):
        if number * factor >= 1:
            return f"{number * factor:.3g} {unit}" if number * factor < 999.5 else f"{number * factor:.0f} {unit}"
    if number < 0:  # a difference
        return f"-{seconds(-number)}"
    return f"{number * 1e9:.3g} ns" if number else "0 s"


def size(number: float, digits: int | None = None) -> str:
    if digits is None:
        digits = 0 if abs(number) >= 10 * MIB or number == 0 else 2
    return f"{number / MIB:,.{digits}f} MiB"
