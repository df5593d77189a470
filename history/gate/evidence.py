"""What each case did in each pair: one number a process, peaks of memory, or the outcome that left none."""

from __future__ import annotations

import math
import statistics
from pathlib import Path

import msgspec
import numpy as np

from harness.record.measurement import SCHEMA_VERSION
from harness.record.outcome import Outcome
from history.gate.folder import PairFiles
from history.gate.moderation import Floats
from history.records import BadInput, Machine, Row, Run, read

PEAK = "peak_bytes"  # how the names of peaks end


class Sample(msgspec.Struct, frozen=True):
    """One case in one process."""

    outcome: Outcome
    detail: str
    log_seconds: float | None  # of the median step; None where the outcome is not ok, and where memory is what is measured
    peak_bytes: dict[str, int]
    environment: dict[str, str] | None  # None in files of other suites


class CaseEvidence(msgspec.Struct, frozen=True):
    """A case's samples by the number of their pair; a process that did not have the case has no sample."""

    name: str
    base: dict[int, Sample]
    head: dict[int, Sample]

    @property
    def timed_pairs(self) -> list[int]:
        """Numbers of the pairs with a number on both sides, in order."""
        return [
            number
            for number, base in self.base.items()
            if base.log_seconds is not None and (head := self.head.get(number)) is not None and head.log_seconds is not None
        ]

    @property
    def log_ratios(self) -> list[float]:
        """log(head / base) of the timed pairs."""
        return [_log_seconds(self.head[number]) - _log_seconds(self.base[number]) for number in self.timed_pairs]


class Evidence(msgspec.Struct, frozen=True):
    """All that a decision rests on."""

    pairs: int
    cases: tuple[CaseEvidence, ...]
    machine: Machine  # of the first base
    other_machines: tuple[tuple[str, Machine], ...]  # file and machine, where it is not the first base's
    commits: tuple[str | None, str | None]  # base, head

    def log_ratios(self) -> Floats:
        """cases × pairs, packed to the left, NaN after each case's last timed pair."""
        rows = [case.log_ratios for case in self.cases]
        packed = np.full((len(rows), max(map(len, rows), default=0)), np.nan)
        for index, row in enumerate(rows):
            packed[index, : len(row)] = row
        return packed


def gather(pairs: tuple[PairFiles, ...]) -> Evidence:
    """Reads one file at a time and keeps one number of it a case. Raises BadInput (`records.read`)."""
    base: dict[str, dict[int, Sample]] = {}
    head: dict[str, dict[int, Sample]] = {}
    machines: list[tuple[str, Machine]] = []
    commits: list[str | None] = []
    versions: dict[int | None, str] = {}
    for pair in pairs:
        for path, side in ((pair.base, base), (pair.head, head)):
            run = read(path)
            _expect_one_version(versions, run)
            machines.append((path.name, run.machine))
            commits.append(run.commit)
            for row in run.rows:
                side.setdefault(row.fullname, {})[pair.number] = _sample(row)
    if not base and not head:
        raise BadInput(f"{_folder(pairs)}: no file has a case in it. Measure again, with benchmarks selected.")
    first = machines[0][1]
    names = sorted(base.keys() | head.keys())
    return Evidence(
        pairs=len(pairs),
        cases=tuple(CaseEvidence(name=name, base=base.get(name, {}), head=head.get(name, {})) for name in names),
        machine=first,
        other_machines=tuple((source, machine) for source, machine in machines if machine != first),
        commits=(commits[0], commits[1]),
    )


def _expect_one_version(versions: dict[int | None, str], run: Run) -> None:
    """Files with measurements and files without do not mix: what the latter lack could not be compared."""
    for row in run.rows:
        version = row.measurement.schema_version if row.measurement else None
        versions.setdefault(version, run.source)
        if len(versions) > 1:
            other = next(source for known, source in versions.items() if known != version)
            having, lacking = (run.source, other) if version == SCHEMA_VERSION else (other, run.source)
            raise BadInput(f"{lacking}: has cases without this suite's measurement, unlike {having}. Measure both with one version.")


def _sample(row: Row) -> Sample:
    measurement = row.measurement
    timed = row.outcome is Outcome.OK and not (measurement and measurement.case.phase == "memory")
    peaks = {
        reading.name: reading.value_bytes
        for reading in (measurement.readings if measurement else ())
        if reading.name.endswith(PEAK) and reading.status == "ok" and reading.value_bytes is not None
    }
    return Sample(
        outcome=row.outcome,
        detail=row.detail,
        log_seconds=math.log(statistics.median(row.step_seconds)) if timed else None,
        peak_bytes=peaks,
        environment=measurement.environment if measurement else None,
    )


def _log_seconds(sample: Sample) -> float:
    assert sample.log_seconds is not None
    return sample.log_seconds


def _folder(pairs: tuple[PairFiles, ...]) -> Path:
    return pairs[0].base.parent
