"""Partings for one reason are one; none is lost, and their order stays."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from harness.findings.partings import grouped
from harness.record.parting import Part, Parting, Reason

ONE, OTHER = Reason("one", "told"), Reason("one", "told in other words")
REASONS = st.sampled_from([(), (ONE,), (OTHER,), (ONE, OTHER)])
PARTINGS = st.builds(
    Parting,
    part=st.sampled_from(list(Part)),
    layer=st.sampled_from(["", "a", "b", "c"]),
    operation=st.sampled_from(["conv2d", "relu"]),
    other_layer=st.just("x"),
    other_operation=st.sampled_from(["p", "q"]),
    entered=st.floats(0, 1),
    left=st.floats(0, 1),
    reasons=REASONS,
    inherent=st.booleans(),
)


@given(st.lists(PARTINGS))
def test_each_parting_is_in_one_group_and_groups_are_in_the_order_of_their_first(partings: list[Parting]) -> None:
    groups = grouped(partings)
    assert sorted(id(each) for group in groups for each in group.partings) == sorted(map(id, partings))
    firsts = [next(place for place, each in enumerate(partings) if each is group.first) for group in groups]
    assert firsts == sorted(firsts)


@given(st.lists(PARTINGS, min_size=1))
def test_a_group_has_one_reason_and_two_groups_have_two(partings: list[Parting]) -> None:
    groups = grouped(partings)
    for group in groups:
        assert len({(each.reasons, each.inherent) for each in group.partings}) == 1
        assert group.left == max(each.left for each in group.partings)
    explained = [(group.first.reasons, group.first.inherent) for group in groups if group.first.is_explained]
    assert len(explained) == len(set(explained))


def test_where_nothing_explains_it_the_same_operations_part_together() -> None:
    first = Parting(Part.INFERENCE, "a", "conv2d", "x", "p", 0.0, 0.1, ())
    same = replace(first, layer="b")
    others = [replace(first, operation="relu"), replace(first, other_operation="q"), replace(first, part=Part.TRAINING)]
    assert [len(group.partings) for group in grouped([first, *others, same])] == [2, 1, 1, 1]
    assert grouped([first, same])[0].layers == ("a", "b")


def test_the_same_fault_in_two_parts_is_told_once_of_each_layer() -> None:
    first = Parting(Part.TRAINING, "a", "norm", "x", "p", 0.0, 0.1, (ONE,))
    (group,) = grouped([first, replace(first, part=Part.INFERENCE), replace(first, layer="b")])
    assert group.layers == ("a", "b")
    assert group.parts == (Part.INFERENCE, Part.TRAINING)
