"""What the command's caller learns without reading."""

from __future__ import annotations

from enum import IntEnum, StrEnum

from history.gate.verdict import Severity


class ExitCode(IntEnum):
    NOTHING_REGRESSED = 0
    REGRESSED = 1
    BAD_INPUT = 2
    INCONCLUSIVE = 3
    FAULT = 70  # of ours: EX_SOFTWARE of sysexits.h
    INTERRUPTED = 130  # 128 + SIGINT, as shells have it
    BROKEN_PIPE = 141  # 128 + SIGPIPE: nobody read what was printed


class Inconclusive(StrEnum):
    """What an open verdict does: tell it apart, or count as one of the other two."""

    TELL = "tell"
    PASS = "pass"
    FAIL = "fail"


def exit_code(severity: Severity, inconclusive: Inconclusive) -> ExitCode:
    if severity is Severity.BLOCKS:
        return ExitCode.REGRESSED
    if severity is Severity.PASSES or inconclusive is Inconclusive.PASS:
        return ExitCode.NOTHING_REGRESSED
    return ExitCode.REGRESSED if inconclusive is Inconclusive.FAIL else ExitCode.INCONCLUSIVE
