"""GitHub Markdown: tables, what is folded away, and text in which nothing is markup."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

from harness.record.text import one_line

_MARKUP = re.compile(r"[\\`*_\[\]()~#@!$|]")
_LINE = re.compile(r"^(?:[-+](?= |$)|-(?=[- ]*$)|=(?==*$)|\d+(?=[.)](?: |$)))")  # a list's point, a rule, a heading
_NO_BACKSLASH = {
    "|": "&#124;",  # a table's cells are told apart before escapes are read
    "@": "@\u200b",  # who is mentioned is told so from the text as it reads
    "#": "#\u200b",
}


def escaped(text: str) -> str:
    """Plain text in one line: no HTML, no markup, no table cell's end, no link, no mention of a person or another issue."""
    harmless = html.escape(one_line(text), quote=False)
    marked = _MARKUP.sub(lambda found: _NO_BACKSLASH.get(found[0], f"\\{found[0]}"), harmless)
    unlinked = re.sub(r"(?i)www\.", lambda found: f"{found[0][:-1]}&#46;", marked.replace("://", "&#58;//"))
    return _LINE.sub(_as_text, unlinked)


def code(text: str) -> str:
    """As code. Between backticks a cell's end cannot be escaped for all who read Markdown; in an element of HTML it can."""
    return f"<code>{escaped(text)}</code>"


def table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Of cells that are Markdown."""
    headings = list(columns)
    return "\n".join(map(table_row, (headings, ["---"] * len(headings), *rows)))


def table_row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def cell(markup: str) -> str:
    """Markdown of ours, in which a name may have a cell's end or a line's."""
    return one_line(markup).replace("|", r"\|")


def folded(title: str, body: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>"


def _as_text(found: re.Match[str]) -> str:
    return f"&#{ord(found[0])};" if not found[0].isdigit() else f"{found[0][:-1]}&#{ord(found[0][-1])};"
