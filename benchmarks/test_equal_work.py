"""Equal work: where the two frameworks' networks of a model part, and why. Nothing is timed.

Every layer in the order of the computation, in inference and in training mode; the loss, the gradient of each parameter, the running
statistics, the weights after one step of the optimiser and after twenty. A place where they part is recomputed under each fault of a
catalogue; the one that makes the two agree is the reason.
"""

import pytest


@pytest.mark.examination
def test_equal_work(examine, examined):
    examine(examined)
