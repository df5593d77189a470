"""What a table or a sentence reads like on a wide terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

from harness.record.measurement import Measurement
from harness.session.terminal.summary import TABLE_WIDTH, contents


def printed(each: Table | str) -> str:
    console = Console(width=TABLE_WIDTH, highlight=False)
    with console.capture() as captured:
        console.print(each, soft_wrap=isinstance(each, str))
    return captured.get()


def side_by_side(measurements: Iterable[Measurement]) -> str:
    return "".join(printed(each) for each in contents(list(measurements)))


def row(text: str, beginning: str) -> list[str]:
    """The cells of the first line that begins so, told apart by the room between them."""
    line = next(each for each in text.splitlines() if each.strip().startswith(beginning))
    return [cell.strip() for cell in line.split("   ") if cell.strip()]
