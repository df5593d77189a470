"""What others have published, and what differs: no two of these figures answer the same question."""

from __future__ import annotations

from collections.abc import Iterator

from harness.findings.comparison import title_of
from harness.findings.figures import figures, known
from harness.findings.outputs.markdown import escaped, table
from harness.findings.sides import title
from harness.record.figure import NOTHING, Figure, Unit
from harness.record.measurement import Measurement
from history.measured.folder import PUBLISHED, Folder, Published, PublishedFigure
from history.measured.utilisation import chip_peak, gflop_per_item
from history.records import BadInput

TITLE = "Beside figures that others have published"
HOW_TO_READ = (
    "None of these is of the same GPU, batch, software and work as ours, so none of them confirms or contradicts a figure above; they"
    " say whether it is of a likely size. *of its peak* is the share of the chip's dense peak in that arithmetic, of the published figure"
    " by our count of operations: images a second of two chips say little about each other."
)


def blocks(folder: Folder) -> Iterator[str]:
    published = folder.published
    if published.figures:
        yield " ".join(filter(None, (HOW_TO_READ, published.note)))
        columns = ("published by", "on", "published", "nearest of ours", "what differs")
        yield table(columns, (_row(each, _ours(each, folder), published) for each in published.figures))
    if published.counted:
        counted = published.counted
        yield (
            f"Our count of operations beside somebody else's: {counted.figure} ({counted.who}, [source]({counted.source})), so"
            f" {counted.gflop_per_item:g} GFLOP with the two counted apart{_own_count(folder)}. What differs: {counted.differs}."
        )


def _ours(published: PublishedFigure, folder: Folder) -> Measurement:
    for session in folder.sessions:
        for row in session.run.rows:
            if session.name == published.file and row.fullname == published.case and row.measurement:
                return row.measurement
    raise BadInput(f"{PUBLISHED}: {published.file} has no case {published.case}. Name one that is there.")


def _row(published: PublishedFigure, ours: Measurement, chips: Published) -> tuple[str, ...]:
    figure, own = _figure(published, ours)
    if published.chip not in chips.chips:
        raise BadInput(f"{PUBLISHED}: {published.chip!r} is not among [chips]. Give its dense peak in TFLOP/s.")
    count = gflop_per_item(ours, chips)
    theirs = _share(figure, published.value, published.batch_size, count, chips.chips[published.chip])
    return (
        f"[{escaped(published.who)}]({published.source})",
        escaped(f"{published.chip}, batch of {published.batch_size}; {published.software}"),
        f"**{_written(figure, published.value)}**, {theirs} of its peak",
        f"{escaped(f'{title(ours.case.framework)}, {title_of(ours.case)}')}: **{_written(figure, own)}**,"
        f" {_share(figure, own, ours.batch_size, count, chip_peak(ours, chips))} of its peak",
        escaped(published.differs),
    )


def _figure(published: PublishedFigure, ours: Measurement) -> tuple[Figure, float]:
    """And what ours is."""
    figure, own = known((ours.item,)).get(published.figure), figures(ours).get(published.figure)
    if figure is None or own is None or figure.unit not in (Unit.RATE, Unit.SECONDS):
        raise BadInput(f"{PUBLISHED}: {published.case} has no figure {published.figure}, in seconds or a second. Name one that it has.")
    return figure, own


def _written(figure: Figure, number: float) -> str:
    return f"{figure.written(number)} {escaped(figure.title)}" if figure.unit is Unit.RATE else figure.written(number)


def _share(figure: Figure, number: float, batch_size: int, gflop: float | None, peak_teraflops: float | None) -> str:
    """Of the peak."""
    if not gflop or not peak_teraflops:
        return NOTHING
    items_per_second = number if figure.unit is Unit.RATE else batch_size / number
    return f"{items_per_second * gflop / (peak_teraflops * 1e3):.1%}"


def _own_count(folder: Folder) -> str:
    """Of an item's forward pass, where one was measured."""
    inferences = (each for session in folder.sessions for each in session.measured if each.case.workload == "inference")
    count = next((found for each in inferences if (found := gflop_per_item(each, folder.published))), None)
    return f"; ours is {count:.3f}" if count else ""
