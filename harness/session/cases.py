"""The matrix: which cases a benchmark file has, what they are called, and which of them run.

A benchmark declares rectangles of the matrix, one `@pytest.mark.cases(...)` each, and is parametrized with their union:

    @pytest.mark.cases("core", phase="inference", workload="inference", style="matched", execution="plain", precision=["fp32", "bf16"])

The positional arguments are the sets the rectangle belongs to; they become markers of the same names. The keywords are the axes that
`record.case.Case` has. A list is every value in it; "experiment" is the experiment's, "every" all that a framework has of its own, and
"chosen" all that the option of that name gives. A batch size of "a rank" is the experiment's for each rank.
Models are those of the session. What does not apply to one of them is not collected (`applicable`).
"""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Any

import msgspec
import pytest

from fixtures.models.folder import Folder
from harness.findings.comparison import phase_title, title_of
from harness.findings.lead import TUNED
from harness.frameworks import FRAMEWORKS, title
from harness.phases import PHASES, implied
from harness.phases.declaration import OWN_WORKERS, Schedule
from harness.record.axis import Axis
from harness.record.case import AXES, DEFAULTS, Case, Style, Workload, parts
from harness.record.exchange import DEFAULT
from harness.record.fairness import SURROUNDINGS
from harness.session import applicable, options

PARAMETERS = sorted((name for name in AXES if name != "phase"), key=lambda name: AXES[name].id_place)  # of a test, in the order of the ids
COMMON = [name for name, axis in AXES.items() if not axis.listed]  # the framework comes last, and varies fastest: sides are neighbours
OWN = {name: axis for name, axis in AXES.items() if axis.listed}  # of a framework alone
EXPERIMENT, EVERY, CHOSEN = "experiment", "every", "chosen"
A_RANK = "a rank"  # the experiment's batch size for each rank, instead of for all together
DEFAULT_EXCHANGE = f"{DEFAULT}_exchange"  # leaves out the other ways of ranks to exchange, and keeps the single rank
SETS = ("core", "gate")
ON_REQUEST = "examination"  # a marker of tests that run where they are chosen, as cases do that are not core
EXAMINED = "examined"  # their parameter: the folder of a model
CASE = pytest.StashKey[Case]()
MODEL = pytest.StashKey[Folder]()  # of a test that examines one
EMPTY = pytest.StashKey[set[str]]()  # node ids of test functions without a case


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"cases(*sets, phase, {', '.join(PARAMETERS)}): a rectangle of the matrix.")
    config.addinivalue_line("markers", "core: what `pytest benchmarks` runs where no -m, -k, file or node id says otherwise.")
    config.addinivalue_line("markers", "gate: what the regression gate runs.")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    rectangles = list(metafunc.definition.iter_markers("cases"))
    if not rectangles:
        return
    config, sets_of = metafunc.config, dict[Case, set[str]]()
    chosen = options.of(config)
    for rectangle in reversed(rectangles):  # decorators apply from the bottom up; read them from the top down
        for case in rectangle_cases(rectangle, chosen):
            refused = applicable.why_not(case, chosen.model(case.model).description)
            if refused is None:
                sets_of.setdefault(case, set()).update(rectangle.args)
            else:
                applicable.note(config, case.model, *refused)
    if not sets_of:
        config.stash.setdefault(EMPTY, set()).add(metafunc.definition.nodeid)
    metafunc.parametrize(
        PARAMETERS,
        [
            pytest.param(
                *(getattr(case, name) for name in PARAMETERS), id=case_id(case), marks=[getattr(pytest.mark, each) for each in sorted(sets)]
            )
            for case, sets in sets_of.items()
        ],
    )


@pytest.hookimpl(wrapper=True)
def pytest_pycollect_makeitem(collector: pytest.Collector) -> Generator[None, Any, Any]:
    """A function without a case is no test: pytest would show a skipped one without parameters."""
    made = yield
    if not isinstance(made, list):
        return made
    empty = collector.config.stash.get(EMPTY, set())
    return [each for each in made if each.nodeid.partition("[")[0] not in empty]


def rectangle_cases(rectangle: pytest.Mark, chosen: options.Options) -> Iterator[Case]:
    """Raises pytest.UsageError for what is no rectangle of the matrix."""
    unknown = set(rectangle.args) - set(SETS) or set(rectangle.kwargs) - set(AXES)
    if unknown:
        raise _usage(f"unknown {', '.join(sorted(unknown))}; sets are {', '.join(SETS)}, axes are {', '.join(AXES)}")
    phase = rectangle.kwargs.get("phase")
    if phase not in PHASES:
        raise _usage(f"no phase {phase!r}; phases are {', '.join(PHASES)}")
    experiment = chosen.experiment(phase)
    wanted = {name: _wanted(name, axis, rectangle) for name, axis in AXES.items()}
    wanted |= {name: getattr(chosen, name) for name, axis in AXES.items() if axis.of_the_options and wanted[name] == [CHOSEN]}
    names = [each.name for each in chosen.models]
    wanted["model"] = [each for each in wanted["model"] if each in names] if "model" in rectangle.kwargs else names
    for common in itertools.product(*(wanted[name] for name in COMMON)):
        values = dict(zip(COMMON, common, strict=True))
        for name, value in values.items():
            if value == EXPERIMENT and AXES[name].of_the_experiment:
                values[name] = getattr(experiment, name)
        if values["batch_size"] == A_RANK:
            values["batch_size"] = experiment.batch_size * values["ranks"]
        for own in itertools.product(*(_own(axis, wanted[name], values["framework"]) for name, axis in OWN.items())):
            case = _case(values | dict(zip(OWN, own, strict=True)))
            if case.exchange is None or case.ranks > 1:  # a single rank has nobody to exchange with
                yield case


def _wanted(name: str, axis: Axis, rectangle: pytest.Mark) -> list[Any]:
    """The values that the rectangle has on that axis. Where it names none: every framework, the experiment's value, or the default."""
    unnamed = list(FRAMEWORKS) if name == "framework" else EXPERIMENT if axis.of_the_experiment else DEFAULTS.get(name)
    value = rectangle.kwargs.get(name, unnamed)
    values = value if isinstance(value, list) else [value]
    for other, allowed in axis.only.items():
        if value != unnamed and rectangle.kwargs.get(other) not in allowed:
            raise _usage(f"{name} has values only where {other} is {' or '.join(allowed)}")
    return values


def _own(axis: Axis, wanted: list[Any], framework: str) -> list[str | None]:
    """Those values that the framework has; none where they are another framework's."""
    listed = {each: tuple(getattr(listing, axis.listed)) for each, listing in FRAMEWORKS.items()}
    if wanted == [EVERY]:
        return [*listed[framework]]
    for value in wanted:
        if value is not None and not any(value in each for each in listed.values()):
            raise _usage(f"no framework has a {axis.title} {value!r}")
    return [value for value in wanted if value is None or value in listed[framework]]


def _case(values: dict[str, Any]) -> Case:
    try:
        return msgspec.convert(values, Case)
    except msgspec.ValidationError as error:
        raise _usage(str(error)) from error


def _usage(text: str) -> pytest.UsageError:
    return pytest.UsageError(f"@pytest.mark.cases: {text}")


def case_id(case: Case) -> str:
    """`pytorch-matched-eager-fp32-frozen-bs32`: a framework's own names, and nothing the file's name says already."""
    return "-".join(_id_words(case, case.framework).values())


def keywords(case: Case) -> set[str]:
    """What `-k` finds a case by, beside its id: the words that titles and tables have for it, and those of its comparison's other sides.

    A framework's own name for what the tables call `plain` finds every side: else a comparison would be measured by halves.
    """
    ids = {"-".join(word for axis, word in _id_words(case, each).items() if axis != "framework") for each in FRAMEWORKS}
    ways = {TUNED} if case.workload is Workload.LOADING and case.style is Style.MATCHED else set()  # as the tables of ways to load call it
    ways |= {DEFAULT_EXCHANGE} if PHASES[case.phase].schedule is Schedule.RANKS and case.exchange is None else set()
    return {title_of(case), phase_title(case.phase), case.phase, case.model, title(case.framework), *ids, *ways}


def _id_words(case: Case, framework: str) -> dict[str, str]:
    """The parts of its id, in their order, by axis, in that framework's own names. One that has none of its own uses the tables'."""
    words = parts(case, implied(case) | {"phase"})
    for name in words:
        if AXES[name].named:
            words[name] = getattr(FRAMEWORKS[framework], AXES[name].named).get(getattr(case, name), words[name])
    return {name: words[name] for name in PARAMETERS if name in words}


def _asking_for(names: Iterable[str]) -> Callable[[Callable[..., Case]], Callable[..., Case]]:
    """Gives a fixture arguments of these names: pytest parametrizes a test only with what it, or one of its fixtures, asks for."""
    signature = inspect.Signature([inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY) for name in ("request", *names)])

    def asking(fixture: Callable[..., Case]) -> Callable[..., Case]:
        fixture.__signature__ = signature  # type: ignore[attr-defined]
        return fixture

    return asking


@pytest.fixture
@_asking_for(PARAMETERS)
def case(request: pytest.FixtureRequest, **_: Any) -> Case:
    """The test's case."""
    return request.node.stash[CASE]  # type: ignore[no-any-return]


@pytest.hookimpl(tryfirst=True)
def pytest_itemcollected(item: pytest.Item) -> None:
    """Gives each item its case, and what `-k` finds it by; or the model that it examines."""
    callspec = getattr(item, "callspec", None)
    mark = item.get_closest_marker("cases")
    if callspec is not None and item.get_closest_marker(ON_REQUEST) and EXAMINED in callspec.params:
        item.stash[MODEL] = callspec.params[EXAMINED]
    if callspec is None or mark is None:
        return
    item.stash[CASE] = Case(phase=mark.kwargs["phase"], **{name: callspec.params[name] for name in PARAMETERS})
    item.extra_keyword_matches |= keywords(item.stash[CASE])


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves the core set where nothing else was chosen, and puts the phases in the order of the job. Before `-k` looks at them."""
    _find_by_titles_of_models(config, [item for item in items if CASE in item.stash])
    chosen = (
        config.option.markexpr
        or config.option.keyword
        or config.getoption("lf", False)
        or any("::" in argument or (config.invocation_params.dir / argument).is_file() for argument in config.args)
    )
    if not chosen:
        left_out = [item for item in items if has_work(item) and item.get_closest_marker("core") is None]
        if left_out:
            config.hook.pytest_deselected(items=left_out)
            kept = set(items) - set(left_out)
            items[:] = [item for item in items if item in kept]
    items.sort(key=_rank)


def has_work(item: pytest.Item) -> bool:
    """For the frameworks: whether it measures a case or examines a model."""
    return CASE in item.stash or item.get_closest_marker(ON_REQUEST) is not None


def _find_by_titles_of_models(config: pytest.Config, items: list[pytest.Item]) -> None:
    """But for words that the tables have for something else: `memory` is a phase, whatever a model is called."""
    taken = " ".join({name.lower() for item in items for name in keywords(item.stash[CASE])})
    for item in items:
        words = options.of(config).model(item.stash[CASE].model).description.title.split()
        item.extra_keyword_matches |= {word for word in words if word.lower() not in taken}


def partners(items: Iterable[pytest.Item], case: Case) -> list[Case]:
    """The sides of the case's comparison that this session runs, the case's own among them."""
    cases = [item.stash[CASE] for item in items if CASE in item.stash]
    return list(dict.fromkeys(each for each in cases if title_of(each) == title_of(case)))


def _rank(item: pytest.Item) -> tuple[int, int]:
    """Tests of other kinds come first, as they were; then what shares workers, by their surroundings; then what has its own."""
    case = item.stash.get(CASE, None)
    return (-1, 0) if case is None else group_of(case)


def group_of(case: Case) -> tuple[int, int]:
    """Those of one group share workers, as their surroundings are the same; groups are in the order of these numbers."""
    phase = PHASES[case.phase]
    return (1, 0) if phase.schedule in OWN_WORKERS else (0, -len(phase.neutral(case) & SURROUNDINGS))
