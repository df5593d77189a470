"""What a table or a sentence reads like in a log, or on a terminal of so many columns."""

from __future__ import annotations

import io
from collections.abc import Iterable

from harness.findings.outputs.sheet import Sheet
from harness.findings.outputs.terminal import Terminal
from harness.record.measurement import Measurement
from harness.session.terminal.summary import contents


def printed(each: Sheet | str, columns: int | None = None) -> str:
    file = io.StringIO()
    terminal = Terminal(file, columns)
    if isinstance(each, str):
        terminal.line(each)
    else:
        terminal.table(each)
    return file.getvalue()


def side_by_side(measurements: Iterable[Measurement], columns: int | None = None) -> str:
    return "".join(printed(each, columns) for each in contents(list(measurements)))


def row(text: str, beginning: str) -> list[str]:
    """The cells of the first line that begins so, told apart by the room between them."""
    line = next(each for each in text.splitlines() if each.strip().startswith(beginning))
    return [cell.strip() for cell in line.split("   ") if cell.strip()]
