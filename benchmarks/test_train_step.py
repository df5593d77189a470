"""Train step: one optimiser step on a batch that is already on the device.

`frozen` trains the head on a frozen backbone, as the report does; `full` fine-tunes every layer.
"""

import pytest

PHASE = {"phase": "train_step"}


@pytest.mark.cases("core", "gate", **PHASE, style="matched", workload=["frozen", "full"], execution="plain", precision="fp32")
@pytest.mark.cases("core", "gate", **PHASE, style="matched", workload="frozen", execution="compiled", precision="fp32")
@pytest.mark.cases("core", **PHASE, style="stock", workload="frozen")
@pytest.mark.cases("gate", **PHASE, style="matched", workload=["frozen", "full"], execution="compiled", precision="bf16")
@pytest.mark.cases(
    **PHASE, style="matched", workload=["frozen", "full"], execution=["plain", "fused_norm", "compiled"], precision=["fp32", "tf32", "bf16"]
)
@pytest.mark.cases(**PHASE, style="stock", workload="full")
def test_train_step(measure):
    measure()
