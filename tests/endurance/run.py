"""A session that is ended, once or twice, and resumed: and all that must hold of it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import msgspec

from tests.endurance import checks
from tests.endurance.disk import FileSystem
from tests.endurance.figures import Held, Side, of_document
from tests.endurance.plan import Ending, Plan, draw
from tests.endurance.session import DISK, STORAGE, Ended, Session, prepared, tear
from tests.session.conftest import InnerRun

RECOVERED = "recovered.json"


class Whole(msgspec.Struct, frozen=True):
    """A session that nobody ends: what there is to measure, and how much it tells."""

    cache: Path  # with the inputs that it has made
    cases: dict[str, Side]  # by node id
    events: int


class Endured(msgspec.Struct, frozen=True):
    """A run, and its figures."""

    seed: int
    plans: list[Plan]
    ends: list[Ended]
    last: Ended | None
    faults: list[str]
    folder: Path
    torn: int  # lines that were cut off
    recovered: int  # journals that a JSON was made of

    @property
    def kept(self) -> int:
        """Cases that the resumed session has taken from the journal."""
        return len(self.ends[-1].kept.sides) if self.ends else 0

    @property
    def line(self) -> str:
        how = "; ".join(plan.told + ("" if end.was_ended else " (too late)") for plan, end in zip(self.plans, self.ends, strict=False))
        codes = " ".join(str(each.code) for each in self.ends)
        after = len(self.last.stored.sides) - self.kept if self.last and self.last.stored else 0
        return f"{self.seed:5} {'FAULT' if self.faults else 'holds'} kept {self.kept:2} + {after:2} | codes {codes} | {how}"


def whole(cache: Path) -> Whole:
    """Twice: the first one makes the inputs."""
    with tempfile.TemporaryDirectory() as folder:
        inner = prepared(Path(folder))
        ends = [Session(inner, cache).ended() for _ in range(2)]
    stored = ends[-1].stored
    if stored is None or ends[-1].code:
        raise RuntimeError(f"a session that nobody ends does not store its JSON:\n{ends[-1].output}")
    return Whole(cache, stored.by_name, len(ends[-1].events))


def endure(seed: int, known: Whole, endings: list[Ending]) -> Endured:
    """The folder is left where a fault was found."""
    folder = Path(tempfile.mkdtemp(prefix=f"endurance-{seed}-"))
    plans = draw(seed, known.events, endings)
    inner = prepared(folder)
    file_system = FileSystem(folder / DISK) if any(each.ending is Ending.DISK for each in plans) else None
    ends: list[Ended] = []
    faults: list[str] = []
    statistics: dict[str, str] = {}
    before, torn, recovered, last = Held(), 0, 0, None
    try:
        for plan in plans:
            raises = f"{plan.hook} {plan.call}" if plan.ending is Ending.EXCEPTION else ""
            session = Session(inner, known.cache, *(["--resume"] if ends else []), raises=raises)
            ended = session.ended(plan, file_system if plan.ending is Ending.DISK else None)
            ends.append(ended)
            faults += checks.of_an_end(ended, plan, before, known.cases)
            before = ended.kept
            statistics = statistics | ended.statistics if ended.journal else {}
            torn += before.is_torn
            if file_system is not None:
                file_system.free()
            killed = plan.ending is Ending.SIGKILL or ended.had_second
            if killed and before.sides and plan.recovers:
                faults += _of_what_is_recovered(inner, before, len(known.cases))
                recovered += 1
            if killed and ended.journal is not None and plan.torn_share is not None:
                torn += 1
                for path in (folder / STORAGE).glob("journals/*.journal"):
                    tear(path, plan.torn_share)
        last = Session(inner, known.cache, "--resume").ended()
        faults += checks.of_the_last(last, before, statistics, known.cases)
        faults += checks.of_the_folder(folder, known.cache)
    finally:
        endured = Endured(seed, plans, ends, last, faults, folder, torn, recovered)
        if file_system is not None:
            file_system.unmount()
    if not faults:
        shutil.rmtree(folder)
    else:
        for number, each in enumerate([*ends, *([last] if last else [])], 1):
            (folder / f"session-{number}.txt").write_text(each.output)
    return endured


def _of_what_is_recovered(inner: InnerRun, before: Held, cases: int) -> Iterator[str]:
    """A JSON made of the journal, as the session would have stored it."""
    (path,) = (inner.folder / STORAGE).glob("journals/*.journal")
    with redirect_stdout(StringIO()) as output:
        code, _ = inner.run_history("recover", str(path), "--into", RECOVERED)
    if code:
        yield f"recover ended with {code}: {output.getvalue()}"
        return
    document = inner.json(RECOVERED)
    if of_document(document).by_name != before.by_name:
        yield "what is recovered is not what the journal has"
    told, left = document.get("unfinished"), cases - len(before.sides)
    if (told is None) != (left == 0) or (told and (told["measured"], told["cases"]) != (len(before.sides), cases)):
        yield f"what is recovered tells {told} as unfinished, of {len(before.sides)} of {cases} cases"
