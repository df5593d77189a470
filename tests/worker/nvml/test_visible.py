"""Which GPU CUDA_VISIBLE_DEVICES leaves: whatever the list and the variable."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.worker.meters.nvml.visible import Listed, NotVisible, chosen

digits = st.text("0123456789abcdef", min_size=8, max_size=8)


@st.composite
def machines(draw: st.DrawFn) -> list[Listed]:
    """GPUs, some of them divided, all with names of their own."""
    names = draw(st.lists(digits, min_size=1, max_size=12, unique=True))
    gpus: list[Listed] = []
    while names:
        uuid = f"GPU-{names.pop()}"
        parts = [names.pop() for _ in range(draw(st.integers(0, min(3, len(names)))))]
        gpus.append(Listed(uuid, tuple(f"MIG-{part}" for part in parts)))
    return gpus


@given(machines(), st.data())
def test_an_index_and_the_uuid_name_the_same(gpus: list[Listed], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(gpus) - 1))
    rest = data.draw(st.sampled_from(["", ",0", ",99", " , x"]))
    assert chosen(f"{index}{rest}", gpus) == chosen(f"{gpus[index].uuid}{rest}", gpus) == gpus[index].first_uuid


@given(machines(), st.data())
def test_a_prefix_names_a_gpu_if_it_fits_no_other(gpus: list[Listed], data: st.DataObject) -> None:
    uuids = [gpu.uuid for gpu in gpus] + [uuid for gpu in gpus for uuid in gpu.mig_uuids]
    uuid = data.draw(st.sampled_from(uuids))
    prefix = uuid[: data.draw(st.integers(4, len(uuid)))]
    if sum(each.startswith(prefix) for each in uuids) == 1:
        owner = next((gpu for gpu in gpus if gpu.uuid == uuid), None)
        assert chosen(prefix, gpus) == (owner.first_uuid if owner else uuid)
    else:
        with pytest.raises(NotVisible):
            chosen(prefix, gpus)


@given(st.none() | st.text(max_size=20), st.lists(st.builds(Listed, digits.map("GPU-{}".format)), max_size=4))
def test_anything_else_leaves_one_of_them_or_says_why_none(visible: str | None, gpus: list[Listed]) -> None:
    try:
        assert chosen(visible, gpus) in {gpu.uuid for gpu in gpus}
    except NotVisible as none_left:
        assert str(none_left)  # noqa: PT017


def test_unset_means_the_first_and_empty_means_none() -> None:
    gpus = [Listed("GPU-a"), Listed("GPU-b")]
    assert chosen(None, gpus) == "GPU-a"
    with pytest.raises(NotVisible, match="CUDA_VISIBLE_DEVICES= leaves none of 2 GPUs"):
        chosen("", gpus)
    with pytest.raises(NotVisible, match="the driver lists no GPU"):
        chosen(None, [])
