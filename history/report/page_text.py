"""Text in the site's pages: what comes from files is shown as it is, and does nothing. Jinja escapes it; a script sets it as text."""

from __future__ import annotations

import json
import re

from markupsafe import Markup

from harness.record.text import is_cut, shortened, visible, visible_lines

LONGEST = 160  # characters of a table's cell that is not opened
_ESCAPE_OR_CHARACTER = re.compile(r"\\(?:u[0-9a-fA-F]{4}|.)|[^ -~]")


def shown(value: object) -> object:
    """Of a template's expression, before it is escaped. Markup is of a template's own."""
    return visible_lines(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def in_short(text: str) -> str:
    """In one line; "" where it is one already, and not long."""
    return shortened(text, LONGEST) if is_cut(text, LONGEST) or len(text.strip().splitlines()) > 1 else ""


def shown_json(text: str) -> str:
    """JSON whose names and texts a script can show: the escapes in it, and what needs none in JSON, as `shown` has them."""
    return _ESCAPE_OR_CHARACTER.sub(lambda found: _shown_character(found[0]), text)


def _shown_character(written: str) -> str:
    character = json.loads(f'"{written}"') if written.startswith("\\") else written
    said = character if character in "\n\t" else visible(character)
    return written if said == character else json.dumps(said)[1:-1]
