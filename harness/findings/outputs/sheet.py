"""A table for a terminal or a log. A cell is one line, and no longer than people read."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.console import RenderableType
from rich.style import StyleType
from rich.table import Table

from harness.record.text import clipped

LONGEST = 240  # characters of a cell: the longest of our own are the habits of several frameworks


class Sheet(Table):
    def __init__(self, title: str) -> None:
        super().__init__(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False)

    def add_row(self, *renderables: RenderableType | None, style: StyleType | None = None, end_section: bool = False) -> None:
        cells = (clipped(each, LONGEST) if isinstance(each, str) else each for each in renderables)
        super().add_row(*cells, style=style, end_section=end_section)
