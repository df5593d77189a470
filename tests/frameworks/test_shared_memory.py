"""A /dev/shm with less room than the loader's workers need, as docker's 64 MB: one sentence with the mend, and no step that never ends."""

from __future__ import annotations

from typing import Any

import pytest

from fixtures.corpora import flowers
from fixtures.corpora.flowers import ImagesPerClass
from tests.frameworks.conftest import RunIn

MEND = "Give it more: docker run --shm-size=1g"


@pytest.fixture(scope="module")
def found(run_in: RunIn, tmp_path_factory: pytest.TempPathFactory) -> Any:
    corpus = flowers.generated(tmp_path_factory.mktemp("corpus"), lambda *_: None, ImagesPerClass(1, 1, 1))
    return run_in("pytorch", f"from tests.frameworks import roomy\nresult = roomy.everything({corpus.root!r})")


@pytest.fixture
def mounted(found: Any) -> Any:
    if "no namespace" in found:
        pytest.skip(f"no mount of its own: {found['no namespace']}")
    return found


def test_every_strategy_with_workers_says_what_it_needs(mounted: Any) -> None:
    """One of them lost its batch instead, and its consumer waited for ever."""
    ends = dict(mounted["8m"])
    assert ends.pop("pinned").startswith(("Unsupported: there is no GPU", "SharedMemoryError: "))
    needs = {"one_worker": "(1) need 55 MiB", "prefetch_8": "(2) need 312 MiB", "uint8_v2_batches": "(2) need 23 MiB"}
    assert len(ends) > len(needs)
    for strategy, told in ends.items():
        needed = needs.get(strategy, "(2) need 92 MiB")
        assert told.startswith(
            f"SharedMemoryError: the loader's workers {needed} in /dev/shm for their batches, and 8 MiB are free. {MEND}"
        )
        assert "\n" not in told


def test_what_fits_into_dockers_64_mb_runs(mounted: Any) -> None:
    ends = mounted["64m"]
    assert ends.pop("workers").startswith("SharedMemoryError: the loader's workers (2) need 92 MiB")
    assert ends == {"one_worker": "", "uint8_v2_batches": ""}


def test_room_that_others_take_meanwhile(mounted: Any) -> None:
    assert mounted["taken meanwhile"].startswith(
        "SharedMemoryError: the loader's workers have used up /dev/shm, with what others have there."
    )


def test_a_place_without_a_limit_has_room(mounted: Any) -> None:
    assert mounted["no limit"] == ""


def test_neighbours(found: Any) -> None:
    assert found["no place"].startswith("the loader's workers hand over their batches in /nowhere, and")
    assert "there is none (No such file or directory)" in found["no place"]
    assert found["bus"].startswith("SharedMemoryError: the loader's workers have used up /dev/shm")
    assert found["other"] == "RuntimeError: shapes differ"
