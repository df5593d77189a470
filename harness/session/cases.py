"""The matrix: which cases a benchmark file has, what they are called, and which of them run.

A benchmark declares rectangles of the matrix, one `@pytest.mark.cases(...)` each, and is parametrized with their union:

    @pytest.mark.cases("core", phase="inference", workload="inference", style="matched", execution="plain", precision=["fp32", "bf16"])

The positional arguments are the sets the rectangle belongs to; they become markers of the same names.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec
import pytest

from harness.frameworks import FRAMEWORKS, Listing
from harness.record.case import Case, Execution, Precision, Style, Workload
from harness.record.fairness import Source
from harness.session import options

PARAMETERS = ("framework", "style", "rung", "strategy", "execution", "precision", "workload", "batch_size", "model_format")
ORDER = (
    "phase",
    "workload",
    "style",
    "rung",
    "execution",
    "precision",
    "batch_size",
    "framework",
    "strategy",
    "model_format",
)  # last: fastest
SETS = ("core", "gate")
FRESH_PHASES = ("memory", "largest_batch", "fine_tuning")  # each case has a worker of its own
CASE = pytest.StashKey[Case]()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"cases(*sets, phase, {', '.join(PARAMETERS)}): a rectangle of the matrix.")
    config.addinivalue_line("markers", "core: what `pytest benchmarks` runs where no -m, -k, file or node id says otherwise.")
    config.addinivalue_line("markers", "gate: what the regression gate runs.")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    rectangles = list(metafunc.definition.iter_markers("cases"))
    if not rectangles:
        return
    sets_of: dict[Case, set[str]] = {}
    for rectangle in reversed(rectangles):  # decorators apply from the bottom up; read them from the top down
        for case in rectangle_cases(rectangle, options.of(metafunc.config)):
            sets_of.setdefault(case, set()).update(rectangle.args)
    metafunc.parametrize(
        PARAMETERS,
        [
            pytest.param(
                *(getattr(case, name) for name in PARAMETERS), id=case_id(case), marks=[getattr(pytest.mark, each) for each in sorted(sets)]
            )
            for case, sets in sets_of.items()
        ],
    )


def rectangle_cases(rectangle: pytest.Mark, chosen: options.Options) -> Iterator[Case]:
    """Frameworks vary fastest, so that the two sides of a comparison are neighbours. What is "experiment" is the experiment's.

    Of formats and of strategies each framework has its own: "every" is all of those.
    """
    unknown = set(rectangle.args) - set(SETS) or set(rectangle.kwargs) - {"phase", *PARAMETERS}
    if unknown:
        raise pytest.UsageError(f"@pytest.mark.cases: unknown {', '.join(sorted(unknown))}; sets are {', '.join(SETS)}")
    given: dict[str, list[Any]] = {name: [None] for name in ("rung", "strategy", "execution", "precision", "model_format")}
    given |= {"batch_size": ["experiment"], "framework": list(FRAMEWORKS)}
    given |= {name: value if isinstance(value, list) else [value] for name, value in rectangle.kwargs.items()}
    for values in itertools.product(*(given[name] for name in ORDER)):
        case = dict(zip(ORDER, values, strict=True))
        experiment = chosen.experiment(Phase(case["phase"]))
        if case["batch_size"] == "experiment":
            case["batch_size"] = experiment.batch_size
        if case["workload"] == "experiment":
            case["workload"] = Workload.FROZEN if experiment.frozen_backbone else Workload.FULL
        for strategy, model_format in itertools.product(
            _own("strategy", case, lambda listing: listing.strategies), _own("model_format", case, lambda listing: listing.formats)
        ):
            yield _case(case | {"strategy": strategy, "model_format": model_format})


def _own(parameter: str, case: dict[str, Any], listed: Callable[[Listing], Iterable[str]]) -> tuple[str | None, ...]:
    """Those of the framework that are wanted; none where it is another framework's."""
    wanted, own = case[parameter], tuple(listed(FRAMEWORKS[case["framework"]]))
    if wanted is None:
        return (None,)
    if wanted == "every":
        return own
    if not any(wanted in listed(listing) for listing in FRAMEWORKS.values()):
        raise pytest.UsageError(f"@pytest.mark.cases: no framework has a {parameter} {wanted!r}")
    return (wanted,) if wanted in own else ()


def _case(values: dict[str, Any]) -> Case:
    try:
        return msgspec.convert(values, Case)
    except msgspec.ValidationError as error:
        raise pytest.UsageError(f"@pytest.mark.cases: {error}") from error


def case_id(case: Case) -> str:
    """`pytorch-matched-eager-fp32-frozen-bs32`: a framework's own names, and nothing the file's name says already."""
    execution = case.execution and FRAMEWORKS[case.framework].executions[case.execution]
    parts = (
        case.framework,
        case.style,
        case.rung,
        case.strategy,
        execution,
        case.precision,
        case.named_workload,
        f"bs{case.batch_size}",
        case.model_format,
    )
    return "-".join(str(part) for part in parts if part)


@pytest.fixture
def case(
    request: pytest.FixtureRequest,
    framework: str,
    style: Style,
    rung: Source | None,
    strategy: str | None,
    execution: Execution | None,
    precision: Precision | None,
    workload: Workload,
    batch_size: int,
    model_format: str | None,
) -> Case:
    phase = Phase(request.node.get_closest_marker("cases").kwargs["phase"])
    return Case(
        framework=framework,
        phase=phase,
        workload=workload,
        style=style,
        batch_size=batch_size,
        execution=execution,
        precision=precision,
        rung=rung,
        strategy=strategy,
        model_format=model_format,
    )


@pytest.hookimpl(tryfirst=True)
def pytest_itemcollected(item: pytest.Item) -> None:
    """Gives each item its case."""
    callspec = getattr(item, "callspec", None)
    mark = item.get_closest_marker("cases")
    if callspec is None or mark is None:
        return
    item.stash[CASE] = Case(phase=Phase(mark.kwargs["phase"]), **{name: callspec.params[name] for name in PARAMETERS})


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves the core set where nothing else was chosen, and puts the phases in the order of the job."""
    benchmarks = [item for item in items if CASE in item.stash]
    chosen = (
        config.option.markexpr
        or config.option.keyword
        or config.getoption("lf", False)
        or any("::" in argument or (config.invocation_params.dir / argument).is_file() for argument in config.args)
    )
    if not chosen:
        left_out = [item for item in benchmarks if item.get_closest_marker("core") is None]
        if left_out:
            config.hook.pytest_deselected(items=left_out)
            kept = set(items) - set(left_out)
            items[:] = [item for item in items if item in kept]
    items.sort(key=_rank)


def partners(items: Iterable[pytest.Item], case: Case) -> list[Case]:
    """The sides of the case's comparison that this session runs, the case's own among them."""
    cases = [item.stash[CASE] for item in items if CASE in item.stash]
    return list(dict.fromkeys(each for each in cases if each.comparison == case.comparison))


def _rank(item: pytest.Item) -> tuple[int, int]:
    """Tests of other kinds come first, as they were; then what shares workers, by their surroundings; then what has fresh ones."""
    case = item.stash.get(CASE, None)
    if case is None:
        return (-1, 0)
    if case.phase in FRESH_PHASES:
        return (1, 0)
    return (0, -len(case.surroundings))
