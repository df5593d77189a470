"""What this shell has set that matched cases are measured without: told once, to somebody who has set it on purpose."""

from __future__ import annotations

import os
from collections.abc import Iterator

import execnet
import pytest

from harness.record.fairness import SURROUNDINGS
from harness.session import options
from harness.session.cases import CASE
from harness.session.workers.surroundings import left_out_at_start, leftovers, variables
from harness.worker.leftovers import found


def pytest_report_collectionfinish(config: pytest.Config, items: list[pytest.Item]) -> list[str]:
    """Of workers on this machine: another one's shell is not known yet. Names alone: Terraform's secrets begin with TF_, too."""
    frameworks = {item.stash[CASE].framework for item in items if CASE in item.stash}
    workers = {name: spec for name, spec in options.of(config).workers.items() if name in frameworks and options.on_this_machine(spec)}
    left_out = list(dict.fromkeys(name for framework, spec in workers.items() for name in of(framework, spec)))
    if not left_out:
        return []
    return [
        f"matched without {', '.join(left_out)} of this shell, which would change one side alone",
        f"  (to have it all the same: --worker FRAMEWORK=SPEC//env:{left_out[0]}=VALUE)",
    ]


def of(framework: str, spec: str) -> Iterator[str]:
    """The names of what a worker of the framework does not take over from here where all is neutral."""
    given = variables(framework, SURROUNDINGS).keys() | execnet.XSpec(spec).env.keys()
    yield from found(os.environ, (*leftovers(framework, SURROUNDINGS), *left_out_at_start(SURROUNDINGS)), given)
