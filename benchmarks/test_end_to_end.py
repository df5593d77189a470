"""End to end: steps fed by their input pipeline, beside the loader alone and the step alone.

Tells whether the compute waits for its batches, and how much of the loading it hides. In no set: a turn is several rounds of whole steps.
"""

import pytest

PHASE = {"phase": "end_to_end"}


@pytest.mark.cases(**PHASE, style="matched", workload=["frozen", "full", "inference"], execution="plain", precision="fp32")
@pytest.mark.cases(**PHASE, style="stock", workload="frozen")
def test_end_to_end(measure):
    measure()
