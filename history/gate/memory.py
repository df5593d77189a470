"""The rule for peaks of memory: an allocator's peak hardly varies, so a limit will do where time needs a test.

Every process of head has to be over the limit of every process of base. For a peak that is the same in each process that is the limit
itself; one that varies, as a host's does, raises no false alarm.
"""

from __future__ import annotations

import statistics

from harness.findings.ratio import HOST_METER
from history.gate.evidence import CaseEvidence, Sample
from history.gate.verdict import MemoryFinding, Verdict

ALLOWED_SHARE = 0.01
ALLOWED_BYTES = 2 * 1024**2
WITH_FILE_PAGES = "host_peak_bytes"  # HOST_METER's pages and those of files, which the kernel maps and takes back as it likes


def memory_findings(case: CaseEvidence) -> tuple[MemoryFinding, ...]:
    """One for each judged peak that was read on both sides."""
    found = (_finding(name, _values(case.base, name), _values(case.head, name)) for name in _judged(case))
    return tuple(finding for finding in found if finding is not None)


def vanished(case: CaseEvidence) -> list[str]:
    """Judged peaks that no process of head could read."""
    read_in_head = _read(case.head)
    return [name for name in _judged(case) if name not in read_in_head]


def _judged(case: CaseEvidence) -> list[str]:
    """Of the peaks read in base. The host's is judged without file pages where both sides told them apart, and else with them."""
    in_base = _read(case.base)
    told_apart = {name.replace(HOST_METER, WITH_FILE_PAGES) for name in in_base & _read(case.head) if name.endswith(HOST_METER)}
    return sorted(in_base - told_apart)


def _read(samples: dict[int, Sample]) -> set[str]:
    return {name for sample in samples.values() for name in sample.peak_bytes}


def _values(samples: dict[int, Sample], name: str) -> list[int]:
    return [sample.peak_bytes[name] for sample in samples.values() if name in sample.peak_bytes]


def _finding(name: str, base: list[int], head: list[int]) -> MemoryFinding | None:
    if not base or not head:
        return None
    base_bytes, head_bytes = round(statistics.median(base)), round(statistics.median(head))
    allowed_bytes = max(round(ALLOWED_SHARE * base_bytes), ALLOWED_BYTES)
    spread_bytes = max(max(base) - min(base), max(head) - min(head))
    if min(head) - max(base) > allowed_bytes:
        verdict = Verdict.REGRESSED
    elif min(base) - max(head) > allowed_bytes:
        verdict = Verdict.IMPROVED
    elif head_bytes - base_bytes > allowed_bytes and spread_bytes <= allowed_bytes:
        verdict = Verdict.INCONCLUSIVE
    else:
        verdict = Verdict.OK
    return MemoryFinding(
        name=name, base_bytes=base_bytes, head_bytes=head_bytes, allowed_bytes=allowed_bytes, spread_bytes=spread_bytes, verdict=verdict
    )
