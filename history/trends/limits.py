"""What makes a change of level a change point. Found with `python -m tests.history.trend_simulation --frontier`."""

from __future__ import annotations

import msgspec


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    fewest_nights: int = 10  # of a case, before anything is said of it: a spread from fewer is no spread
    fewest_nights_a_level: int = 3  # one bad night, or two, are no new level
    penalty: float = 3.0  # of PELT, in variances × log(nights): it proposes, the other limits decide
    coarse_penalty: float = 12.0  # the same, while what the cases of a night share is still in their values
    least_log_shift: float = 0.02
    least_standard_errors: float = 4.5
    reach_sd: float = 2.5  # a night further than this from its neighbours' median counts as if it were so far


LIMITS = Limits()
