"""A run in one line."""

from __future__ import annotations

from history.report.histories import MachineHistory


def run_heading(machine: MachineHistory) -> str:
    newest = machine.nights[-1]
    commit = (newest.night.commit or "unknown commit")[:12]
    return f"{newest.when:%Y-%m-%d %H:%M} UTC · {commit} · {machine.key.title}"
