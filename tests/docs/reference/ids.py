"""Ids: the parts of a test's id, their values, and what each phase measures."""

from __future__ import annotations

from collections.abc import Iterable

from harness.findings.comparison import phase_title
from harness.frameworks import FRAMEWORKS
from harness.phases import PHASES
from harness.phases.declaration import Phase, Schedule
from harness.record.axis import LAST
from harness.record.case import AXES, DEFAULT_MODEL, Execution, Precision, Style, Workload
from harness.record.fairness import NEUTRAL
from harness.record.figure import Figure, Together, worded
from tests.docs.reference import comments
from tests.docs.reference.markdown import code, page, table

EXAMPLE = "test_train_step[pytorch-matched-eager-fp32-frozen-bs32]"
ENUMERATIONS = {"workload": Workload, "style": Style, "precision": Precision}
ITEM = "image"  # the default model's
OTHER_VALUES = {
    "model": "the name of its folder",
    "strategy": "of `strategy`: see below",
    "model_format": "see below",
    "batch_size": f"`{AXES['batch_size'].prefix}8`: the batch size, of all ranks together",
    "ranks": f"`{AXES['ranks'].prefix}2`: how many processes share the batch, where they are several",
    "exchange": "another way for ranks to exchange than the framework's own: see below",
}
HEADS = ("value", "what it is")


def markdown() -> str:
    return page(
        "Ids",
        f"A benchmark's id says what is measured: `{EXAMPLE}`. Its parts stand in this order; a part that has one value in a\n"
        f"phase, or none, is left out. Of other models than `{DEFAULT_MODEL}` an id begins with the model's name.",
        table(("part", "values"), ((AXES[name].title, _values(name)) for name in _in_order())),
        "`-k` finds parts of ids, and the tables' words: `plain` takes both sides, `eager` as well.",
        *(part for name, each in ENUMERATIONS.items() for part in (f"## {AXES[name].title.capitalize()}", _enumeration(each))),
        "## Execution",
        _executions(),
        "## Rungs of the ladder",
        "What each framework does where nobody says otherwise, and the neutral setting that `matched` has. A rung of a ladder has the\n"
        "sources up to its own neutral.",
        _rungs(),
        "## Strategies of the input pipelines",
        *(part for name in FRAMEWORKS for part in (f"### {FRAMEWORKS[name].title}", table(HEADS, _strategies(name)))),
        "## Model formats",
        table(("framework", "formats"), ((each.title, ", ".join(map(code, each.formats))) for each in FRAMEWORKS.values())),
        "## Exchanges between ranks",
        "`-k default_exchange` finds the cases without such a part: each framework's own way, and a single rank.",
        *(part for name in FRAMEWORKS for part in (f"### {FRAMEWORKS[name].title}'s", table(HEADS, _exchanges(name)))),
        "## Phases",
        f"What each measures, and its figures, for a model whose batches are made of {ITEM}s: `{ITEM}s_per_second` is\n"
        "`sequences_per_second` of the text encoder.",
        *(part for name, phase in PHASES.items() for part in _phase(name, phase)),
    )


def _in_order() -> list[str]:
    return [name for name in sorted(AXES, key=lambda name: AXES[name].id_place) if AXES[name].id_place < LAST]


def _values(name: str) -> str:
    if name == "framework":
        return ", ".join(map(code, FRAMEWORKS))
    if name == "execution":
        return ", ".join(code(own) for each in FRAMEWORKS.values() for own in each.executions.values())
    if name in ENUMERATIONS:
        return ", ".join(code(each) for each in ENUMERATIONS[name])
    if name == "rung":
        return "of `ladder`: a source of unfairness, see below"
    return OTHER_VALUES[name]


def _enumeration(each: type) -> str:
    return table(HEADS, ((code(getattr(each, name)), said) for name, said in comments.of(each).items()))


def _executions() -> str:
    said = comments.of(Execution)
    rows = ((code(each), *(code(own.executions[each]) for own in FRAMEWORKS.values()), said[each.name]) for each in Execution)
    return table(("in tables", *(f"{each.title}'s id" for each in FRAMEWORKS.values()), "what it is"), rows)


def _rungs() -> str:
    habits = ((code(source), *(each.habits[source] for each in FRAMEWORKS.values()), neutral) for source, neutral in NEUTRAL.items())
    return table(("rung", *(each.title for each in FRAMEWORKS.values()), "neutral"), habits)


def _strategies(framework: str) -> list[tuple[str, str]]:
    listing = FRAMEWORKS[framework]
    return [
        (code("tuned"), f"{listing.tuned} (an id of `matched` does not name it)"),
        *((code(k), v) for k, v in listing.strategies.items()),
    ]


def _exchanges(framework: str) -> list[tuple[str, str]]:
    return [(code(name), said) for name, said in FRAMEWORKS[framework].exchanges.items()]


def _phase(name: str, phase: Phase) -> tuple[str, ...]:
    schedules = comments.of(Schedule)
    watched = worded(phase.watched.figure.title, ITEM)
    shown = [each for figure in phase.figures for each in (figure.figures if isinstance(figure, Together) else (figure,))]
    return (
        f"### {phase_title(name)}",
        f"`{name}`: {phase.subtitle}. Schedule: {schedules[phase.schedule.name]}. Watched across commits by: {watched}.",
        table(("figure in the JSON", "in tables", "unit"), _figures([*shown, *phase.further])),
    )


def _figures(figures: Iterable[Figure]) -> list[tuple[str, str, str]]:
    """Each once, in the words that tables have for it."""
    named = {figure.of(ITEM).name: figure.of(ITEM) for figure in reversed(list(figures))}
    return [(code(each.name), each.title, each.unit) for each in reversed(named.values())]
