"""What must hold of a session that was ended, of the one that went on with it, and of the files that are left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tests.endurance.figures import OK, Held, Side, is_locked
from tests.endurance.plan import Ending, Plan
from tests.endurance.session import STORAGE, Ended

UNWRITTEN = "cannot be written"
UNMADE = "could not be made"  # a file's top, for a mistake of another's plugin: no comparison is lost by that, and no test fails
HALF_WRITTEN = ("*.rehearsal", "*.unfinished", "*.partial")
SIGNALS = (Ending.SIGTERM, Ending.SIGINT, Ending.SIGHUP)


def of_an_end(ended: Ended, plan: Plan, before: Held, cases: Mapping[str, Side]) -> Iterator[str]:
    """before: what the session went on with. cases: all, by node id."""
    yield from (f"left behind: {each}" for each in ended.left)
    yield from _of_a_file("journal", ended.journal, cases)
    yield from _of_a_file("JSON", ended.stored, cases)
    yield from _not_again(ended, before)
    filled, killed = plan.ending in (Ending.LIMIT, Ending.DISK) and ended.was_ended, plan.ending is Ending.SIGKILL or ended.had_second
    killed = killed or (ended.code < 0 and not ended.events)  # before pytest had begun, and could take a signal
    held = ended.journal or ended.stored or Held()
    lost = [name for name, figures in ended.seen.items() if name not in held.by_name or held.by_name[name].figures != figures]
    lost += [name for name, side in before.by_name.items() if held.by_name.get(name) != side]
    if lost and (not filled or ended.freed):
        yield f"lost: {', '.join(lost)}"
    elif lost and UNWRITTEN not in ended.output:
        yield f"not told that the disk was full: {', '.join(lost)}"
    if ended.is_stored_torn and not (killed and ended.journal):
        yield "the JSON is no JSON"
    if ended.journal and ended.stored and ended.journal.by_name != ended.stored.by_name:
        yield f"the JSON has {len(ended.stored.sides)} cases, the journal {len(ended.journal.sides)}, or other figures"
    if ended.journal and ended.journal.sides and not ended.stored and not killed and not filled:
        yield "what was complete is not stored"
    if ended.was_ended and not ended.had_second:
        yield from _of_its_code(ended, plan, len(cases))


def of_the_last(ended: Ended, before: Held, statistics: Mapping[str, str], cases: Mapping[str, Side]) -> Iterator[str]:
    """Of the session that nobody has ended. statistics: of what was stored before."""
    yield from (f"left behind: {each}" for each in ended.left)
    yield from _not_again(ended, before)
    if ended.code != 0:
        yield f"the resumed session ended with {ended.code}"
    if ended.stored is None:
        yield "the resumed session has stored nothing"
        return
    yield from _of_a_file("final JSON", ended.stored, cases)
    found = ended.stored.by_name
    if missing := sorted(cases.keys() - found.keys()):
        yield f"not in the final JSON: {', '.join(missing)}"
    if changed := [name for name, side in before.by_name.items() if found.get(name) != side]:
        yield f"not as the journal had it: {', '.join(changed)}"
    if changed := [name for name, figures in ended.seen.items() if name in found and found[name].figures != figures]:
        yield f"not as the test saw it: {', '.join(changed)}"
    if changed := [name for name in before.by_name if name in statistics and ended.statistics.get(name) != statistics[name]]:
        yield f"other statistics than were stored before: {', '.join(changed)}"
    if unmeasured := {side.case for name, side in found.items() if name not in before.by_name} - ended.begun:
        yield f"in the final JSON and never measured: {len(unmeasured)}"
    if before.sides and f"resumed: {len(before.sides)} of {len(cases)}" not in ended.output:
        yield "it is not told what was resumed"


def of_the_folder(folder: Path, cache: Path) -> Iterator[str]:
    """When all is over."""
    if (folder / STORAGE / "journals").exists():
        yield "the journals' folder is left"
    for each in (path for pattern in HALF_WRITTEN for path in folder.rglob(pattern)):
        yield f"{each.relative_to(folder)} is left"
    for each in (path for path in cache.rglob("*.lock") if is_locked(path)):
        yield f"{each} is locked"


def _of_a_file(name: str, held: Held | None, cases: Mapping[str, Side]) -> Iterator[str]:
    if held is None:
        return
    names = Counter(each.fullname for each in held.sides)
    if twice := [each for each, times in names.items() if times > 1]:
        yield f"{name}: twice {', '.join(twice)}"
    if unknown := names.keys() - cases.keys():
        yield f"{name}: unknown {', '.join(unknown)}"
    whole, there = _by_comparison(list(cases.values())), _by_comparison(held.sides)
    if half := [each for each in there if there[each] != whole.get(each)]:
        yield f"{name}: half of {', '.join(half)}"
    if other := [each.fullname for each in held.sides if each.fullname in cases and each.outcome != cases[each.fullname].outcome]:
        yield f"{name}: not {OK} {', '.join(other)}"


def _by_comparison(sides: Sequence[Side]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for each in sides:
        found.setdefault(each.comparison, set()).add(each.fullname)
    return found


def _not_again(ended: Ended, before: Held) -> Iterator[str]:
    if again := sorted(before.cases & ended.begun):
        yield f"measured twice: {', '.join(again)}"


def _of_its_code(ended: Ended, plan: Plan, cases: int) -> Iterator[str]:
    """In the midst of measuring; a session that was at its end or at its beginning may end otherwise."""
    amidst = bool(ended.of("began")) and not plan.moment.stage and len(ended.kept.sides) < cases
    if plan.ending in SIGNALS and amidst and ended.journal and ended.code != 2:
        yield f"exit code {ended.code} after {plan.ending}, not 2"
    if plan.ending is Ending.SIGKILL and ended.code != -9:
        yield f"exit code {ended.code} after SIGKILL"
    if plan.ending is Ending.EXCEPTION and ended.code == 0 and UNMADE not in ended.output:
        yield "exit code 0 after an exception"
