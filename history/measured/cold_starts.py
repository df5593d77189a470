"""What comes before the steady state: building, tracing, compiling, trying kernels."""

from __future__ import annotations

from collections.abc import Iterator

from harness.findings.comparison import title_of
from harness.findings.figures import figures
from harness.findings.outputs.markdown import escaped, table
from harness.findings.phases import AUTOTUNE
from harness.findings.sides import title
from harness.record.figure import NOTHING, seconds
from harness.record.measurement import ColdStart, Measurement
from history.measured.folder import Folder
from history.measured.session import headed

TITLE = "Cold starts"
HOW_TO_READ = (
    "In the order in which a session measured them, as what an earlier case of the same process has loaded, compiled or found by trying"
    " kernels is not loaded, compiled or found again: only a session's first case of a kind starts from nothing. A cold start is"
    " never part of a step's median."
)


def blocks(folder: Folder) -> Iterator[str]:
    told = {session: [each for each in session.measured if each.cold_start] for session in folder.sessions}
    if not any(told.values()):
        return
    yield HOW_TO_READ
    tuned = any(AUTOTUNE.name in figures(each) for sides in told.values() for each in sides)  # older runs do not tell it apart
    columns = ("case", "framework", "build", "first step", *(("of it, autotuning",) if tuned else ()), "all warm-up steps")
    for session, sides in told.items():
        if sides:
            yield headed(session)
            yield table(columns, (_row(each, each.cold_start, tuned) for each in sides if each.cold_start))


def _row(side: Measurement, cold: ColdStart, tuned: bool) -> tuple[str, ...]:
    autotune = figures(side).get(AUTOTUNE.name)
    return (
        escaped(title_of(side.case)),
        title(side.case.framework),
        seconds(cold.build_seconds),
        seconds(cold.first_step_seconds),
        *((NOTHING if autotune is None else seconds(autotune),) if tuned else ()),
        seconds(cold.warm_up_seconds),
    )
