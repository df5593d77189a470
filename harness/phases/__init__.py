"""The phases, by name: the folders beside this file. Nothing else in the suite knows one by name.

A further phase is a folder with `phase.py` (what there is to know of it: a `declaration.Phase`, as PHASE) and `bench.py` (how it is
measured in a worker: a `worker.bench.Bench`, as Bench), and a benchmark file that has its cases.
"""

from __future__ import annotations

import importlib
import pkgutil

from harness.phases.declaration import Phase
from harness.record.case import Case


def _found() -> dict[str, Phase]:
    names = [each.name for each in pkgutil.iter_modules(__path__) if each.ispkg]
    found: dict[str, Phase] = {name: importlib.import_module(f"{__name__}.{name}.phase").PHASE for name in names}
    return dict(sorted(found.items(), key=lambda each: (each[1].place, each[0])))


PHASES = _found()


def implied(case: Case) -> frozenset[str]:
    """The axes whose value the phase says already: neither ids nor titles need them."""
    phase = PHASES.get(case.phase)
    return frozenset({"workload"}) if phase and phase.workload is case.workload else frozenset()


def bench(phase: str) -> str:
    """The module that measures it in a worker."""
    return f"{__name__}.{phase}.bench"
