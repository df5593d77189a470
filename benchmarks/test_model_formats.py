"""Model formats: the matched network, in inference mode, to disk and back in every format that its framework has.

Save time, load time, time of the first inference after a load, size on disk; and the logits must be the saved model's. One image: the
first inference is to show what it traces or compiles, not what a large batch computes. What pytest-benchmark's statistics are of is the
load. Files are in the page cache; nothing waits for a disk.
"""

import pytest


@pytest.mark.cases(phase="model_formats", workload="inference", style="matched", precision="fp32", batch_size=1, model_format="every")
def test_model_formats(measure):
    measure()
