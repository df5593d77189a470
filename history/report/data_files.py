"""The site's data: each piece as JSON, for machines, and as a script, for the pages.

A page that is opened from a folder may not fetch a file beside it, but it may load a script. The script holds the JSON as text, so that
nothing a file says is ever read as code; what would do something where it is shown stands in it as an escape.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from history.report.cache import FORMAT
from history.report.page_text import shown_json

MARK = "report.json"  # by which a folder is known to be a site of ours

_ENCODER = msgspec.json.Encoder()


class DataFiles:
    """Everything is written; what an earlier build left and this one did not write is removed at the end."""

    def __init__(self, site: Path) -> None:
        self._folder = site / "data"
        self._written: set[Path] = set()
        mark = msgspec.json.encode({"format": FORMAT})
        self._same_format = self.path(MARK).is_file() and self.path(MARK).read_bytes() == mark
        self.write_bytes(MARK, mark)  # first: a build that is stopped may be repeated

    def write(self, name: str, content: Any) -> None:
        text = _ENCODER.encode(content)
        self.write_bytes(f"{name}.json", text)
        self.write_bytes(f"{name}.js", b"data.arrive(%s, %s);\n" % (_ENCODER.encode(name), _ENCODER.encode(shown_json(text.decode()))))

    def write_bytes(self, name: str, content: bytes) -> None:
        path = self.path(name)
        if not (path.exists() and path.stat().st_size == len(content) and path.read_bytes() == content):  # most nights do not change
            path.write_bytes(content)

    def keep(self, name: str) -> bool:
        """Whether an earlier build wrote it: for what never changes once it is there."""
        paths = [self.path(f"{name}.{ending}") for ending in ("json", "js")]
        return self._same_format and all(path.is_file() for path in paths)

    def path(self, name: str) -> Path:
        """Of a file that the caller writes itself."""
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        self._written.add(path)
        return path

    def remove_others(self) -> None:
        for path in self._folder.rglob("*"):
            if path.is_file() and path not in self._written:
                path.unlink()
