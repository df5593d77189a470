"""HTML and SVG as text, in which whatever comes from outside is escaped, and does nothing."""

from __future__ import annotations

from html import escape

from harness.record.text import visible

VOID = frozenset({"meta", "br"})


class Markup(str):
    """Text that is markup already."""

    __slots__ = ()


def element(name: str, /, *children: str, **attributes: str | int | float) -> Markup:
    """Children that are no Markup are text. An attribute's name is written with _ for - and may end with one: `class_`, `aria_label`."""
    held = "".join(f' {key.rstrip("_").replace("_", "-")}="{escape(visible(_plain(value)))}"' for key, value in attributes.items())
    inside = joined(*children)
    return Markup(f"<{name}{held}>" if name in VOID else f"<{name}{held}>{inside}</{name}>")


def joined(*children: str) -> Markup:
    return Markup("".join(each if isinstance(each, Markup) else escape(visible(each)) for each in children))


def _plain(value: str | float) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
