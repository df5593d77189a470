"""The table of ranks: what each number of them came to, how well they scale, and what the exchange between them costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from harness.findings.efficiency import MEANING, NO_ONE_RANK, Better, Efficiency, efficiencies, in_short
from harness.findings.exchange import NONE_SHOWN, exchange, has_exchange, in_percent, why_not
from harness.findings.figures import figures, items_per_second
from harness.findings.models import by_model, headed
from harness.findings.outputs.sheet import Sheet
from harness.findings.ranks import of_ranks, places, share_places, work_of
from harness.findings.ratio import COMPARED_METERS, CONFIDENCE, Ratio
from harness.findings.sides import rank, title
from harness.record.case import Case
from harness.record.exchange import exchange_of
from harness.record.figure import NOTHING, Unit, written
from harness.record.measurement import Measurement

SHARED = "shared"
OF_THE_EXCHANGE = ("exchange, of the step", "exchange hidden", "bandwidth, alone", "slowest rank's lag")


def of_all(measured: Sequence[Measurement], titles: Mapping[str, str]) -> Iterator[Sheet | str]:
    """A table for each kind of work that several ranks did, and below it what follows. titles: of the models, where they need telling."""
    ranked = [*filter(of_ranks, measured)]
    for model, own in by_model(ranked).items():
        for heading, found in _by_work(own).items():
            if any(each.case.ranks > 1 for each in found):
                yield ranks_table(heading, found, titles[model])
                yield from told(found)
    if efficiencies(ranked):
        first, second = MEANING
        yield f"{first} In brackets stands its 95% interval."
        yield second


def ranks_table(heading: str, measurements: Sequence[Measurement], model: str = "") -> Sheet:
    """Measurements of one kind of work, among them those of a single rank. model: its title, where it needs telling."""
    table = Sheet(f"{headed(heading, model)}: by ranks")
    item = measurements[0].item
    for name in ("ranks", "batch", "exchange", "framework"):
        table.add_column(name, no_wrap=True)
    for name in (f"{item}s/s", "scaling efficiency", *OF_THE_EXCHANGE, "memory, largest rank", "ran on"):
        table.add_column(name, justify="right", no_wrap=True)
    against: dict[Case, list[Efficiency]] = {}
    for found in efficiencies(measurements):
        against.setdefault(found.several.case, []).append(found)
    before = None
    for each in sorted(measurements, key=_place):
        case, row = each.case, _row(each, against)
        same = (case.ranks, case.batch_size, case.exchange)
        named = (str(case.ranks), str(case.batch_size), exchange_of(case) or NOTHING) if same != before else ("", "", "")
        table.add_row(*named, title(case.framework), *row)
        before = same
    return table


def told(measurements: Sequence[Measurement]) -> Iterator[str]:
    """Which framework scales better, where efficiencies are none of a framework's, and where there are none."""
    found = efficiencies(measurements)
    yield from map(_better, in_short(found))
    shared = {each.case.ranks: places(each) for each in measurements if share_places(each)}
    for ranks, where in sorted(shared.items()):
        yield f"shared: {ranks} ranks ran on {where}: their efficiency shows what sharing costs, and not how a framework scales."
    if missing := sorted({each.case.ranks for each in measurements if each.case.ranks > 1 and each.case not in _cases(found)}):
        yield f"no efficiency of {', '.join(map(str, missing))} ranks where there is a {NOTHING}: {NO_ONE_RANK}"


def _cases(found: Sequence[Efficiency]) -> set[Case]:
    return {each.several.case for each in found}


def _by_work(measurements: Sequence[Measurement]) -> dict[str, list[Measurement]]:
    found: dict[str, list[Measurement]] = {}
    for each in measurements:
        found.setdefault(work_of(each.case), []).append(each)
    return found


def _place(measurement: Measurement) -> tuple[int, int, bool, str, int, str]:
    case = measurement.case
    return case.ranks, case.batch_size, case.exchange is not None, case.exchange or "", rank(case.framework), case.framework


def _row(measurement: Measurement, against: Mapping[Case, Sequence[Efficiency]]) -> tuple[str, ...]:
    case, numbers = measurement.case, figures(measurement)
    on = f"{places(measurement)}{f', {SHARED}' if share_places(measurement) else ''}" or NOTHING
    memory = next((numbers[name] for name in (f"largest_rank_{meter}" for meter in COMPARED_METERS) if name in numbers), None)
    return (
        written(Unit.RATE, items_per_second(measurement) or 0.0),
        _efficiencies(against.get(case, ()), case.ranks),
        *_exchange(measurement),
        NOTHING if memory is None else written(Unit.BYTES, memory),
        on,
    )


def _efficiencies(found: Sequence[Efficiency], ranks: int) -> str:
    """A single rank's is 1 by its meaning."""
    if ranks == 1:
        return f"{1:.0%}"
    told = (f"{each.kind}, {each.why_not}" if each.value is None else f"{each.kind} {in_share(each.value)}" for each in found)
    return ", ".join(told) or NOTHING


def in_share(efficiency: Ratio) -> str:
    return f"{efficiency.estimate:.0%} ({100 * efficiency.low:.0f} – {efficiency.high:.0%})"


def _exchange(measurement: Measurement) -> tuple[str, str, str, str]:
    if not has_exchange(measurement):
        return NOTHING, NOTHING, NOTHING, NOTHING
    found = exchange(measurement)
    if found is None:
        return f"not called: {why_not(measurement)}", NOTHING, NOTHING, NOTHING
    share = f"{found.exposed_share.estimate:.1%} ({in_percent(found.exposed_share)})"
    hidden = f"{found.hidden_share.estimate:.0%}" if found.is_hiding_told else "cannot be told"
    bandwidth = written(Unit.BANDWIDTH, found.bytes_per_second) if found.bytes_per_second else NOTHING
    behind = (written(Unit.SECONDS, found.lag.seconds.estimate) if found.lag.is_shown else NONE_SHOWN) if found.lag else NOTHING
    return share, hidden, bandwidth, behind


def _better(found: Better) -> str:
    verdict, case = found.verdict, found.case
    of = f"{found.kind} scaling to {case.ranks} ranks, bs{case.batch_size}"
    interval = f" ({CONFIDENCE:.0%} interval of their ratio {verdict.interval})" if verdict.interval else ""
    return f"{of}: {title(verdict.reference)} against {title(verdict.other)}: {verdict.text}{interval}"
