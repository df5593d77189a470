"""The pictures of the README: index, history and regressions of the site of a folder of runs.

python -m tests.history.report.screenshots STORAGE FOLDER      STORAGE: real runs of the suite
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from history.__main__ import main as history
from tests.history.report.browser import launched, served

SIZE = {"width": 1180, "height": 900}
DRAWN = {"index": "h1", "history": "#plot svg", "regressions": "h1"}


def screenshots(storage: Path, folder: Path) -> list[Path]:
    """Raises where the site cannot be built."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        site = Path(temporary) / "site"
        if history(["report", str(storage), "--output", str(site), "--cache", str(Path(temporary) / "cache")]) != 0:
            raise RuntimeError(f"{storage}: no site could be built of it")
        with launched() as browser, served(site) as address:
            page = browser.new_page(viewport=SIZE, color_scheme="light")
            page.goto(f"{address}/index.html", wait_until="networkidle")  # the font is there from the second page on
            made = []
            for name, drawn in DRAWN.items():
                page.goto(f"{address}/{name}.html", wait_until="networkidle")
                page.locator(drawn).first.wait_for()
                made.append(folder / f"report-{name}.png")
                page.screenshot(path=made[-1])
            return made


if __name__ == "__main__":
    for path in screenshots(Path(sys.argv[1]), Path(sys.argv[2])):
        print(path)
