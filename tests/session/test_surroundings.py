"""What a worker finds in its environment: the same for every framework, but for what a framework alone reads."""

from __future__ import annotations

import pytest

from harness.frameworks import FRAMEWORKS
from harness.record.fairness import SURROUNDINGS, Source
from harness.session.workers.surroundings import KEEP_MEMORY, left_out_at_start, leftovers, variables
from harness.worker.leftovers import found

NATIVE = (
    *("OMP_NUM_THREADS", "OMP_PROC_BIND", "OMP_PLACES", "OMP_DYNAMIC", "GOMP_CPU_AFFINITY", "GOMP_SPINCOUNT", "KMP_AFFINITY"),
    *("KMP_BLOCKTIME", "MKL_NUM_THREADS", "MKL_DYNAMIC", "MKL_ENABLE_INSTRUCTIONS", "OPENBLAS_NUM_THREADS", "OPENBLAS_CORETYPE"),
    *("DNNL_MAX_CPU_ISA", "ONEDNN_MAX_CPU_ISA", "NVIDIA_TF32_OVERRIDE", "CUDA_LAUNCH_BLOCKING", "CUBLAS_WORKSPACE_CONFIG"),
    *("OPENCV_FOR_THREADS_NUM", "JSIMD_FORCENONE", "NPY_DISABLE_CPU_FEATURES"),
)
OWN = {
    "pytorch": (
        *("TORCHDYNAMO_DISABLE", "TORCH_COMPILE_DISABLE", "TORCH_COMPILE_OVERRIDE_BACKENDS", "TORCHINDUCTOR_MAX_AUTOTUNE"),
        *("TORCH_CUDNN_USE_HEURISTIC_MODE_B", "PYTORCH_CUDA_ALLOC_CONF", "PYTORCH_JIT", "ATEN_CPU_CAPABILITY", "TRITON_INTERPRET"),
    ),
    "tensorflow": (
        *("XLA_FLAGS", "TF_XLA_FLAGS", "TF_ENABLE_ONEDNN_OPTS", "TF_CUDNN_USE_AUTOTUNE", "TF_NUM_INTRAOP_THREADS"),
        *("TF_FORCE_GPU_ALLOW_GROWTH", "TF_FUNCTION_JIT_COMPILE_DEFAULT", "TF_USE_LEGACY_KERAS", "KERAS_MAX_STEPS_PER_EPOCH"),
    ),
}
NOT_A_SETTING = (
    *("PATH", "HOME", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "CUDA_HOME", "CUDNN_PATH", "CXX", "TORCH_HOME", "TORCH_EXTENSIONS_DIR"),
    *(
        "TRITON_PTXAS_PATH",
        "TRITON_CACHE_DIR",
        "KERAS_HOME",
        "TFDS_DATA_DIR",
        "TF_CLI_CONFIG_FILE",
        "PYTORCH_PYTHON",
        "TENSORFLOW_PYTHON",
        "HTTPS_PROXY",
    ),
)


def left_out(framework: str, *names: str, given: tuple[str, ...] = ()) -> set[str]:
    return set(found(names, leftovers(framework, SURROUNDINGS), given))


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_neutral_threads_wait_passively_and_keep_nothing_of_the_shell(framework: str) -> None:
    chosen = variables(framework, SURROUNDINGS)
    assert chosen["OMP_WAIT_POLICY"] == "PASSIVE"
    assert chosen.items() >= KEEP_MEMORY.items()
    assert left_out(framework, *NATIVE) == set(NATIVE)
    assert {"LD_PRELOAD", "GLIBC_TUNABLES", "PYTHONMALLOC"} <= set(left_out_at_start(SURROUNDINGS))


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_by_habit_the_shell_decides(framework: str) -> None:
    assert leftovers(framework, frozenset({Source.ALLOCATOR})) == ()
    assert left_out_at_start(frozenset({Source.THREADS})) == ()
    assert "OMP_WAIT_POLICY" not in variables(framework, frozenset())


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_where_something_lies_is_no_setting(framework: str) -> None:
    assert left_out(framework, *NOT_A_SETTING) == set()


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_what_is_given_on_purpose_stays(framework: str) -> None:
    assert left_out(framework, "OMP_NUM_THREADS", "OMP_PROC_BIND", given=("OMP_NUM_THREADS",)) == {"OMP_PROC_BIND"}


def test_what_a_framework_alone_reads_it_alone_has() -> None:
    assert variables("tensorflow", SURROUNDINGS)["XLA_FLAGS"] == "--xla_gpu_enable_command_buffer="
    for framework, names in OWN.items():
        assert left_out(framework, *names) == set(names)
        for other in FRAMEWORKS.keys() - {framework}:
            assert left_out(other, *names) == set()
            assert variables(other, SURROUNDINGS).keys().isdisjoint(names)


@pytest.mark.parametrize("surroundings", [SURROUNDINGS, frozenset[Source]()])
def test_keras_computes_by_its_framework_whatever_the_style(surroundings: frozenset[Source]) -> None:
    assert variables("tensorflow", surroundings)["KERAS_BACKEND"] == "tensorflow"


def test_a_heuristic_chooses_convolutions_where_autotune_is_neutral() -> None:
    chosen = {"pytorch": ("TORCH_CUDNN_USE_HEURISTIC_MODE_B", "1"), "tensorflow": ("TF_CUDNN_USE_AUTOTUNE", "0")}
    for framework, (name, value) in chosen.items():
        assert variables(framework, SURROUNDINGS)[name] == value
        assert left_out(framework, name) == {name}
        assert name not in variables(framework, SURROUNDINGS - {Source.AUTOTUNE}), "its habit is its own"
