"""Data pipeline: JPEG files of the corpus to normalised training batches.

Images/s in steady state beside what libjpeg-turbo and OpenCV alone make of the same files on all cores, in the same turns; the time to
the first batch and to that of a new epoch; how busy accelerators of three speeds would be; memory; pixels. The corpus sits in the page
cache, so this measures preparing images, not fetching them from storage.

`matched` is the tuned pipeline of each framework, which the other phases use too; `frameworks.FRAMEWORKS` says what each strategy is.
"""

import pytest


@pytest.mark.cases("core", "gate", phase="data_pipeline", workload="loading", style="matched")
@pytest.mark.cases("core", phase="data_pipeline", workload="loading", style="stock")
def test_data_pipeline(measure):
    measure()


@pytest.mark.cases(phase="data_pipeline", workload="loading", style="strategy", strategy="every")
def test_strategies(measure):
    measure()
