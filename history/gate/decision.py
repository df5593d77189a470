"""From evidence to verdicts, by the plan."""

from __future__ import annotations

import statistics

import msgspec
import numpy as np

from harness.findings.watched import Watched, value_at
from harness.record.figure import Unit
from harness.record.outcome import NOT_INSTALLED, Outcome
from history.gate.comparable import case_difference, machine_difference, model_difference
from history.gate.evidence import CaseEvidence, Evidence, Sample
from history.gate.findable import smallest_findable
from history.gate.memory import memory_findings, vanished
from history.gate.sequential import FASTER, SLOWER, estimated, rejected, worth_more
from history.gate.verdict import CaseVerdict, ChangeFinding, Decision, MemoryFinding, Severity, Verdict, WholeRun
from history.pairs.plan import FIRST_PAIRS, WIDEST_HALF_WIDTH, Plan

SEVERITY = {
    Verdict.OK: Severity.PASSES,
    Verdict.IMPROVED: Severity.PASSES,
    Verdict.NEW: Severity.PASSES,
    Verdict.INCONCLUSIVE: Severity.OPEN,
    Verdict.MISSING: Severity.OPEN,  # a case that is gone hides what it would have shown
    Verdict.NOT_MEASURED: Severity.OPEN,
    Verdict.NOT_COMPARABLE: Severity.OPEN,
    Verdict.REGRESSED: Severity.BLOCKS,
}
WORST_FIRST = (
    Verdict.REGRESSED,
    Verdict.FAILED,
    Verdict.INCONCLUSIVE,
    Verdict.NOT_COMPARABLE,
    Verdict.MISSING,
    Verdict.NOT_MEASURED,
    Verdict.IMPROVED,
    Verdict.NEW,
    Verdict.OK,
)


class _ChangeVerdict(msgspec.Struct, frozen=True):
    verdict: Verdict
    reason: str
    finding: ChangeFinding


def decide(evidence: Evidence, plan: Plan, across_environments: bool) -> Decision:
    differences = _differences(evidence, across_environments)
    paired = _paired(evidence, differences)
    changes = _changes(msgspec.structs.replace(evidence, cases=paired), plan)
    verdicts = [_case(case, differences[case.name], changes.get(case.name)) for case in evidence.cases]
    findable = [each.finding.smallest_findable for each in changes.values() if each.finding.smallest_findable is not None]
    return Decision(
        cases=tuple(sorted(verdicts, key=lambda each: (-each.severity, WORST_FIRST.index(each.verdict), each.case))),
        pairs=evidence.pairs,
        min_effect=plan.min_effect,
        false_alarm_rate=plan.false_alarm_rate,
        smallest_findable=statistics.median(findable) if findable else None,
        whole_run=_whole_run(paired),
        machine=evidence.machine,
        environments=_environments(evidence),
        base_commit=evidence.commits[0],
        head_commit=evidence.commits[1],
        unfinished=evidence.unfinished,
        unseen=evidence.unseen,
    )


def suspects(evidence: Evidence, plan: Plan, across_environments: bool) -> tuple[str, ...]:
    """Cases whose change deserves another pair. Empty: the answer is as clear as the plan lets it get."""
    paired = _paired(evidence, _differences(evidence, across_environments))
    if not paired:
        return ()
    flags = worth_more(msgspec.structs.replace(evidence, cases=paired).log_ratios(), plan)
    return tuple(case.name for case, flag in zip(paired, flags, strict=True) if flag and not (_failure(case.base) or _failure(case.head)))


def _differences(evidence: Evidence, across_environments: bool) -> dict[str, str | None]:
    other_machine = machine_difference(evidence)
    other_model = {model: model_difference(evidence, model) for model in {case.model for case in evidence.cases}}
    return {case.name: other_machine or other_model[case.model] or case_difference(case, across_environments) for case in evidence.cases}


def _paired(evidence: Evidence, differences: dict[str, str | None]) -> tuple[CaseEvidence, ...]:
    return tuple(case for case in evidence.cases if not differences[case.name] and case.whole_pairs)


def _case(case: CaseEvidence, difference: str | None, change: _ChangeVerdict | None) -> CaseVerdict:
    if not case.head or not case.base:
        return _on_one_side(case)
    if difference:
        return _plain(case, Verdict.NOT_COMPARABLE, difference)
    base_failure, head_failure = _failure(case.base), _failure(case.head)
    if base_failure or head_failure:
        return _failed(case, *_failure_on(base_failure, head_failure))
    return _judged(case, change)


def _on_one_side(case: CaseEvidence) -> CaseVerdict:
    """Where each file that lacks it is unfinished it is neither gone nor new: it was not come to."""
    cut_off = case.cut_off.keys() == case.base.keys() | case.head.keys()
    why = f"{', '.join(case.cut_off.values())} {'is' if len(case.cut_off) == 1 else 'are'} unfinished"
    if not case.head:
        return _plain(case, Verdict.NOT_MEASURED, f"in head: {why}") if cut_off else _plain(case, Verdict.MISSING, "measured in base only")
    failure = _failure(case.head)
    if failure is not None:
        return _failed(case, f"{'not measured in base' if cut_off else 'new'}, and {failure}", Severity.BLOCKS)
    return _plain(case, Verdict.NOT_MEASURED, f"in base: {why}") if cut_off else _plain(case, Verdict.NEW, "measured in head only")


def _judged(case: CaseEvidence, change: _ChangeVerdict | None) -> CaseVerdict:
    """The watched quantity and memory each have their say; the worse one is the case's."""
    memory = memory_findings(case)
    said = [(finding.verdict, _memory_reason(finding)) for finding in memory]
    said += [(Verdict.INCONCLUSIVE, f"{name}: read in base, not in head") for name in vanished(case)]
    throttled = _throttled(case)
    if lonely := sorted(case.base.keys() ^ case.head.keys()):
        why = f": {case.cut_off[lonely[0]]} is unfinished" if lonely[0] in case.cut_off else ""
        said.append((Verdict.INCONCLUSIVE, f"pair {lonely[0]} has it on one side only{why}"))
    if change is not None:
        said.append((change.verdict, change.reason))
    if throttled and (change is None or change.finding.pairs < FIRST_PAIRS):
        said.append((Verdict.INCONCLUSIVE, f"the device throttled in {throttled} processes"))
    if not said:
        said.append((Verdict.INCONCLUSIVE, "no pair has a number on both sides"))
    verdict = min((verdict for verdict, _ in said), key=WORST_FIRST.index)
    reasons = [reason for each, reason in said if each is verdict and reason]
    return CaseVerdict(
        case=case.name,
        verdict=verdict,
        severity=SEVERITY[verdict],
        reason="; ".join(reasons),
        finding=change.finding if change else None,
        memory=memory,
    )


def _changes(evidence: Evidence, plan: Plan) -> dict[str, _ChangeVerdict]:
    log_ratios = evidence.log_ratios()
    if not len(log_ratios):
        return {}
    estimate = estimated(log_ratios)
    slower, faster = rejected(log_ratios, plan, SLOWER), rejected(log_ratios, plan, FASTER)
    findable = smallest_findable(estimate.pair_sd, plan.max_pairs, len(log_ratios), plan)
    verdicts = {}
    for index, case in enumerate(evidence.cases):
        mean, half_width = float(estimate.mean[index]), float(estimate.half_width[index])
        low, high = _interval(case.how, mean, half_width)
        finding = ChangeFinding(
            quantity=case.how.figure,
            pairs=int(estimate.pairs[index]),
            base=_median(case, case.base),
            head=_median(case, case.head),
            change=value_at(case.how, mean) - 1,
            low=low,
            high=high,
            smallest_findable=float(findable[index]) if np.isfinite(findable[index]) else None,
        )
        verdict, reason = _change_verdict(case.how, finding, mean, half_width, bool(slower[index]), bool(faster[index]), plan)
        verdicts[case.name] = _ChangeVerdict(verdict, reason, finding)
    return verdicts


def _interval(how: Watched, mean: float, half_width: float) -> tuple[float | None, float | None]:
    """Of the quantity's own change: mean and half width are of its logarithmic cost."""
    if not np.isfinite(half_width):
        return None, None
    one, other = (value_at(how, mean + reach) - 1 for reach in (-half_width, half_width))
    return min(one, other), max(one, other)


def _change_verdict(
    how: Watched, finding: ChangeFinding, mean: float, half_width: float, slower: bool, faster: bool, plan: Plan
) -> tuple[Verdict, str]:
    """mean: of the logarithmic cost."""
    changed = f"{finding.change:+.1%} in {'time' if how.figure.unit is Unit.SECONDS else how.figure.title}"
    if slower and mean >= plan.min_log_effect:
        return Verdict.REGRESSED, changed
    if faster and mean <= -plan.min_log_effect:
        return Verdict.IMPROVED, changed
    if mean >= plan.min_log_effect:
        return Verdict.INCONCLUSIVE, f"{changed}, not significant after {finding.pairs} pairs"
    if not half_width <= WIDEST_HALF_WIDTH:
        return Verdict.INCONCLUSIVE, f"too noisy: after {finding.pairs} pairs the interval is wider than ±{WIDEST_HALF_WIDTH:.0%}"
    if slower:
        return Verdict.OK, f"{how.worse}, but by less than {plan.min_effect:.1%}"
    return Verdict.OK, ""


def _median(case: CaseEvidence, side: dict[int, Sample]) -> float:
    return value_at(case.how, float(np.median([side[number].log_cost for number in case.whole_pairs])))


def _whole_run(cases: tuple[CaseEvidence, ...]) -> WholeRun | None:
    """From the pairs that every case was in: later ones hold suspects only."""
    shared = set.intersection(*(set(case.whole_pairs) for case in cases)) if cases else set()
    if len(cases) < 2 or len(shared) < 2:
        return None
    by_pair = [dict(zip(case.whole_pairs, case.log_ratios, strict=True)) for case in cases]
    medians = np.array([[statistics.median(ratios[number] for ratios in by_pair) for number in sorted(shared)]])
    estimate = estimated(medians)
    mean, half_width = float(estimate.mean[0]), float(estimate.half_width[0])
    return WholeRun(change=float(np.expm1(mean)), low=float(np.expm1(mean - half_width)), high=float(np.expm1(mean + half_width)))


def _failure(side: dict[int, Sample]) -> str | None:
    """The first outcome that is a failure; throttling is the machine's, not the commit's."""
    for sample in side.values():
        if sample.outcome not in (Outcome.OK, Outcome.THROTTLED):
            return f"{sample.outcome}{f': {sample.detail}' if sample.detail else ''}"
    return None


def _failure_on(base: str | None, head: str | None) -> tuple[str, Severity]:
    unsupported = str(Outcome.UNSUPPORTED)
    if base is None:
        return f"head: {head}", Severity.BLOCKS
    if head is None:
        return f"base: {base}; head runs", Severity.OPEN
    both_unsupported = all(each.startswith(unsupported) and NOT_INSTALLED not in each for each in (base, head))
    return (f"on both sides: {head}", Severity.PASSES if both_unsupported else Severity.OPEN)


def _throttled(case: CaseEvidence) -> int:
    return sum(sample.outcome is Outcome.THROTTLED for sample in (*case.base.values(), *case.head.values()))


def _memory_reason(finding: MemoryFinding) -> str:
    increase = f"{finding.change:+.1%} in {finding.name}"
    if finding.varies_too_much:
        return f"{increase}, which varies by {finding.spread_bytes / finding.base_bytes:.1%} from process to process: not judged"
    if finding.verdict is Verdict.OK:
        return ""
    return f"{increase}, but not in every process" if finding.verdict is Verdict.INCONCLUSIVE else increase


def _plain(case: CaseEvidence, verdict: Verdict, reason: str) -> CaseVerdict:
    return CaseVerdict(case=case.name, verdict=verdict, severity=SEVERITY[verdict], reason=reason)


def _failed(case: CaseEvidence, reason: str, severity: Severity) -> CaseVerdict:
    return CaseVerdict(case=case.name, verdict=Verdict.FAILED, severity=severity, reason=reason)


def _environments(evidence: Evidence) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for case in evidence.cases:
        for sample in case.base.values():
            if sample.environment:
                found.setdefault(sample.environment.get("framework", "worker"), sample.environment)
    return found
