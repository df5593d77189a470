"""Largest batch: how many images of the case fit on the GPU, and how fast the steps are there.

The batch size in a case's id is where the search starts. Each size has a fresh process; out of memory is what is looked for.
"""

import pytest


@pytest.mark.cases(
    phase="largest_batch",
    style="matched",
    workload=["frozen", "full", "inference"],
    execution="plain",
    precision=["fp32", "tf32", "bf16"],
    batch_size=64,
)
def test_largest_batch(measure):
    measure()
