"""The changes that the trends found, as somebody wants to read them: what, how much, between which commits, and how to make sure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

import msgspec
import numpy as np

from harness.findings.sides import title
from harness.findings.watched import Watched, is_time, value_at
from harness.record.comparable import machine_differences
from harness.record.figure import Figure
from history.gate.moderation import Floats
from history.report.commits import Between, Commits
from history.report.histories import CaseHistory, MachineHistory
from history.report.night import Side
from history.short_commit import is_hash, short_commit
from history.trends.change_points import ChangePoint, Trends, trends
from history.trends.limits import LIMITS

SAME_NIGHTS = 3  # a change that is found a few nights off yesterday's place is yesterday's
SHARED_SHARE = 0.5  # of a family's cases, and it is not one case's doing
_KEYWORD = re.compile(r"[\w:+\-.\[\]/]+")  # what pytest's -k takes as one word


class Change(msgspec.Struct, frozen=True, kw_only=True):
    machine: str  # slug
    comparison: str  # "" where it is what all cases of the framework share
    framework: str
    title: str
    figure: Figure  # that the case is watched by
    word: str
    worse: bool
    night: int  # of the machine's nights, the first on the new level
    earliest: int
    latest: int
    last_before: int
    when: str
    commit_before: str | None  # the last commit that is surely on the old level
    commit_after: str | None  # the first that is surely on the new one
    between: Between | None
    share: float  # by how much, of the old level
    low: float
    high: float
    before: float | None  # medians of the levels, in the figure's unit
    after: float | None
    nights_before: int
    nights_after: int
    environment: tuple[str, ...]  # what else changed meanwhile
    shared_by: int  # cases of the family that changed with it, itself among them
    family_cases: int
    new: bool  # not found without the newest night
    command: str

    @property
    def is_shared(self) -> bool:
        return self.family_cases > 2 and self.shared_by > SHARED_SHARE * self.family_cases


class MachineChanges(msgspec.Struct, frozen=True):
    """What the trends say of a machine."""

    changes: tuple[Change, ...]  # the newest first
    night_sds: dict[tuple[str, str], float]  # from night to night, by comparison and framework, of those with nights enough to tell


def machine_changes(machine: MachineHistory, commits: Commits) -> MachineChanges:
    families: dict[tuple[str, bool], list[CaseHistory]] = {}
    for case in machine.cases:
        if case.times_measured:
            families.setdefault((case.framework, is_time(case.how)), []).append(case)
    changes: list[Change] = []
    night_sds: dict[tuple[str, str], float] = {}
    for (framework, _), cases in families.items():
        log_values = np.column_stack([case.log_costs(len(machine.nights)) for case in cases])
        now = trends(log_values)
        changed = [index for index, points in enumerate(now.cases) if points]
        before = trends(log_values[:-1], changed) if changed or now.family else now  # only of what may be new
        nights = np.isfinite(log_values).sum(axis=0)
        night_sds |= {
            (case.comparison, framework): sd
            for case, sd, count in zip(cases, now.night_sds, nights, strict=True)
            if count >= LIMITS.fewest_nights and np.isfinite(sd)
        }
        family = _Family(machine, commits, cases, log_values, now, before)
        changes.extend(change for index in range(len(cases)) for change in family.of_case(index))
        changes.extend(family.of_all(framework))
    order = sorted(changes, key=lambda change: (not change.new, -change.night, not change.worse, -abs(change.share)))
    return MachineChanges(changes=tuple(order), night_sds=night_sds)


class _Family:
    """Cases of one framework, watched together."""

    def __init__(
        self, machine: MachineHistory, commits: Commits, cases: Sequence[CaseHistory], log_values: Floats, now: Trends, before: Trends
    ) -> None:
        self._machine = machine
        self._commits = commits
        self._cases = cases
        self._log_values = log_values
        self._now = now
        self._before = before

    def of_case(self, index: int) -> list[Change]:
        case = self._cases[index]
        return [
            self._change(
                point,
                case=case,
                name=case.newest.name,
                comparison=case.comparison,
                heading=f"{case.comparison}, {title(case.framework)}" if case.framework else case.comparison,
                levels=self._levels(case.how, index, point),
                shared_by=self._shared_by(point),
                new=not _known(point, self._before.cases[index]),
            )
            for point in self._now.cases[index]
        ]

    def of_all(self, framework: str) -> list[Change]:
        what = "all cases" if is_time(self._cases[0].how) else "memory of all cases"
        return [
            self._change(
                point,
                case=self._cases[0],
                name="",
                comparison="",
                heading=f"{what} of {title(framework)}",
                levels=(None, None),
                shared_by=len(self._cases),
                new=not _known(point, self._before.family),
            )
            for point in self._now.family
        ]

    def _change(
        self,
        point: ChangePoint,
        *,
        case: CaseHistory,
        name: str,
        comparison: str,
        heading: str,
        levels: tuple[float | None, float | None],
        shared_by: int,
        new: bool,
    ) -> Change:
        nights = self._machine.nights
        before, after = nights[point.last_before].night.commit, nights[point.latest].night.commit
        worse = point.log_shift > 0
        low, high = sorted((value_at(case.how, point.low) - 1, value_at(case.how, point.high) - 1))
        return Change(
            machine=self._machine.key.slug,
            comparison=comparison,
            framework=case.framework,
            title=heading,
            figure=case.how.figure,
            word=case.how.worse if worse else case.how.better,
            worse=worse,
            night=point.night,
            earliest=point.earliest,
            latest=point.latest,
            last_before=point.last_before,
            when=nights[point.night].when.isoformat(timespec="minutes"),
            commit_before=before,
            commit_after=after,
            between=self._commits.between(before, after),
            share=value_at(case.how, point.log_shift) - 1,
            low=low,
            high=high,
            before=levels[0],
            after=levels[1],
            nights_before=point.nights_before,
            nights_after=point.nights_after,
            environment=tuple(self._environment([case] if comparison else self._cases, point)),
            shared_by=shared_by,
            family_cases=len(self._cases),
            new=new,
            command=confirmation(before, after, name, case.framework),
        )

    def _levels(self, how: Watched, index: int, point: ChangePoint) -> tuple[float, float]:
        """Medians of what was measured on both levels, as it was measured."""
        values = self._log_values[:, index]
        before, after = values[: point.night], values[point.night :]
        before, after = before[np.isfinite(before)], after[np.isfinite(after)]
        before, after = before[-point.nights_before :], after[: point.nights_after]
        return value_at(how, float(np.median(before))), value_at(how, float(np.median(after)))

    def _shared_by(self, point: ChangePoint) -> int:
        return sum(
            any(abs(other.night - point.night) <= 1 and other.log_shift * point.log_shift > 0 for other in points)
            for points in self._now.cases
        )

    def _environment(self, cases: Sequence[CaseHistory], point: ChangePoint) -> list[str]:
        """What differs between the last night on the old level and the first on the new one. cases: what changed."""
        nights = self._machine.nights
        then_on, now_on = (nights[night].night.machine for night in (point.last_before, point.latest))
        found = [each.told for each in machine_differences(then_on, now_on, {case.model for case in cases})]
        sides = dict(zip(cases[0].nights, cases[0].sides, strict=True))
        then, now = (_environment_of(self._machine, sides, night) for night in (point.last_before, point.latest))
        return found + self._machine.environment_differences(then, now)


def _environment_of(machine: MachineHistory, sides: dict[int, Side], night: int) -> dict[str, str]:
    return machine.environment(night, sides[night]) if night in sides else {}


def _known(point: ChangePoint, earlier: Sequence[ChangePoint]) -> bool:
    return any(abs(other.night - point.night) <= SAME_NIGHTS and other.log_shift * point.log_shift > 0 for other in earlier)


def confirmation(before: str | None, after: str | None, name: str, framework: str) -> str:
    """The gate on both ends of the range, for this case. Where only the environment changed, that is what it is to compare.

    "" where an end has no commit that could be checked out.
    """
    if not (is_hash(before) and is_hash(after)):
        return ""
    words = ["python", "-m", "history", "gate", "--base", short_commit(before), "--head", short_commit(after)]
    if before == after:
        worker = f"{framework or 'FRAMEWORK'}=popen//python="
        words += ["--base-worker", f"{worker}OLD", "--head-worker", f"{worker}NEW"]
    words += ["--", "-m", "core or not core"]
    keyword = name.rpartition("::")[2]
    if keyword and _KEYWORD.fullmatch(keyword):
        words += ["-k", keyword]
    return shlex.join(words)
