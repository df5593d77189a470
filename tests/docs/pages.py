"""The pages of the documentation, and the commands that they tell their readers to give."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

PROJECT = Path(__file__).parents[2]
DOCS = PROJECT / "docs"
REFERENCE = DOCS / "reference"
PAGES = [*(PROJECT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")), *sorted(DOCS.rglob("*.md"))]
BLOCK = re.compile(r"^ *```(?P<language>\w*)[^\n]*\n(?P<body>.*?)^ *```$", re.MULTILINE | re.DOTALL)
SHELL = ("sh", "bash", "console")
INLINE = re.compile(r"`(?P<command>(?:tox run|pytest|python -m|git config|apt-get|pip install) [^`]+)`")
COMMENT = re.compile(r" {2,}#.*$")
GAP = "…"  # of a command that a sentence shortens


class Command(msgspec.Struct, frozen=True):
    page: str
    text: str  # in one line, without what the page says beside it

    def __str__(self) -> str:
        return f"{self.page}: {self.text}"


def name(page: Path) -> str:
    return page.relative_to(PROJECT).as_posix()


def commands() -> list[Command]:
    """Each once a page: those of its blocks of shell, and those inside its sentences."""
    told = [page for page in PAGES if page.parent != REFERENCE]  # that one repeats what the programs say of themselves
    return [Command(name(page), text) for page in told for text in dict.fromkeys(_commands(page.read_text(encoding="utf-8")))]


def without_blocks(text: str) -> str:
    return BLOCK.sub("", text)


def _commands(text: str) -> Iterator[str]:
    for block in BLOCK.finditer(text):
        if block["language"] in SHELL:
            for line in re.sub(r"\\\n\s*", "", block["body"]).splitlines():
                if command := COMMENT.sub("", line).strip():
                    yield command
    for inline in INLINE.finditer(without_blocks(text)):
        command = " ".join(inline["command"].split())
        if GAP not in command:
            yield command
