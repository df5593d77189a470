"""pytest-benchmark's JSON as frozen rows, packed or not: what every command of `history` reads.

Files of this suite carry a `Measurement` with each benchmark; files of other suites do not, and read as well. Anything that cannot
be trusted is refused in one line that names the file: a number that is wrong is worse than no number.
"""

from __future__ import annotations

import hashlib
import math
import statistics
from pathlib import Path
from typing import Any

import msgspec

from harness.findings.ratio import Ratio
from harness.record.machine import Machine
from harness.record.measurement import SCHEMA_VERSION, Measurement
from harness.record.outcome import Outcome
from harness.record.round import Round
from history.packing import PackingError, compact, unpacked

IDENTITY_DIGITS = 12


class BadInput(Exception):
    """A file or an option that cannot be used. The message is one line: what is wrong, where, and the mend."""


class Condensed(msgspec.Struct, frozen=True):
    """What was told of a case's rounds before they were left out. Its figures stand in its measurement, those of the rounds too."""

    value: float | None  # of what the case is watched by; None: not measured
    low: float | None  # quartiles
    high: float | None
    disturbed: bool  # most rounds were
    reference: str = ""  # the framework that the case was compared with
    ratio: Ratio | None = None  # of the reference's cost over this one's; None where it is the reference, or none could be told

    def __post_init__(self) -> None:
        """What is no measure is refused, as it is among durations."""
        told = (self.value, self.low, self.high, *(msgspec.structs.astuple(self.ratio) if self.ratio else ()))
        if not all(each is None or each > 0 for each in told):
            raise ValueError("what was condensed is above 0")


class Row(msgspec.Struct, frozen=True):
    """One case of one process."""

    fullname: str  # pytest's node id
    group: str | None
    params: dict[str, Any]
    outcome: Outcome
    detail: str  # why, where the outcome is not ok
    step_seconds: tuple[float, ...]  # one value a round; empty where the outcome is not ok
    measurement: Measurement | None  # None in files of other suites
    condensed: Condensed | None = None  # None where the rounds are there


class Unfinished(msgspec.Struct, frozen=True):
    """How far a session came that ended early."""

    measured: int  # cases that are over, with figures or without
    cases: int

    @property
    def left(self) -> int:
        return self.cases - self.measured

    @property
    def told(self) -> str:
        return f"{self.measured} of {self.cases}"


class Run(msgspec.Struct, frozen=True):
    """One file: one process of pytest."""

    source: str
    datetime: str
    commit: str | None
    machine: Machine
    rows: tuple[Row, ...]
    commit_time: str | None = None
    branch: str | None = None
    schema_version: int | None = None  # None in files of other suites
    unfinished: Unfinished | None = None  # None where all cases were measured
    identity: str = ""  # the beginning of the hash of its content: packed, indented or condensed it is the same run
    condensed: bool = False  # its rounds were left out


class Demands(msgspec.Struct, frozen=True):
    """What a file must have to be of use to who reads it."""

    schema_versions: frozenset[int]
    raw_durations: bool


TO_DECIDE = Demands(schema_versions=frozenset({SCHEMA_VERSION}), raw_durations=True)
TO_SHOW = Demands(schema_versions=frozenset(range(1, SCHEMA_VERSION + 1)), raw_durations=False)  # older ones lack fields, no more


class _Stats(msgspec.Struct):
    data: list[float] | None = None
    min: float | None = None
    q1: float | None = None
    median: float | None = None
    q3: float | None = None
    max: float | None = None

    @property
    def five_numbers(self) -> list[float]:
        """Stand for the durations where only statistics were kept: their quartiles are the durations' own."""
        numbers = (self.min, self.q1, self.median, self.q3, self.max)
        return [number for number in numbers if number is not None] if None not in numbers else []


class _ExtraInfo(msgspec.Struct):
    measurement: msgspec.Raw = msgspec.Raw()  # empty in files of other suites
    condensed: Condensed | None = None


class _Benchmark(msgspec.Struct):
    fullname: str
    stats: _Stats
    group: str | None = None
    params: dict[str, Any] | None = None
    extra_info: _ExtraInfo = msgspec.field(default_factory=_ExtraInfo)


class _Unmeasured(msgspec.Struct):
    fullname: str
    measurement: msgspec.Raw
    condensed: Condensed | None = None


class _MachineInfo(msgspec.Struct):
    """The sections that a `Machine` is read from."""

    cpu: dict[str, Any] | None = None
    gpu: dict[str, Any] | None = None
    suite: dict[str, Any] | None = None


class _CommitInfo(msgspec.Struct):
    id: str | None = None
    time: str | None = None
    branch: str | None = None


class _CondensedFile(msgspec.Struct):
    identity: str  # of the run, as it was with its rounds


class _File(msgspec.Struct):
    benchmarks: list[_Benchmark]
    machine_info: _MachineInfo = msgspec.field(default_factory=_MachineInfo)
    commit_info: _CommitInfo = msgspec.field(default_factory=_CommitInfo)
    datetime: str = ""
    unmeasured: list[_Unmeasured] = []
    unfinished: Unfinished | None = None
    condensed: _CondensedFile | None = None


class _Version(msgspec.Struct):
    schema_version: int


_FILE = msgspec.json.Decoder(_File)
_VERSION = msgspec.json.Decoder(_Version)
_MEASUREMENT = msgspec.json.Decoder(Measurement)


def read(path: Path, demands: Demands = TO_DECIDE) -> Run:
    """Raises BadInput for whatever is not a complete pytest-benchmark file with what is demanded of it, durations in seconds."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror}).") from error
    return parse(path, content, demands)


def parse(path: Path, content: bytes, demands: Demands) -> Run:
    """`read`, for who has the content already. `path`: what the file is called in a refusal."""
    try:
        content = unpacked(content)
        file = _FILE.decode(content)
        machine = Machine.of(msgspec.structs.asdict(file.machine_info))
        identity = file.condensed.identity if file.condensed else hashlib.sha256(compact(content)).hexdigest()[:IDENTITY_DIGITS]
    except PackingError as error:
        raise BadInput(f"{path}: cannot be unpacked: {error}. Fetch it again, or remove it.") from error
    except msgspec.ValidationError as error:
        raise BadInput(f"{path}: not a pytest-benchmark file ({error}). Write it with --benchmark-json.") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: not valid JSON ({error}): truncated, or it holds NaN or Infinity. Measure it again.") from error
    if file.condensed and demands.raw_durations:
        raise BadInput(f"{path}: condensed: it has no raw durations any more, and no decision can be made of it. Measure it again.")
    _expect_version(path, "machine_info.suite", machine.schema_version, demands)
    rows = [_measured(path, benchmark, demands) for benchmark in file.benchmarks]
    rows.extend(_unmeasured(path, entry, demands) for entry in file.unmeasured)
    names: set[str] = set()
    for row in rows:
        if row.fullname in names:
            raise BadInput(f"{path}: {row.fullname} is there twice. Give each case an id of its own.")
        names.add(row.fullname)
    return Run(
        source=str(path),
        datetime=file.datetime,
        commit=file.commit_info.id,
        machine=machine,
        rows=tuple(rows),
        commit_time=file.commit_info.time,
        branch=file.commit_info.branch,
        schema_version=machine.schema_version,
        unfinished=file.unfinished,
        identity=identity,
        condensed=file.condensed is not None,
    )


def _measured(path: Path, benchmark: _Benchmark, demands: Demands) -> Row:
    name = benchmark.fullname
    measurement = _measurement(path, name, benchmark.extra_info.measurement, demands)
    durations_seconds = benchmark.stats.data
    if not durations_seconds and not demands.raw_durations:
        durations_seconds = measurement.step_seconds if measurement and measurement.rounds else benchmark.stats.five_numbers
    if not durations_seconds:
        raise BadInput(f"{path}: {name} has no raw durations (stats.data). Write the file with --benchmark-json, not --benchmark-autosave.")
    wrong = next((value for value in durations_seconds if not (math.isfinite(value) and value > 0)), None)
    if wrong is not None:
        raise BadInput(f"{path}: {name} has a duration of {wrong:g} s. Durations are above 0 and finite: measure it again.")
    if measurement and benchmark.extra_info.condensed:
        measurement = _with_one_round(measurement, durations_seconds, benchmark.extra_info.condensed)
    return Row(
        fullname=name,
        group=benchmark.group,
        params=benchmark.params or {},
        outcome=measurement.outcome if measurement else Outcome.OK,
        detail=measurement.detail if measurement else "",
        step_seconds=tuple(durations_seconds),
        measurement=measurement,
        condensed=benchmark.extra_info.condensed,
    )


def _with_one_round(measurement: Measurement, step_seconds: list[float], condensed: Condensed) -> Measurement:
    """Which stands for all that were left out. Of one turn no ratio is told."""
    seconds = statistics.median(step_seconds) * measurement.steps_per_round
    one = Round(seconds=seconds, cpu_seconds=0.0, foreign_cpu_share=float(condensed.disturbed), block=0)
    return msgspec.structs.replace(measurement, rounds=(one,))


def _unmeasured(path: Path, entry: _Unmeasured, demands: Demands) -> Row:
    measurement = _measurement(path, entry.fullname, entry.measurement, demands)
    if measurement is None or measurement.outcome is Outcome.OK:
        raise BadInput(f"{path}: {entry.fullname} is listed as unmeasured, yet without the outcome that says why. Measure it again.")
    return Row(
        fullname=entry.fullname,
        group=None,
        params={},
        outcome=measurement.outcome,
        detail=measurement.detail,
        step_seconds=(),
        measurement=measurement,
        condensed=entry.condensed,
    )


def _measurement(path: Path, name: str, raw: msgspec.Raw, demands: Demands) -> Measurement | None:
    if bytes(raw) in (b"", b"null"):
        return None
    try:
        _expect_version(path, name, _VERSION.decode(raw).schema_version, demands)  # first: another version need not have our fields
        return _MEASUREMENT.decode(raw)
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: the measurement of {name} is not one of this suite's ({error}). Measure it again.") from error


def _expect_version(path: Path, place: str, version: int | None, demands: Demands) -> None:
    if version is not None and version not in demands.schema_versions:
        known = " and ".join(map(str, sorted(demands.schema_versions)))
        raise BadInput(f"{path}: {place} has schema version {version}, this reads {known}. Measure both sides with one version.")
