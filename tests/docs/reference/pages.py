"""The pages, by the name of their file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.docs.reference import fields, ids, options

FOLDER = Path(__file__).parents[3] / "docs" / "reference"
PAGES: dict[str, Callable[[], str]] = {"options.md": options.markdown, "ids.md": ids.markdown, "json.md": fields.markdown}
