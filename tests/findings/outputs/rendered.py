"""Markdown as a renderer reads it, which comes with rich, and the page that it makes."""

from __future__ import annotations

from html.parser import HTMLParser

from markdown_it import MarkdownIt

OF_OURS = "\u200b"  # what keeps a name from being mentioned
RENDERER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


class Elements(HTMLParser):
    """What the rendered page is made of: its elements, their attributes, and its text by cell."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: list[str] = []
        self.cells: list[str] = []
        self.comments: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes += [name for name, _ in attrs]
        if tag in ("td", "p", "li", "th"):
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        if self.cells:
            self.cells[-1] += data

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)
