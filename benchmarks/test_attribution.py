"""Attribution: a ladder from `stock` to `matched`, one source of unfairness neutralised a rung.

What the ratio of the two frameworks does at a rung is what that source was worth; what is left at the top is the frameworks' own
difference. A rung that is left out is neutralised together with the next one.
"""

import pytest

from harness.phases import PHASES

STEP = {"phase": "train_step", "workload": "frozen"}
PIPELINE = {"phase": "data_pipeline", "workload": "loading"}
MEMORY = {"phase": "memory", "workload": "frozen"}


@pytest.mark.cases(**STEP, style="stock")
@pytest.mark.cases(**STEP, style="ladder", rung=list(PHASES["train_step"].ladder[:-1]))
@pytest.mark.cases(**STEP, style="matched", execution="plain", precision="fp32")
def test_train_step_attribution(measure):
    measure()


@pytest.mark.cases(**PIPELINE, style="stock")
@pytest.mark.cases(**PIPELINE, style="ladder", rung=list(PHASES["data_pipeline"].ladder[:-1]))
@pytest.mark.cases(**PIPELINE, style="matched")
def test_data_pipeline_attribution(measure):
    measure()


@pytest.mark.cases(**MEMORY, style="stock")
@pytest.mark.cases(**MEMORY, style="ladder", rung=list(PHASES["memory"].ladder[:-1]))
@pytest.mark.cases(**MEMORY, style="matched", execution="plain", precision="fp32")
def test_memory_attribution(measure):
    measure()
