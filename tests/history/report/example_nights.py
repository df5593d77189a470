"""The nights of the pictures: real runs of the suite on this machine, filed under three real commits, of which the last is slower.

    python -m tests.history.report.example_nights --worker pytorch=popen//python=… --worker tensorflow=popen//python=…

The commits are this project's newest one and, in a clone that is thrown away, the two patches of docs/measured/nights/patches on it. A
night with a disturbed case is measured again: on a machine with other work this does not end. Takes about ten minutes on a quiet one.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import psutil

from history.nights.folder import keep
from history.records import TO_SHOW, read
from history.report.machines import key
from history.report.storage import load
from tests.history.report.example_commits import COMMITS, MEASURED_BY, NIGHTS, PATCHES, stored
from tests.repositories import git

PROJECT = Path(__file__).parents[3]
NIGHTS_A_COMMIT = (6, 4, 3)  # three on the new level: the first night in which the change can be told
PATCH_OF_COMMIT = ("none", "`patches/1-neutral.patch`", "`patches/2-slower.patch`")
WITH_ROUNDS = 1
QUIET_PERCENT, QUIET_SECONDS = 20.0, 2.0  # of the CPU, before a night begins
CASES = ("-m", "core", "--model", "mlp", "--measure-until", "precise", "--budget", "none", "--benchmark-max-time", "4")


def main() -> None:
    parser = argparse.ArgumentParser(prog=MEASURED_BY, description=__doc__)
    parser.add_argument("--worker", action="append", required=True, metavar="FRAMEWORK=SPEC", help="As the suite has it.")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        clone, storage = Path(temporary) / "clone", Path(temporary) / "storage"
        git(PROJECT, "clone", "--quiet", "--no-hardlinks", str(PROJECT), str(clone))
        storage.mkdir()
        commits = [git(clone, "rev-parse", "HEAD"), *(_applied(clone, patch) for patch in sorted(PATCHES.glob("*.patch")))]
        for commit, count in zip(commits, NIGHTS_A_COMMIT, strict=True):
            git(clone, "checkout", "--quiet", "-B", "main", commit)
            for number in range(count):
                _night(clone, storage / f"{commit}-{number}.json", options.worker)
        for old in (*NIGHTS.glob("*.json.gz"), *COMMITS.glob("*")):
            old.unlink()
        kept = keep(sorted(storage.glob("*.json")), NIGHTS, WITH_ROUNDS, Path(temporary) / "cache")
        stored(clone, commits)
        (NIGHTS / "README.md").write_text(_told(clone, commits, Path(temporary) / "cache"))
        print(f"{kept.nights} nights, {kept.folder_bytes / 1e3:.0f} kB: {NIGHTS}")


def _told(clone: Path, commits: Sequence[str], cache: Path) -> str:
    """What the nights are, for whoever finds the folder."""
    nights = load(NIGHTS, cache).nights
    first, last = nights[0], nights[-1]
    versions = ", ".join(sorted({each["framework"] for each in last.night.environments}))
    counts = zip(commits, NIGHTS_A_COMMIT, PATCH_OF_COMMIT, strict=True)
    rows = [
        f"| `{commit[:10]}` | {git(clone, 'log', '-1', '--format=%s', commit)} | {patch} | {count} |" for commit, count, patch in counts
    ]
    return "\n".join(
        [
            "# Nights of an example",
            "",
            f"{len(nights)} runs of this suite, one after the other, from {first.when:%-d %B %Y, %H:%M} to {last.when:%H:%M} UTC.",
            f"Machine: {key(last.night.machine).title}. {versions}. No case was disturbed by other processes.",
            "",
            f"    pytest benchmarks {' '.join(CASES)}",
            "",
            "| commit | its message | patch | runs |",
            "|---|---|---|---|",
            *rows,
            "",
            "The second patch makes PyTorch's train step slower: autograd's anomaly detection, for debugging, looks at each gradient.",
            f"The newest run has its rounds, the others are condensed (`history keep --raw-nights {WITH_ROUNDS}`).",
            "`commits/` has the three commits as git stores them: the last two are in no branch.",
            "",
            "The pictures in docs/images are of these nights, and are made again by `python -m tests.history.report.pictures`.",
            f"`{MEASURED_BY}` measures other nights in their place.",
            "",
        ]
    )


def _applied(clone: Path, patch: Path) -> str:
    git(clone, "am", "--quiet", str(patch))
    return git(clone, "rev-parse", "HEAD")


def _night(clone: Path, path: Path, workers: Sequence[str]) -> None:
    """Until none of its cases was disturbed."""
    while True:
        while psutil.cpu_percent(QUIET_SECONDS) > QUIET_PERCENT:
            pass
        command = [sys.executable, "-m", "pytest", "benchmarks", "-p", "no:cacheprovider", *CASES, f"--benchmark-json={path}"]
        command += [f"--benchmark-storage={path.parent / 'sessions'}", *(f"--worker={worker}" for worker in workers)]
        done = subprocess.run(command, cwd=clone, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"a night failed with exit code {done.returncode}:\n{done.stdout[-4000:]}")
        disturbed = _disturbed(path)
        print(f"{path.name}: {disturbed} cases disturbed", flush=True)
        shutil.rmtree(path.parent / "sessions", ignore_errors=True)
        if not disturbed:
            return
        path.unlink()


def _disturbed(path: Path) -> int:
    """Cases."""
    return sum(row.measurement.disturbed for row in read(path, TO_SHOW).rows if row.measurement)


if __name__ == "__main__":
    main()
