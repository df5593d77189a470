"""A terminal or a log. A log's lines are as long as they need; a table that a terminal has no room for becomes a block of lines a row."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from typing import IO, Any

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.measure import Measurement
from rich.padding import Padding
from rich.style import StyleType
from rich.table import Table
from rich.text import Text

from harness.findings.outputs.sheet import Sheet
from harness.record.text import visible

LOG_COLUMNS = 100_000
LINES = 25  # rich asks the terminal for both sizes where one is not given, and knows one that is called dumb to have 80 columns
RESET = "\x1b[0m"
_FILLING = re.compile(r"(?: |\x1b\[[\d;]*m)+$")  # with the colours in it
LEAST_COLUMNS = 40  # of a column that may take several lines


class Terminal:
    def __init__(self, file: IO[str], columns: int | None, is_coloured: bool | None = None) -> None:
        """columns: None for a log. is_coloured: None leaves it to what the file is and to the environment."""
        self._columns = columns
        self._console = _TextConsole(
            file=file, width=columns or LOG_COLUMNS, height=LINES, force_terminal=is_coloured, highlight=False, legacy_windows=False
        )

    @classmethod
    def of(cls, file: IO[str]) -> Terminal:
        """COLUMNS is asked of a terminal alone: a log has no width, whatever the environment says."""
        return cls(file, shutil.get_terminal_size().columns if file.isatty() else None)

    def line(self, text: str, style: str = "") -> None:
        """One that is longer than the terminal is goes on in its next line."""
        self._console.print(text, style=style, soft_wrap=True)

    def table(self, sheet: Sheet) -> None:
        wide = self._natural_columns(sheet)
        if self._columns is None or wide <= self._columns:
            self._print(sheet, width=wide)
        elif wide - self._spare_columns(sheet) <= self._columns:
            self._print(sheet)
        else:
            self._blocks(sheet)

    def _natural_columns(self, sheet: Sheet) -> int:
        options = self._console.options.update(width=LOG_COLUMNS, max_width=LOG_COLUMNS)
        return Measurement.get(self._console, options, sheet).maximum

    def _spare_columns(self, sheet: Sheet) -> int:
        """What the columns can do without that may take several lines."""
        wrapped = (column for column in sheet.columns if not column.no_wrap)
        widths = (max(cell_len(_text(each)) for each in (column.header, *column.cells)) for column in wrapped)
        return sum(max(0, width - LEAST_COLUMNS) for width in widths)

    def _blocks(self, sheet: Sheet) -> None:
        """Each row's cells one below the other, by their columns' names. One whose first cell is empty goes on with the block above."""
        assert self._columns is not None
        grid = Table.grid(padding=(0, 1))
        grid.add_column(overflow="fold", max_width=self._columns // 2)
        grid.add_column(overflow="fold")
        for place, (style, cells) in enumerate(_rows(sheet)):
            (_, first), *_others = cells
            if first and place:
                grid.add_row("", "")
            for column, (name, cell) in enumerate(cells):
                if cell:
                    grid.add_row(f"{'  ' if column else ''}{name}:", cell, style=style)
        self._print(_text(sheet.title), style="bold")
        self._print(Padding(grid, (1, 0, 1, 1)))

    def _print(self, content: RenderableType, **options: Any) -> None:
        """Without the blanks that rich fills lines with: a log's reader would break them, and show empty lines."""
        with self._console.capture() as captured:
            self._console.print(content, **options)
        self._console.file.write("".join(_filled_less(line) for line in captured.get().splitlines(keepends=True)))
        self._console.file.flush()


def _rows(sheet: Sheet) -> Iterator[tuple[StyleType | None, list[tuple[str, str]]]]:
    """Of each its style, and its cells with the names of their columns, one of which may be there twice."""
    names = [_text(column.header) for column in sheet.columns]
    for row, cells in zip(sheet.rows, zip(*(column.cells for column in sheet.columns), strict=True), strict=True):
        yield row.style, list(zip(names, map(_text, cells), strict=True))


def _filled_less(line: str) -> str:
    ended = line.rstrip("\n")
    found = _FILLING.sub(lambda filling: RESET if "\x1b" in filling[0] else "", ended)
    return found + line[len(ended) :]


def _text(content: object) -> str:
    return visible(str(content or "")).strip()


class _TextConsole(Console):
    """To which all text is text: rich would take `[red]` for a colour and `:boom:` for a picture, and hand an escape sequence on."""

    def render_str(self, text: str, **options: Any) -> Text:
        """What the file's encoding has no character for is written as an escape."""
        shown = visible(text).encode(self.encoding, "backslashreplace").decode(self.encoding)
        return Text(shown, **{name: options[name] for name in ("style", "justify", "overflow") if options.get(name) is not None})
