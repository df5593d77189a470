"""The site: built without a warning, with a search, links to code as pages."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import PROJECT
from tests.history.report.browser import launched


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where `tox run -m docs` would have it."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=PROJECT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stderr
    return folder


def test_every_page_is_there(site: Path) -> None:
    for page in (PROJECT / "docs").rglob("*.md"):
        shown = page.with_name("index.md") if page.name == "README.md" else page  # as mkdocs has it
        assert (site / shown.relative_to(PROJECT / "docs").with_suffix(".html")).is_file()


def test_a_link_to_code_leads_to_a_page_of_it(site: Path) -> None:
    assert 'href="source/harness/session/tolerances.py.html"' in (site / "method.html").read_text()
    assert "FACTORS" in (site / "source" / "harness" / "session" / "tolerances.py.html").read_text()


def test_what_is_searched_is_the_pages(site: Path) -> None:
    places = {each["location"].partition("#")[0] for each in json.loads((site / "search" / "search_index.json").read_text())["docs"]}
    assert "gate.html" in places
    assert not any(place.startswith("source/") for place in places)


@pytest.mark.parametrize("opened", ["index.html", "reference/options.html"])
def test_opened_from_a_folder_it_finds_words_and_fetches_nothing(site: Path, opened: str) -> None:
    elsewhere: list[str] = []
    with launched() as browser:
        page = browser.new_page()
        page.on(
            "request", lambda request: elsewhere.append(request.url) if not request.url.startswith(("file:", "data:", "blob:")) else None
        )
        page.goto(f"{site.as_uri()}/{opened}")
        page.locator(".md-search__input").click()
        page.keyboard.type("resume")
        page.locator(".md-search-result__item").first.wait_for()
        titles = page.locator(".md-search-result__item h1").all_inner_texts()
    assert "Choose what runs" in titles
    assert elsewhere == []
