"""A case is one test: a session measures it once, and a second test of it would store a copy of its figures as if they were new ones."""

from __future__ import annotations

import pytest

from harness.record.case import Case
from harness.session.cases import CASE


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """When it is known what runs. Plugins that repeat tests make several of one, by a parameter of their own."""
    if config.option.collectonly:
        return
    first: dict[tuple[str, str, Case], pytest.Item] = {}
    for item in items:
        if CASE not in item.stash:
            continue
        known = first.setdefault((str(item.path), getattr(item, "originalname", item.name), item.stash[CASE]), item)
        if known is not item:
            twice = item.nodeid if item.nodeid == known.nodeid else f"{known.nodeid} and {item.name}"
            raise pytest.UsageError(
                f"{twice}: one case, twice. A session measures it once, and goes on until its figures have an answer: leave out the option "
                "that repeats tests (--count, say, or --keep-duplicates), and start the session again for further figures."
            )
