"""Memory: the peak of a few steps fed by their own data pipeline, in a fresh process.

Host memory of the worker and of its loader's children, and the device allocator's peaks where there is a GPU. Never taken
during timed rounds; the warm-up's own peak (compilers, autotuners) is apart.
"""

import pytest

PHASE = {"phase": "memory"}


@pytest.mark.cases("core", "gate", **PHASE, style="matched", workload="frozen", execution="plain", precision="fp32")
@pytest.mark.cases("gate", **PHASE, style="matched", workload="inference", execution="plain", precision="fp32")
@pytest.mark.cases("core", **PHASE, style="stock", workload="frozen")
@pytest.mark.cases(
    **PHASE,
    style="matched",
    workload=["frozen", "full", "inference"],
    execution=["plain", "fused_norm", "compiled"],
    precision=["fp32", "tf32", "bf16"],
)
@pytest.mark.cases(**PHASE, style="stock", workload=["full", "inference"])
def test_memory(measure):
    measure()
