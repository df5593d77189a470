"""The table of a pipeline's scaling tells where the growth stops."""

from __future__ import annotations

import pytest

from harness.session.terminal.scaling_table import scaling_table
from tests.findings.test_scaling import measurement, point
from tests.session.terminal.printed import printed


@pytest.mark.parametrize(("foreign_share", "told"), [(0.0, "up to here: 2 workers keep 1.1 cores busy"), (0.5, "not called: disturbed")])
def test_the_table_tells_where_it_stops(foreign_share: float, told: str) -> None:
    text = printed(scaling_table(measurement([point(1, 1.0), point(2, 1.1)], foreign_share)))
    assert told in text
    assert [line.split()[:3] for line in text.splitlines() if line.split()[:1] in (["1"], ["2"])] == [
        ["1", "500", "1.00"],
        ["2", "550", "1.10"],
    ]
