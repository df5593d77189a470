"""Inference: one forward pass on a batch that is already on the device.

A single image is asked for its latency (p50, p90, p99), larger batches for their throughput.
"""

import pytest

PHASE = {"phase": "inference", "workload": "inference"}


@pytest.mark.cases("core", "gate", **PHASE, style="matched", execution="plain", precision="fp32", batch_size=["experiment", 1])
@pytest.mark.cases("core", **PHASE, style="stock", batch_size=1)
@pytest.mark.cases("gate", **PHASE, style="matched", execution="compiled", precision="bf16", batch_size=[1, "experiment"])
@pytest.mark.cases(
    **PHASE,
    style="matched",
    execution=["plain", "fused_norm", "compiled"],
    precision=["fp32", "tf32", "bf16"],
    batch_size=[1, "experiment", 4, 16, 64],
)
@pytest.mark.cases(**PHASE, style="stock", batch_size="experiment")
def test_inference(measure):
    measure()
