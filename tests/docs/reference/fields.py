"""JSON: what the file of a run holds beyond pytest-benchmark's own."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from enum import StrEnum

import msgspec

from harness.findings import benchmark_json
from harness.phases.figures import FURTHER_METERS, METERS
from harness.record.case import Case
from harness.record.check import FARTHEST, Check, EqualWork
from harness.record.machine import Machine, ModelOfRun
from harness.record.measurement import (
    SCHEMA_VERSION,
    ColdStart,
    CurvePoint,
    Epoch,
    Measurement,
    Provenance,
    Reading,
    ScalingPoint,
    SweepPoint,
)
from harness.record.outcome import Outcome
from harness.record.parting import Examination, Line, Parting, Point, Reason
from harness.record.round import Round
from history.nights.condensed_file import LEFT_OUT
from tests.docs.reference import comments
from tests.docs.reference.markdown import code, page, table

STRUCTS = (
    *(Measurement, Case, Round, ColdStart, Reading, EqualWork, Check, Provenance, Epoch, SweepPoint, ScalingPoint, CurvePoint),
    *(Examination, Parting, Reason, Line, Point),
)
TOPS = {
    "benchmarks": "what was measured: entries of pytest-benchmark's, with statistics in `stats` and this suite's record in `extra_info`",
    benchmark_json.UNMEASURED: "what ended without a number: `fullname`, and the `measurement` with its outcome and detail",
    benchmark_json.BEST: "where several ways of loading were measured: which is the best of each framework",
    benchmark_json.EFFICIENCIES: "where ranks and their single one were measured: `scaling` (strong or weak), the `case`, its `efficiency` "
    "with `efficiency_low` and `efficiency_high`, or nothing and `why_not`, and whether the ranks `shared` cores or a GPU",
    benchmark_json.EXAMINATIONS: "where networks part, and why",
    benchmark_json.UNFINISHED: "of a session that ended early: how many of its cases were measured",
    "experiments": "the hyperparameters of the steps and of the whole jobs; with `--experiment RUN.json` they are taken again",
    "machine_info": "the machine: pytest-benchmark's, and `gpu`, `workers` and `suite`",
    "commit_info": "the commit of the suite's folder; `unversioned` where git does not know it",
    "condensed": "of a night that `history keep` has condensed: what was left out",
}


def markdown() -> str:
    return page(
        "JSON",
        "A run is a file of pytest-benchmark's JSON (its own fields are in pytest-benchmark's documentation). What this suite adds lies\n"
        f"beside them. Durations are in seconds, sizes in bytes, shares from 0 to 1. JSON has no infinity: the largest number,\n"
        f"`{FARTHEST}`, stands for it. Version of the record: {SCHEMA_VERSION}.",
        "## At the top of the file",
        table(("field", "what it holds"), ((code(name), said) for name, said in TOPS.items())),
        "## In `machine_info.suite` and of the machine",
        "What decides whether two runs compare (`harness/record/comparable.py`). A name ending in `_sha256` is the hash of what it names.",
        table(("field", "type"), ((code(name), typed(hint)) for name, hint in [*_hints(Machine), *_of_models()])),
        "## In `extra_info`",
        "`measurement` is the record below, from which everything else follows. Beside it stand, for tools that read single numbers, the\n"
        "throughput (`images_per_second`, or the model's own word), every figure of the phase ([by phase](ids.md#phases)) and every\n"
        "reading of memory. What has an interval has it in two more, `_low` and `_high`.",
        *(part for struct in STRUCTS for part in _struct(struct)),
        "## Outcome",
        "Only `ok` carries a number.",
        table(("value", "what it is"), ((code(getattr(Outcome, name)), said) for name, said in comments.of(Outcome).items())),
        "## Readings of memory",
        table(("name", "in tables"), ((code(each.name), each.title) for each in (*METERS, *FURTHER_METERS))),
        "## What a condensed night lacks",
        f"`python -m history keep` leaves out {', '.join(code(f'measurement.{name}') for name in LEFT_OUT)} and `stats.data`.\n"
        "What follows from them is kept: figures, statistics, ratios and intervals.",
    )


def typed(hint: object) -> str:
    """As people read it: `list of Round`, `number or nothing`."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        return typed(arguments[0])
    if hint in SIMPLE:
        return SIMPLE[hint]
    if origin in (typing.Union, types.UnionType):
        return " or ".join(typed(each) for each in arguments)
    if origin is tuple:
        return f"list of {typed(arguments[0])}"
    if origin is dict:
        return f"{typed(arguments[1])} by name"
    assert isinstance(hint, type)
    if issubclass(hint, StrEnum) and hint is not Outcome:
        return ", ".join(map(code, hint))
    return f"[{heading(hint)}](#{heading(hint).lower().replace(' ', '-')})" if hint in (*STRUCTS, Outcome) else "text"


SIMPLE: dict[object, str] = {str: "text", int: "integer", float: "number", bool: "true or false", type(None): "nothing"}


def heading(struct: type) -> str:
    return "".join(f" {each.lower()}" if each.isupper() else each for each in struct.__name__).strip().capitalize()


def _struct(struct: type[msgspec.Struct]) -> tuple[str, ...]:
    said = comments.of(struct)
    rows = ((code(name), typed(hint), said.get(name, "")) for name, hint in _hints(struct))
    summary = (struct.__doc__ or "").strip().split("\n\n")[0]
    return f"## {heading(struct)}", summary, table(("field", "type", "what it is"), rows)


def _hints(struct: type[msgspec.Struct]) -> Iterator[tuple[str, object]]:
    hints = typing.get_type_hints(struct, include_extras=True)
    yield from ((name, hints[name]) for name in struct.__struct_fields__ if name != "models")


def _of_models() -> Iterator[tuple[str, object]]:
    yield from ((f"models.NAME.{name}", hint) for name, hint in _hints(ModelOfRun) if name != "name")
