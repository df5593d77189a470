"""What a worker finds in its environment: the same for every framework, but for what a framework alone reads."""

from __future__ import annotations

import pytest

from harness.frameworks import FRAMEWORKS
from harness.record.fairness import SURROUNDINGS, Source
from harness.session.workers.surroundings import KEEP_MEMORY, leftovers, variables

OPENMP = {"OMP_NUM_THREADS", "MKL_NUM_THREADS", "KMP_BLOCKTIME"}


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_neutral_threads_wait_passively_and_keep_nothing_of_the_shell(framework: str) -> None:
    found = variables(framework, SURROUNDINGS)
    assert found["OMP_WAIT_POLICY"] == "PASSIVE"
    assert found.items() >= KEEP_MEMORY.items()
    assert {"NVIDIA_TF32_OVERRIDE", *OPENMP} <= set(leftovers(framework, SURROUNDINGS))


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_by_habit_the_shell_decides(framework: str) -> None:
    assert leftovers(framework, frozenset({Source.ALLOCATOR})) == ()
    assert "OMP_WAIT_POLICY" not in variables(framework, frozenset())


def test_what_a_framework_alone_reads_it_alone_has() -> None:
    assert variables("tensorflow", SURROUNDINGS)["XLA_FLAGS"] == "--xla_gpu_enable_command_buffer="
    assert {"XLA_FLAGS", "TF_ENABLE_ONEDNN_OPTS", "TF_CUDNN_USE_AUTOTUNE"} <= set(leftovers("tensorflow", SURROUNDINGS))
    assert not any(name.startswith(("XLA_", "TF_")) for name in (*variables("pytorch", SURROUNDINGS), *leftovers("pytorch", SURROUNDINGS)))


def test_a_heuristic_chooses_convolutions_where_autotune_is_neutral() -> None:
    chosen = {"pytorch": ("TORCH_CUDNN_USE_HEURISTIC_MODE_B", "1"), "tensorflow": ("TF_CUDNN_USE_AUTOTUNE", "0")}
    for framework, (name, value) in chosen.items():
        assert variables(framework, SURROUNDINGS)[name] == value
        assert name in leftovers(framework, SURROUNDINGS)
        assert name not in variables(framework, SURROUNDINGS - {Source.AUTOTUNE}), "its habit is its own"
