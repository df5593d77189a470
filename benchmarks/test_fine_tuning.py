"""Fine-tuning: the whole job, epochs of training with a validation after each.

Training time, validation loss and accuracy, the time to the experiment's target accuracy, evaluation latency and peak memory: the five
metrics of the report that this suite grew out of. In `matched` both frameworks see the same images in the same order, and their curves
have to coincide.
"""

import pytest


@pytest.mark.cases(phase="fine_tuning", workload="experiment", style="matched", execution="plain", precision="fp32")
@pytest.mark.cases(phase="fine_tuning", workload="experiment", style="stock")
def test_fine_tuning(measure):
    measure()
