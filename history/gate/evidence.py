"""What each case did in each pair: one number a process, peaks of memory, or the outcome that left none."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from pathlib import Path

import msgspec
import numpy as np

from harness.findings.ratio import HOST_METER, compared_meter
from harness.findings.watched import Watched, is_time, judges_peaks, log_cost, values, watched
from harness.record.machine import Machine
from harness.record.measurement import SCHEMA_VERSION, Measurement
from harness.record.outcome import Outcome
from history.gate.moderation import Floats
from history.gate.verdict import UnfinishedFile
from history.pairs.folder import PairFiles
from history.records import BadInput, Row, Run, read

PEAKS = ("peak_bytes", HOST_METER)  # how the names of peaks end, the warm-up's too
BASE, HEAD = "base", "head"


class Sample(msgspec.Struct, frozen=True):
    """One case in one process."""

    outcome: Outcome
    detail: str
    log_cost: float | None  # of the watched quantity's median; None where the outcome is not ok, and where memory is what is watched
    peak_bytes: dict[str, int]
    environment: dict[str, str] | None  # None in files of other suites


class CaseEvidence(msgspec.Struct, frozen=True):
    """A case's samples by the number of their pair; a process that did not have the case, or ended before it, has no sample."""

    name: str
    model: str  # "" in files of other suites
    how: Watched  # what its samples' costs are of
    base: dict[int, Sample]
    head: dict[int, Sample]
    cut_off: dict[int, str] = {}  # by the number of a pair that has it on one side only: the other side's file, where that is unfinished

    @property
    def whole_pairs(self) -> list[int]:
        """Numbers of the pairs with a number on both sides, in order."""
        return [
            number
            for number, base in self.base.items()
            if base.log_cost is not None and (head := self.head.get(number)) is not None and head.log_cost is not None
        ]

    @property
    def log_ratios(self) -> list[float]:
        """log(head / base) of what the whole pairs cost."""
        return [_log_cost(self.head[number]) - _log_cost(self.base[number]) for number in self.whole_pairs]


class Evidence(msgspec.Struct, frozen=True):
    """All that a decision rests on."""

    pairs: int
    cases: tuple[CaseEvidence, ...]
    machine: Machine  # of the first base
    other_machines: tuple[tuple[str, Machine], ...]  # file and machine, where it is not the first base's
    commits: tuple[str | None, str | None]  # base, head
    unfinished: tuple[UnfinishedFile, ...] = ()
    unseen: int = 0  # cases that no file has, because those that were to have them are unfinished

    def log_ratios(self) -> Floats:
        """cases × pairs, packed to the left, NaN after each case's last whole pair."""
        rows = [case.log_ratios for case in self.cases]
        packed = np.full((len(rows), max(map(len, rows), default=0)), np.nan)
        for index, row in enumerate(rows):
            packed[index, : len(row)] = row
        return packed


def gather(pairs: tuple[PairFiles, ...]) -> Evidence:
    """Reads one file at a time and keeps one number of it a case. Raises BadInput (`records.read`)."""
    base: dict[str, dict[int, Sample]] = {}
    head: dict[str, dict[int, Sample]] = {}
    hows: dict[str, Watched] = {}
    models: dict[str, str] = {}
    machines: list[tuple[str, Machine]] = []
    commits: list[str | None] = []
    versions: dict[int | None, str] = {}
    unfinished: dict[tuple[int, str], UnfinishedFile] = {}
    most_cases = 0  # of an unfinished file, had it been finished
    for pair in pairs:
        for path, side, side_name in ((pair.base, base, BASE), (pair.head, head, HEAD)):
            run = read(path)
            _expect_one_version(versions, run)
            machines.append((path.name, run.machine))
            commits.append(run.commit)
            if run.unfinished is not None:
                unfinished[pair.number, side_name] = UnfinishedFile(path.name, run.unfinished)
                most_cases = max(most_cases, len(run.rows) + run.unfinished.left)
            for row in run.rows:
                how = hows.setdefault(row.fullname, watched(row.measurement))
                models.setdefault(row.fullname, row.measurement.case.model if row.measurement else "")
                side.setdefault(row.fullname, {})[pair.number] = _sample(row, how)
    if not base and not head:
        raise BadInput(f"{_folder(pairs)}: no file has a case in it. Measure again, with benchmarks selected.")
    first = machines[0][1]
    names = sorted(base.keys() | head.keys())
    return Evidence(
        pairs=len(pairs),
        cases=tuple(_case(name, models[name], hows[name], base.get(name, {}), head.get(name, {}), unfinished) for name in names),
        machine=first,
        other_machines=tuple((source, machine) for source, machine in machines if machine != first),
        commits=(commits[0], commits[1]),
        unfinished=tuple(unfinished.values()),
        unseen=max(0, most_cases - len(names)),
    )


def _case(
    name: str,
    model: str,
    how: Watched,
    base: dict[int, Sample],
    head: dict[int, Sample],
    unfinished: Mapping[tuple[int, str], UnfinishedFile],
) -> CaseEvidence:
    lacking = [(number, HEAD if number in base else BASE) for number in sorted(base.keys() ^ head.keys())]
    cut_off = {place[0]: unfinished[place].file for place in lacking if place in unfinished}
    return CaseEvidence(name, model, how, base, head, cut_off)


def _expect_one_version(versions: dict[int | None, str], run: Run) -> None:
    """Files with measurements and files without do not mix: what the latter lack could not be compared."""
    for row in run.rows:
        version = row.measurement.schema_version if row.measurement else None
        versions.setdefault(version, run.source)
        if len(versions) > 1:
            other = next(source for known, source in versions.items() if known != version)
            having, lacking = (run.source, other) if version == SCHEMA_VERSION else (other, run.source)
            raise BadInput(f"{lacking}: has cases without this suite's measurement, unlike {having}. Measure both with one version.")


def _sample(row: Row, how: Watched) -> Sample:
    measurement = row.measurement
    found = values(measurement, row.step_seconds) if row.outcome is Outcome.OK else ()
    return Sample(
        outcome=row.outcome,
        detail=row.detail,
        log_cost=log_cost(how, statistics.median(found)) if found and is_time(how) else None,
        peak_bytes=_peaks(measurement, how) if measurement else {},
        environment=measurement.environment if measurement else None,
    )


def _peaks(measurement: Measurement, how: Watched) -> dict[str, int]:
    """Those of all allocators and processes, and the meter that the phase is watched by."""
    if not judges_peaks(how):
        return {}
    watched_meter = None if is_time(how) else compared_meter((measurement,))
    return {
        reading.name: reading.value_bytes
        for reading in measurement.readings
        if (reading.name.endswith(PEAKS) or reading.name == watched_meter) and reading.status == "ok" and reading.value_bytes is not None
    }


def _log_cost(sample: Sample) -> float:
    assert sample.log_cost is not None
    return sample.log_cost


def _folder(pairs: tuple[PairFiles, ...]) -> Path:
    return pairs[0].base.parent
