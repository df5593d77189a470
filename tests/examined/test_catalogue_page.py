"""The guide's chapter is what the catalogue has now, and no entry is without a fault that is planted and found."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.examined.plant import PYTORCH

CODE = """
import json
from harness.frameworks.pytorch.walk import catalogue
from tests.examined.catalogue_page import GUIDE, _planted, written
guide = GUIDE.read_text(encoding="utf-8")
planted = _planted()
result = json.dumps({"current": written(guide) == guide, "unplanted": [each.name for each in catalogue.ENTRIES if not planted[each.name]]})
"""


@pytest.fixture(scope="module")
def page(run_in: Callable[[str, str], Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run_in(PYTORCH, CODE))
    return found


def test_the_chapter_is_current(page: dict[str, Any]) -> None:
    assert page["current"], "write it anew: python -m tests.examined.catalogue_page, in PyTorch's environment"


def test_each_entry_is_planted(page: dict[str, Any]) -> None:
    assert page["unplanted"] == []
