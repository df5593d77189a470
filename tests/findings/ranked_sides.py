"""Made-up sides of several ranks, and of a single one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.record.case import Workload
from harness.record.measurement import ALONE, EXCHANGE, Measurement, Reading, of_rank
from harness.record.round import Round
from tests.findings.sides import TURNS, case, side

DRIFT = tuple(1 + turn / 100 for turn in range(TURNS))  # as `sides.side` has it
GRADIENT_BYTES = 2**20
RANK_BYTES = 2**28


def several(
    framework: str,
    ranks: int,
    seconds: float,
    without: float = 0.0,
    alone: float = 0.0,
    drift: Sequence[float] = DRIFT,
    slower: float = 1.0,
    foreign_share: float = 0.0,
    cores: int = 0,
    batch_size: int = 8,
    fields: dict[str, Any] | None = None,
    **axes: Any,
) -> Measurement:
    """seconds: of a step; without: of it without exchange; alone: of the exchange. Each turn has all of them times its drift.

    slower: how many times as long as the first the last rank takes. cores: of all ranks together; 0: as many as there are ranks.
    """
    without, alone = without or 0.8 * seconds, alone or 0.3 * seconds
    own = {of_rank(ALONE, number): without * (slower if number == ranks - 1 else 1.0) for number in range(1, ranks)}
    references = {name: _rounds(each, drift, foreign_share) for name, each in {ALONE: without, EXCHANGE: alone}.items()}
    references |= {name: _rounds(each, drift, 0.0) for name, each in own.items()}
    readings = tuple(Reading(of_rank("host_anonymous_bytes", number), RANK_BYTES + number, "test") for number in range(ranks))
    told = {
        "rounds": _rounds(seconds, drift, foreign_share),
        "references": references,
        "figures": {"exchanged_bytes": float(GRADIENT_BYTES)},
        "readings": readings,
        "environment": {"cores": "1", "machines": "1", "cores_of_all_ranks": str(cores or ranks)} | _shared(ranks, cores),
    }
    return side(_case(framework, ranks=ranks, batch_size=batch_size, **axes), seconds, **told | (fields or {}))


def single(framework: str, seconds: float, batch_size: int = 8, **axes: Any) -> Measurement:
    readings = (Reading("host_anonymous_bytes", RANK_BYTES, "test"),)
    told = {"readings": readings, "environment": {"cores": "1"}, "rounds": _rounds(seconds, DRIFT, 0.0)}
    return side(_case(framework, batch_size=batch_size, **axes), seconds, **told)


def _shared(ranks: int, cores: int) -> dict[str, str]:
    return {"cores_shared": "cores" if 0 < cores < ranks else "no"}


def _case(framework: str, **axes: Any) -> Any:
    return case(framework, "data_parallel", **{"workload": Workload.FULL} | axes)


def _rounds(seconds: float, drift: Sequence[float], foreign_share: float) -> tuple[Round, ...]:
    return tuple(Round(seconds * each, seconds, foreign_share, turn) for turn, each in enumerate(drift))
