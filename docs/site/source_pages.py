"""Links of the documentation to code lead to a page of the site that shows the file: on the site as on a code host.

A page links to `../harness/…` as it lies in the repository. mkdocs knows nothing outside its folder: each file that is linked to is
added to the site as a page of its own, and the link is turned to it.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

FOLDER = "source"
LINK = re.compile(r"\]\((?P<target>\.\./[^)#\s]+)")
LANGUAGES = {".py": "python", ".toml": "toml", ".json": "json", ".yml": "yaml", ".ini": "ini", ".md": "markdown"}


def outside(page: str, target: str) -> str | None:
    """Where a link leads to from the repository's top; None where that is inside the documentation."""
    path = posixpath.normpath(posixpath.join("docs", posixpath.dirname(page), target))
    return None if path.startswith("docs/") else path


def on_files(files: Files, config: MkDocsConfig) -> Files:
    top = Path(config.docs_dir).parent
    for page in list(files.documentation_pages()):
        for link in LINK.finditer(page.content_string):
            path = outside(page.src_uri, link["target"])
            if path and (top / path).is_file() and files.get_file_from_path(page_of(path)) is None:
                files.append(File.generated(config, page_of(path), content=shown(path, (top / path).read_text(encoding="utf-8"))))
    return files


def on_page_markdown(markdown: str, page: Page, files: Files, **_: object) -> str:
    def turned(link: re.Match[str]) -> str:
        path = outside(page.file.src_uri, link["target"])
        if path is None or files.get_file_from_path(page_of(path)) is None:
            return link[0]  # a folder or a file that is not there: mkdocs says so
        return f"]({posixpath.relpath(page_of(path), posixpath.dirname(page.file.src_uri))}"

    return LINK.sub(turned, markdown)


def page_of(path: str) -> str:
    return f"{FOLDER}/{path.lstrip('.')}.md"


def shown(path: str, text: str) -> str:
    """As a page that the search leaves out. The fence is longer than any in the file."""
    fence = "`" * (max((len(each) for each in re.findall(r"`{3,}", text)), default=3) + 1)
    return f"---\nsearch:\n  exclude: true\n---\n# `{path}`\n\n{fence}{LANGUAGES.get(Path(path).suffix, 'text')}\n{text}\n{fence}\n"
