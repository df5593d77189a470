"""A page in a real browser, and all that went wrong in it."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import Page, Request, expect

PLANTED = "train step frozen matched plain fp32 bs32"


class Watched:
    """A page, and all that went wrong in it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.hosts: set[str] = set()
        page.on("console", lambda message: self.complaints.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("requestfailed", self._failed)
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).hostname or urlsplit(request.url).scheme))

    def _failed(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # the test went on to another page
            self.complaints.append(f"{request.url}: {request.failure}")

    def expect_quiet(self) -> None:
        assert self.complaints == []
        assert self.hosts <= {"127.0.0.1", "data", "blob", "file"}


def history(watched: Watched, address: str, case: str = PLANTED) -> Page:
    page = watched.page
    page.goto(f"{address}/history.html")
    page.get_by_label("Case").select_option(label=case)
    expect(page.locator("#plot-title")).to_have_text(case)
    return page


def nights(page: Page) -> tuple[int, int]:
    """First and last night that the plot shows."""
    plot = page.locator("#plot svg")
    return int(plot.get_attribute("aria-valuemin") or 0), int(plot.get_attribute("aria-valuemax") or 0)
