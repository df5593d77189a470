"""What the GPU's arithmetic is used for, and what an item costs in energy."""

from __future__ import annotations

from collections.abc import Iterator

from harness.findings.comparison import title_of
from harness.findings.figures import figures, items_per_second
from harness.findings.outputs.markdown import escaped, table
from harness.findings.phases import JOULES_PER_ITEM, UTILISATION
from harness.findings.sides import title
from harness.record.figure import NOTHING, seconds
from harness.record.measurement import Measurement
from history.measured.folder import Folder, Published
from history.measured.session import headed

TITLE = "Share of the chip's peak, and energy"
HOW_TO_READ = (
    "*of the chip's peak* is model FLOPs utilisation: the arithmetic that the items need, by one count for all frameworks, over the dense"
    " peak of the chip in that precision. A dash: the case leaves the precision to the framework, so no peak is its own."
    " *J an item* is the driver's energy counter over the rounds, power at rest included; *mean power* is that times the items a second."
)
WINDOW = "energy_window_seconds"


def blocks(folder: Folder) -> Iterator[str]:
    told = {session: [each for each in session.measured if _told(each)] for session in folder.sessions}
    if not any(told.values()):
        return
    yield HOW_TO_READ
    for session, sides in told.items():
        if sides:
            items = ", ".join(dict.fromkeys(f"{each.item}s/s" for each in sides))
            columns = ("case", "framework", items, "GFLOP an item", "of the chip's peak", "J an item", "mean power")
            yield headed(session)
            yield table(columns, (_row(each, folder.published) for each in sides))
    windows = [found for sides in told.values() for each in sides if (found := figures(each).get(WINDOW))]
    if windows:
        yield f"The energy of each case was counted over {seconds(min(windows))} at least."
    slowed = [title_of(each.case) for sides in told.values() for each in sides if each.throttled_rounds]
    yield f"Slowed by heat or a power brake: {escaped(', '.join(slowed))}." if slowed else "No round was slowed by heat or a power brake."


def gflop_per_item(side: Measurement, published: Published) -> float | None:
    """By the count that its share of the peak rests on; None where no peak of its chip in its precision is given."""
    peak, rate, share = chip_peak(side, published), items_per_second(side), figures(side).get(UTILISATION.name)
    return share * peak * 1e3 / rate if peak and rate and share else None


def chip_peak(side: Measurement, published: Published) -> float | None:
    """In TFLOP/s."""
    return published.chips.get(f"{side.environment.get('gpu_name', '')}, {side.case.precision}")


def _told(side: Measurement) -> bool:
    return bool({UTILISATION.name, JOULES_PER_ITEM.of(side.item).name} & figures(side).keys())


def _row(side: Measurement, published: Published) -> tuple[str, ...]:
    numbers = figures(side)
    joules, rate, count = numbers.get(JOULES_PER_ITEM.of(side.item).name), items_per_second(side), gflop_per_item(side, published)
    return (
        escaped(title_of(side.case)),
        title(side.case.framework),
        f"{rate:,.0f}" if rate else NOTHING,
        f"{count:.3f}" if count else NOTHING,
        UTILISATION.written(numbers.get(UTILISATION.name)),
        f"{joules:.3f}" if joules else NOTHING,
        f"{joules * rate:.0f} W" if joules and rate else NOTHING,
    )
