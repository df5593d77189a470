"""Whom the kernel has killed for want of memory: told by files as the kernel writes them, and by real groups."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from harness.session.workers import oom_kills as module
from harness.session.workers.oom_kills import oom_kills
from harness.worker.meters import control_groups
from harness.worker.meters.control_groups import folders

OF_THE_MACHINE = "nr_free_pages 12\noom_kill 40\n"
EVENTS = "low 0\nhigh 0\nmax 9\noom 7\noom_kill {}\noom_group_kill 0\n"
CONTROL = "oom_kill_disable 0\nunder_oom 0\noom_kill {}\n"
SECOND, FIRST = "cgroup2 cgroup2 rw", "cgroup cgroup rw,memory"
HOARD = "import os, sys; open(sys.argv[1], 'w').write(str(os.getpid())); taken = [bytes(2**24) + b'1' for _ in range(64)]"
LIMIT_BYTES = 2**26


@pytest.mark.parametrize(
    ("membership", "kind", "files", "expected"),
    [
        pytest.param("0::/", SECOND, {"memory.events": EVENTS.format(3)}, 3, id="a container"),
        pytest.param(
            "0::/a/b", SECOND, {"a/memory.events": EVENTS.format(5), "a/b/memory.events": EVENTS.format(2)}, 2, id="its own first"
        ),
        pytest.param("0::/a/b", SECOND, {"a/memory.events": EVENTS.format(5), "a/b/cgroup.procs": ""}, 5, id="without the controller"),
        pytest.param("0::/", SECOND, {"cgroup.procs": ""}, 40, id="the root group, which does not count"),
        pytest.param(
            "4:memory:/a", FIRST, {"memory.oom_control": CONTROL.format(9), "a/memory.oom_control": CONTROL.format(1)}, 1, id="v1"
        ),
        pytest.param(
            "4:memory:/", FIRST, {"memory.oom_control": CONTROL.format(1), "b/memory.oom_control": CONTROL.format(2)}, 3, id="below"
        ),
        pytest.param("4:memory:/", FIRST, {"memory.oom_control": "oom_kill_disable 0\nunder_oom 0\n"}, 40, id="an older kernel"),
        pytest.param("4:memory:/", "cgroup cgroup rw,cpu", {"memory.oom_control": CONTROL.format(1)}, 40, id="another controller's mount"),
    ],
)
def test_what_the_files_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, membership: str, kind: str, files: dict[str, str], expected: int
) -> None:
    told = {"memberships": f"{membership}\n", "mounts": f"31 30 0:26 / {tmp_path}/groups ro shared:4 - {kind}\n", "vmstat": OF_THE_MACHINE}
    for name, content in (told | {f"groups/{name}": content for name, content in files.items()}).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    monkeypatch.setattr(control_groups, "MEMBERSHIPS", tmp_path / "memberships")
    monkeypatch.setattr(control_groups, "MOUNTS", tmp_path / "mounts")
    monkeypatch.setattr(module, "OF_THE_MACHINE", tmp_path / "vmstat")
    assert oom_kills() == expected
    monkeypatch.setattr(control_groups, "MEMBERSHIPS", tmp_path / "nothing")
    assert oom_kills() == 40
    monkeypatch.setattr(module, "OF_THE_MACHINE", tmp_path / "nothing")
    assert oom_kills() == 0


@pytest.fixture
def own() -> Path:
    """The folder of this process' memory group, of the first version."""
    found = next((folder for folder in folders("memory") if (folder / "memory.oom_control").exists()), None)
    if found is None or not found.parent.joinpath("memory.oom_control").exists():
        pytest.skip("no memory group of the first version that is not the root")
    return found


@pytest.fixture
def made() -> Iterator[list[Path]]:
    groups: list[Path] = []
    yield groups
    for group in groups:
        with suppress(OSError):
            group.rmdir()


def run_out_of_memory(group: Path, made: list[Path]) -> None:
    """A process, in a group of its own with a limit."""
    try:
        group.mkdir()
    except OSError as error:
        pytest.skip(f"no group can be made: {error}")
    made.append(group)
    (group / "memory.limit_in_bytes").write_text(str(LIMIT_BYTES))
    done = subprocess.run([sys.executable, "-c", HOARD, group / "cgroup.procs"], check=False, timeout=60)
    assert done.returncode == -9


def test_who_is_killed_in_another_group_is_none_of_ours(own: Path, made: list[Path]) -> None:
    """A container beside this one, say: the machine's count has it."""
    before, of_the_machine = oom_kills(), module._in_file(module.OF_THE_MACHINE)
    run_out_of_memory(own.parent / f"flowers-beside-{os.getpid()}", made)
    assert oom_kills() == before
    assert of_the_machine is not None
    assert (module._in_file(module.OF_THE_MACHINE) or 0) > of_the_machine
    run_out_of_memory(own / f"flowers-below-{os.getpid()}", made)
    assert oom_kills() == before + 1
