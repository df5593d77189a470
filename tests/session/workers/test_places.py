"""On which machine each rank runs, and with which share of it."""

from __future__ import annotations

import pytest

from harness.session.workers.places import Given, Place, Spread
from harness.worker.share import Share


@pytest.mark.parametrize(
    ("machines", "ranks", "expected"),
    [
        ("a", 1, "a"),
        ("a", 3, "aaa"),
        ("ab", 1, "a"),
        ("ab", 2, "ab"),
        ("ab", 3, "aab"),
        ("ab", 4, "aabb"),
        ("abc", 2, "ab"),
        ("abc", 4, "aabc"),
    ],
)
def test_first_ranks_are_on_the_first_machine(machines: str, ranks: int, expected: str) -> None:
    places = Spread(tuple(machines)).of(ranks, shares=4)
    assert [place.spec for place in places] == [place.machine for place in places] == list(expected)


def test_a_rank_has_the_same_share_whatever_their_number() -> None:
    for ranks in (1, 2, 4):
        places = Spread(("a", "b")).of(ranks, shares=4)
        assert {place.share.count for place in places} == {2}
        assert [(place.share.number, place.share.gpu) for place in places if place.machine == "a"] == [(0, 0), (1, 1)][: -(-ranks // 2)]
        assert {place.share.ranks for place in places} == {max(1, ranks // 2)}


def test_given_places_are_what_they_are_and_know_who_is_beside_them() -> None:
    given = Given(tuple(Place(f"spec {number}", "ab"[number // 2], Share(number % 2, 2, gpu=number % 2)) for number in range(4)))
    assert [place.spec for place in given.of(3, shares=9)] == ["spec 0", "spec 1", "spec 2"]
    assert [place.share.ranks for place in given.of(3, shares=9)] == [2, 2, 1]
    assert [place.share.count for place in given.of(1, shares=1)] == [2]
