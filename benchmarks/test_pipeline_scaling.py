"""Scaling of the input pipelines: images/s with 1, 2, 4, … workers up to all cores, where the growth stops, and why.

Beside each count stands the machine's limit with as many threads: what a pipeline loses beyond it is its own.
"""

import pytest


@pytest.mark.cases(phase="pipeline_scaling", workload="loading", style="matched")
@pytest.mark.cases(phase="pipeline_scaling", workload="loading", style="strategy", strategy=["own_operations", "workers", "numpy_batches"])
def test_pipeline_scaling(measure):
    measure()
