"""The rule for exact peaks of memory: an allocator's peak hardly varies, so a limit will do where time needs a test."""

from __future__ import annotations

import statistics

from history.gate.evidence import CaseEvidence, Sample
from history.gate.verdict import MemoryFinding, Verdict

ALLOWED_SHARE = 0.01
ALLOWED_BYTES = 2 * 1024**2


def memory_findings(case: CaseEvidence) -> tuple[MemoryFinding, ...]:
    """One for each peak that was read on both sides."""
    names = sorted({name for sample in case.base.values() for name in sample.peak_bytes})
    return tuple(finding for name in names if (finding := _finding(name, _values(case.base, name), _values(case.head, name))) is not None)


def vanished(case: CaseEvidence) -> list[str]:
    """Peaks read in base that no process of head could read."""
    read_in_head = {name for sample in case.head.values() for name in sample.peak_bytes}
    return sorted({name for sample in case.base.values() for name in sample.peak_bytes} - read_in_head)


def _values(samples: dict[int, Sample], name: str) -> list[int]:
    return [sample.peak_bytes[name] for sample in samples.values() if name in sample.peak_bytes]


def _finding(name: str, base: list[int], head: list[int]) -> MemoryFinding | None:
    if not base or not head:
        return None
    base_bytes, head_bytes = round(statistics.median(base)), round(statistics.median(head))
    allowed_bytes = max(round(ALLOWED_SHARE * base_bytes), ALLOWED_BYTES)
    if head_bytes - base_bytes > allowed_bytes:
        # A peak that overlaps with the other side's is not exact, whatever its name says.
        verdict = Verdict.REGRESSED if min(head) > max(base) else Verdict.INCONCLUSIVE
    elif base_bytes - head_bytes > allowed_bytes and max(head) < min(base):
        verdict = Verdict.IMPROVED
    else:
        verdict = Verdict.OK
    return MemoryFinding(name=name, base_bytes=base_bytes, head_bytes=head_bytes, allowed_bytes=allowed_bytes, verdict=verdict)
