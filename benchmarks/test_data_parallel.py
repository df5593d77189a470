"""Data parallel: one optimiser step of several processes, each with its part of the batch, by each framework's own engine.

How many processes: `--ranks 1,2,4`. A batch size of the experiment is that of all together, so that it can be seen how the same work
scales; "a rank" is the same for each, so that the work grows with them.
"""

import pytest

PHASE = {"phase": "data_parallel", "ranks": "chosen", "workload": ["frozen", "full"], "batch_size": ["experiment", "a rank"]}


@pytest.mark.cases(**PHASE, style="matched", execution=["plain", "compiled"], precision=["fp32", "bf16"])
@pytest.mark.cases(**PHASE, style="matched", execution="plain", precision="fp32", exchange="every")
@pytest.mark.cases(**PHASE, style="stock")
def test_data_parallel(measure):
    measure()
