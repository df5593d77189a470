"""A session whose ranks are at the two ends of a link, by nothing but two `--worker` a framework."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from harness.frameworks import FRAMEWORKS
from harness.record.measurement import ALONE, EXCHANGE
from tests.frameworks.conftest import interpreter
from tests.links.link import Link
from tests.main_job import PROJECT, QUICK, read

CHOSEN = "matched and plain and fp32 and bs8 and not (synchronized or accumulated_4 or buckets or packs or gradient_views)"
TIMEOUT_SECONDS = 600  # of a machine that is busy with other tests

pytestmark = [pytest.mark.slow, pytest.mark.early]


def test_ranks_in_two_namespaces_are_measured_like_those_of_two_machines(link: Link, tmp_path: Path) -> None:
    specs = [(name, shlex.join(link.command(end, interpreter(name)))) for name in FRAMEWORKS for end in (0, 1)]
    workers = [f"--worker={name}=popen//python={command}" for name, command in specs]
    own = [
        f"--benchmark-json={tmp_path / 'out.json'}",
        f"--benchmark-storage={tmp_path / 'storage'}",
        f"--input-cache={tmp_path / 'cache'}",
    ]
    chosen = ["benchmarks/test_data_parallel.py", "--model=mlp", "--ranks=2", "-k", CHOSEN]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *chosen, *QUICK, *workers, *own],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    print(done.stdout, done.stderr)
    assert done.returncode == pytest.ExitCode.OK
    _, measurements = read(tmp_path)
    assert {each.case.framework for each in measurements.values()} == set(FRAMEWORKS)
    for each in measurements.values():
        assert each.equal_work is not None
        assert all(check.holds for check in each.equal_work.checks)
        assert each.references[ALONE]
        assert each.references[EXCHANGE]
    assert link.processes() == []
