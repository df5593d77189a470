"""An import that leaves Python's search for garbage as it was, but for what is there by then."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.worker.imported import imported

SEEN = "import gc\nthresholds = gc.get_threshold()\n"


@pytest.fixture(autouse=True)
def _thawed() -> Iterator[None]:
    yield
    gc.unfreeze()


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.syspath_prepend(tmp_path)
    path = tmp_path / f"made_{tmp_path.name}.py"
    path.write_text(SEEN)
    yield path
    sys.modules.pop(path.stem, None)


def test_what_is_new_is_looked_through_and_what_is_old_once(module: Path) -> None:
    before, frozen = gc.get_threshold(), gc.get_freeze_count()
    found = imported(module.stem)
    assert found.thresholds[:2] == before[:2]
    assert found.thresholds[2] > 1000 * before[2]
    assert gc.get_threshold() == before
    assert gc.isenabled()
    assert gc.get_freeze_count() > frozen


def test_a_second_time_nothing_more_is_left_alone(module: Path) -> None:
    found = imported(module.stem)
    gc.unfreeze()
    assert imported(module.stem) is found
    assert gc.get_freeze_count() == 0


def test_an_import_that_fails_leaves_the_search_as_it_was(module: Path) -> None:
    module.write_text(f"{SEEN}raise OSError('no such library')\n")
    before = gc.get_threshold()
    with pytest.raises(OSError, match="no such library"):
        imported(module.stem)
    assert gc.get_threshold() == before
    with pytest.raises(ModuleNotFoundError):
        imported("no_such_module_anywhere")
