"""The table by ranks: speed, efficiency, exchange, memory, and in words who scales better, what was shared and what there was not."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.findings.efficiency import MEANING, NO_ONE_RANK
from harness.record.case import DEFAULT_MODEL, Style
from harness.record.measurement import Measurement
from harness.session.terminal.ranks_table import of_all
from tests.findings.ranked_sides import several, single
from tests.findings.sides import FIRST, SECOND
from tests.session.terminal.printed import printed, side_by_side

BOTH = (FIRST, SECOND)


def by_ranks(*measurements: Measurement) -> str:
    return "".join(printed(each) for each in of_all(measurements, {DEFAULT_MODEL: "", "mlp": "Multilayer perceptron"}))


def cells(text: str, beginning: str) -> list[str]:
    line = next(each for each in text.splitlines() if " ".join(each.split()).startswith(beginning))
    return [each.strip() for each in line.split("  ") if each.strip()]


def test_each_row_has_what_its_ranks_came_to() -> None:
    text = by_ranks(single(FIRST, 1.0), several(FIRST, 2, 0.625, 0.5, 0.25, slower=1.1), single(SECOND, 1.0), several(SECOND, 2, 1.0))
    assert text.lstrip().startswith("Data parallel full matched: by ranks")
    assert cells(text, "1 8 – PyTorch") == ["1", "8", "–", "PyTorch", "7.84", "100%", *"––––", "256 MiB", "1 core"]
    exchanged = ["20.0% (20.0 – 20.0%)", "50%", "3.92 MiB/s", "51 ms", "256 MiB", "2 cores"]
    assert cells(text, "2 8 default PyTorch") == ["2", "8", "default", "PyTorch", "12.5", "strong 80% (76 – 85%)", *exchanged]
    assert cells(text, "TensorFlow 7.84 strong 50%")[:3] == ["TensorFlow", "7.84", "strong 50% (47 – 53%)"]


def test_below_it_stands_who_scales_better() -> None:
    text = by_ranks(
        *(each for name, seconds in zip(BOTH, (0.6, 0.9), strict=True) for each in (single(name, 1.0), several(name, 2, seconds)))
    )
    assert "strong scaling to 2 ranks, bs8: PyTorch against TensorFlow: PyTorch 1.50× more efficient (95% interval" in text
    assert "shared" not in text
    assert NO_ONE_RANK not in text
    assert text.count(MEANING[0]) == text.count(MEANING[1]) == 1


@pytest.mark.parametrize("cores", [1, 2])
def test_ranks_that_share_cores_are_said_to(cores: int) -> None:
    text = by_ranks(single(FIRST, 1.0), several(FIRST, 4, 0.5, cores=cores))
    assert f"shared: 4 ranks ran on {cores} {'core' if cores == 1 else 'cores'}:" in text
    assert "their efficiency shows what sharing costs" in text
    assert cells(text, "4 8 default PyTorch")[-1].endswith(", shared")


def test_ranks_on_two_threads_of_one_core_are_said_to_be() -> None:
    ranks = several(FIRST, 2, 0.5)
    on_one_core = msgspec.structs.replace(ranks, environment=ranks.environment | {"cores_shared": "threads of a core"})
    text = by_ranks(single(FIRST, 1.0), on_one_core)
    assert "shared: 2 ranks ran on 2 threads of shared cores:" in text


def test_ranks_that_share_a_gpu_are_said_to_whatever_cores_they_have() -> None:
    gpu = {"gpu_uuid": "GPU-1", "cores": "8"}
    one = msgspec.structs.replace(single(FIRST, 1.0), environment=gpu)
    own, shared = (
        msgspec.structs.replace(several(FIRST, 2, 0.5), environment=gpu | {"cores_of_all_ranks": "8", "gpus_of_all_ranks": count})
        for count in ("2", "1")
    )
    assert cells(by_ranks(one, own), "2 8 default PyTorch")[-1] == "2 GPUs"
    assert "shared: 2 ranks ran on 1 GPU:" in by_ranks(one, shared)


def test_ranks_without_their_single_one_say_how_to_have_it() -> None:
    text = by_ranks(several(FIRST, 2, 0.6), several(FIRST, 2, 0.6, batch_size=16))
    assert f"no efficiency of 2 ranks where there is a –: {NO_ONE_RANK}" in text
    assert cells(text, "2 16 default PyTorch")[5] == "–"


def test_what_was_disturbed_is_not_called() -> None:
    text = by_ranks(single(FIRST, 1.0), several(FIRST, 2, 0.6, foreign_share=0.5))
    row = cells(text, "2 8 default PyTorch")
    assert row[5] == "strong, not called: disturbed"
    assert row[6] == "not called: disturbed"


def test_a_session_of_single_ranks_or_of_other_phases_has_none() -> None:
    assert by_ranks(single(FIRST, 1.0), single(FIRST, 1.0, style=Style.STOCK)) == ""


def test_each_kind_of_work_has_a_table_and_other_exchanges_a_row() -> None:
    sides = (
        single(FIRST, 1.0),
        several(FIRST, 2, 0.6),
        several(FIRST, 2, 0.7, exchange="synchronized"),
        single(FIRST, 1.0, style=Style.STOCK),
        several(FIRST, 2, 0.6, style=Style.STOCK),
        several(FIRST, 2, 0.6, model="mlp"),
    )
    text = by_ranks(*sides)
    assert text.count("by ranks") == 3
    assert text.count(MEANING[0]) == 1
    assert "Data parallel full matched, Multilayer perceptron: by ranks" in text
    assert cells(text, "2 8 synchronized PyTorch")[5].startswith("strong 71% (")


def test_the_session_ends_with_it_and_with_how_to_read_it() -> None:
    text = side_by_side([single(FIRST, 1.0), several(FIRST, 2, 0.6)])
    assert text.index("Data parallel: one optimiser step") < text.index("Data parallel full matched: by ranks")
    assert "Batch sizes and images/s are of all of them together." in text


@given(st.lists(st.tuples(st.sampled_from(BOTH), st.integers(1, 8), st.floats(0.01, 5.0)), min_size=1, max_size=8))
def test_whatever_was_measured_each_has_a_row(found: list[tuple[str, int, float]]) -> None:
    sides = {(name, ranks): single(name, each) if ranks == 1 else several(name, ranks, each, batch_size=840) for name, ranks, each in found}
    text = by_ranks(*sides.values())
    rows = sum(line.split("  ")[-1].strip().endswith(("core", "cores")) and "ran on" not in line for line in text.splitlines())
    assert rows == (len(sides) if any(ranks > 1 for _, ranks in sides) else 0)
