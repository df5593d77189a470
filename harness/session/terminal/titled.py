"""What all tables of the side by side have in common."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.table import Table


def titled(title: str) -> Table:
    return Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False)
