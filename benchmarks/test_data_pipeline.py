"""Data pipeline: JPEG files of the corpus to normalised training batches.

Images/s in steady state, the time to the first batch, and the share of time that a consumer of fixed speed waits. The corpus
sits in the page cache, so this measures preparing images, not fetching them from storage.
"""

import pytest


@pytest.mark.cases("core", "gate", phase="data_pipeline", workload="loading", style="matched")
@pytest.mark.cases("core", phase="data_pipeline", workload="loading", style="stock")
def test_data_pipeline(measure):
    measure()


@pytest.mark.cases(phase="data_pipeline", workload="loading", style="strategy", strategy="every")
def test_strategies(measure):
    measure()
