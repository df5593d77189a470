"""How many cores a quota leaves: both versions of control groups, told by files as the kernel writes them, and by real groups."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from harness.worker.meters import control_groups
from harness.worker.meters.control_groups import quota_cores
from harness.worker.meters.cpu import cores

FIRST_VERSION = Path("/sys/fs/cgroup/cpu")
CPUSETS = Path("/sys/fs/cgroup/cpuset")
TELL = "from harness.worker.meters.cpu import cores; print(cores())"
HALF_A_CORE = {"cpu.cfs_quota_us": "50000\n", "cpu.cfs_period_us": "100000\n"}
UNLIMITED = {"cpu.cfs_quota_us": "-1\n", "cpu.cfs_period_us": "100000\n"}

Files = dict[str, dict[str, str]]  # the contents of a group's files, by its folder below the mount


class Machine:
    """What the kernel tells this process of its control groups."""

    def __init__(self, folder: Path) -> None:
        self.mount = folder / "cgroup of it"  # with spaces, as a mount point may have
        self._memberships, self._mounts = folder / "memberships", folder / "mounts"

    def has(self, memberships: str, files: Files, root: str = "/", kind: str = "cgroup2 cgroup2 rw,nsdelegate") -> None:
        self._memberships.write_text(memberships)
        place = str(self.mount).replace(" ", r"\040")
        others = "22 21 0:20 / /proc rw,nosuid - proc proc rw\n33 30 0:28 / /elsewhere rw,noexec shared:9 - cgroup cgroup rw,memory\n"
        self._mounts.write_text(f"{others}31 30 0:26 {root} {place} ro,relatime shared:4 - {kind}\n")
        for group, contents in files.items():
            (self.mount / group).mkdir(parents=True, exist_ok=True)
            for name, content in contents.items():
                (self.mount / group / name).write_text(content)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.setattr(control_groups, "MEMBERSHIPS", tmp_path / "memberships")
    monkeypatch.setattr(control_groups, "MOUNTS", tmp_path / "mounts")
    return Machine(tmp_path)


@pytest.mark.parametrize(
    ("memberships", "root", "files", "expected"),
    [
        pytest.param("0::/\n", "/", {"": {"cpu.max": "50000 100000\n"}}, 0.5, id="a container's namespace"),
        pytest.param("0::/\n", "/", {"": {"cpu.max": "max 100000\n"}}, None, id="no quota"),
        pytest.param("0::/\n", "/", {"": {}}, None, id="the root group, which has no such file"),
        pytest.param("0::/a/b\n", "/", {"a": {"cpu.max": "max 100000\n"}, "a/b": {"cpu.max": "150000 100000\n"}}, 1.5, id="its own"),
        pytest.param("0::/a/b\n", "/", {"a": {"cpu.max": "50000 100000\n"}, "a/b": {"cpu.max": "max 100000\n"}}, 0.5, id="a parent's"),
        pytest.param("0::/a/b\n", "/", {"a": {"cpu.max": "50000 100000\n"}, "a/b": {"cpu.max": "200000 100000\n"}}, 0.5, id="the least"),
        pytest.param("0::/a/b\n", "/", {"a": {"cpu.max": "50000 100000\n"}, "a/b": {}}, 0.5, id="a group without the controller"),
        pytest.param("0::/a/b\n", "/a", {"b": {"cpu.max": "50000 100000\n"}}, 0.5, id="a mount that begins at the parent"),
        pytest.param("0::/ab\n", "/a", {"": {"cpu.max": "50000 100000\n"}, "b": {}}, 0.5, id="a mount of another group"),
        pytest.param("0::/../../other\n", "/", {"": {"cpu.max": "50000 100000\n"}}, 0.5, id="a group outside of the namespace"),
    ],
)
def test_the_second_version(machine: Machine, memberships: str, root: str, files: Files, expected: float | None) -> None:
    machine.has(memberships, files, root)
    assert quota_cores() == expected


@pytest.mark.parametrize(
    ("memberships", "root", "files", "expected"),
    [
        pytest.param("4:cpu,cpuacct:/docker/7f\n0::/\n", "/docker/7f", {"": HALF_A_CORE}, 0.5, id="docker"),
        pytest.param("4:cpu,cpuacct:/docker/7f\n", "/", {"docker/7f": HALF_A_CORE}, 0.5, id="the whole hierarchy"),
        pytest.param("4:cpuacct,cpu:/user.slice\n", "/", {"": {}, "user.slice": HALF_A_CORE}, 0.5, id="systemd's slice"),
        pytest.param("4:cpu,cpuacct:/a/b\n", "/", {"a": HALF_A_CORE, "a/b": UNLIMITED}, 0.5, id="a parent's"),
        pytest.param("4:cpu,cpuacct:/a\n", "/", {"a": UNLIMITED}, None, id="no quota"),
        pytest.param("4:cpuset:/b\n3:cpu,cpuacct:/a\n", "/", {"a": UNLIMITED, "b": HALF_A_CORE}, None, id="another controller's group"),
    ],
)
def test_the_first_version(machine: Machine, memberships: str, root: str, files: Files, expected: float | None) -> None:
    machine.has(memberships, files, root, kind="cgroup cgroup rw,cpu,cpuacct")
    assert quota_cores() == expected


def test_without_control_groups(machine: Machine) -> None:
    assert quota_cores() is None
    assert cores() == len(os.sched_getaffinity(0))


def test_a_part_of_a_core_is_one_and_a_quota_beyond_the_affinity_is_none(machine: Machine) -> None:
    machine.has("0::/\n", {"": {"cpu.max": "10000 100000\n"}})
    assert cores() == 1
    machine.has("0::/\n", {"": {"cpu.max": "99900000 100000\n"}})
    assert cores() == len(os.sched_getaffinity(0))


@pytest.fixture
def group(request: pytest.FixtureRequest) -> Iterator[Path]:
    """A real group of the first version, with one below it."""
    folder = request.param / f"flowers-test-{os.getpid()}"
    below = folder / "below"
    try:
        below.mkdir(parents=True)
    except OSError as error:
        pytest.skip(f"no group can be made: {error}")
    yield folder
    below.rmdir()
    folder.rmdir()


def cores_within(folder: Path) -> int:
    """What a process of that group counts."""

    def join() -> None:
        (folder / "cgroup.procs").write_text(str(os.getpid()))

    done = subprocess.run([sys.executable, "-c", TELL], preexec_fn=join, capture_output=True, text=True, check=True, timeout=60)
    return int(done.stdout)


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one core is one whatever the quota")
@pytest.mark.parametrize("group", [FIRST_VERSION], indirect=True)
def test_a_real_quota_of_the_group_and_of_its_parent(group: Path) -> None:
    assert cores_within(group) > 1
    (group / "cpu.cfs_quota_us").write_text("50000")
    assert cores_within(group) == cores_within(group / "below") == 1


@pytest.mark.parametrize("group", [CPUSETS], indirect=True)
def test_a_real_cpuset_is_in_the_affinity(group: Path) -> None:
    for folder in (group, group / "below"):
        with suppress(OSError):  # a hierarchy without memory nodes
            (folder / "cpuset.mems").write_text((CPUSETS / "cpuset.mems").read_text())
        (folder / "cpuset.cpus").write_text(str(min(os.sched_getaffinity(0))))
    assert cores_within(group / "below") == 1
