"""Markdown of a reference page: a note on how it is made, and tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

MADE = "<!-- Made from the code by `python -m tests.docs.reference`: change the code, not this page. -->"


def page(title: str, *parts: str) -> str:
    return "\n\n".join((MADE, f"# {title}", *parts)) + "\n"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *([cell(each) for each in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def cell(text: str) -> str:
    """A bar would end the cell, and a line the row."""
    return " ".join(text.replace("|", "\\|").split())


def code(text: str) -> str:
    return f"`{text}`" if text else ""
