"""The pictures of README and docs: index, regressions, and the history of the case that changed most lately, light and dark.

    python -m tests.history.report.pictures                      of the nights in docs/measured/nights, into docs/images
    python -m tests.history.report.pictures STORAGE FOLDER       of another folder of runs

Always of one size, in a palette of 256 colours.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, Page

from history.__main__ import main as history
from tests.history.report import example_commits
from tests.history.report.browser import launched, served

SIZE = {"width": 1180, "height": 900}
SCALE = 1.5  # pixels of a picture for one of the page's: sharp where a README is wider than a screen of long ago
COLOURS = 256
DRAWN = {"index": "h1", "history": ".readout .values", "regressions": "h1"}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
IMAGES = example_commits.NIGHTS.parents[1] / "images"


def pictures(storage: Path, folder: Path, repository: Path | None) -> list[Path]:
    """repository: has the commits of the runs; None: the one that is worked in. Raises RuntimeError where the site cannot be built."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        site = Path(temporary) / "site"
        asked = ("--repository", str(repository)) if repository else ()
        if history(["report", str(storage), "--output", str(site), "--cache", str(Path(temporary) / "cache"), *asked]) != 0:
            raise RuntimeError(f"{storage}: no site could be built of it")
        with launched() as browser, served(site) as address:
            return [path for scheme in SCHEMES for path in _of_scheme(browser, address, folder, scheme)]


def _of_scheme(browser: Browser, address: str, folder: Path, scheme: Literal["light", "dark"]) -> list[Path]:
    page = browser.new_page(viewport=SIZE, color_scheme=scheme, device_scale_factor=SCALE)  # type: ignore[arg-type]
    page.goto(f"{address}/index.html", wait_until="networkidle")  # the font is there from the second page on
    made = []
    for name, drawn in DRAWN.items():
        page.goto(f"{address}/{_changed(page, address) if name == 'history' else f'{name}.html'}", wait_until="networkidle")
        page.locator(drawn).first.wait_for()
        made.append(folder / (f"report-{name}.png" if scheme == "light" else f"report-{name}-{scheme}.png"))
        page.screenshot(path=made[-1])
        _shrink(made[-1])
    page.close()
    return made


def _changed(page: Page, address: str) -> str:
    """The history of the first change that the regressions tell; where there is none, of the first case."""
    page.goto(f"{address}/regressions.html", wait_until="networkidle")
    links = page.locator("article.change h3 a")
    return (links.first.get_attribute("href") if links.count() else None) or "history.html"


def _shrink(path: Path) -> None:
    with Image.open(path) as image:
        image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.history.report.pictures", description=__doc__)
    parser.add_argument("storage", type=Path, nargs="?", metavar="STORAGE")
    parser.add_argument("folder", type=Path, nargs="?", metavar="FOLDER", default=IMAGES)
    options = parser.parse_args()
    if options.storage is None and not example_commits.COMMITS.is_dir():
        parser.error(f"{example_commits.NIGHTS} has no nights: give a STORAGE, or measure some by {example_commits.MEASURED_BY}")
    with tempfile.TemporaryDirectory() as temporary:
        own = options.storage is None
        repository = example_commits.repository(Path(temporary) / "commits") if own else None
        for path in pictures(example_commits.NIGHTS if own else options.storage, options.folder, repository):
            print(path)


if __name__ == "__main__":
    main()
