"""The compose file of two containers: what it says, and a session in it where a container engine runs."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.session.launched import launchers
from harness.session.launched.secret import LEAST, VARIABLE
from tests.session.conftest import PROJECT, InnerRun, measurements
from tests.session.test_machines import BENCHMARK

FOLDER = PROJECT / "containers" / "data-parallel"
COMPOSE = FOLDER / "compose.yaml"
BUILD_SECONDS, RUN_SECONDS = 1800, 600
BASE = "FLOWERS_TEST_BASE_IMAGE"  # environment variable: another image to build on than the Dockerfile's, where that cannot be pulled
# As the file has it, with stand-ins for the frameworks, whose environments are not built.
INNER = """
services:
  rank0: &rank
    image: flowers-data-parallel-test
    build: {{target: suite, network: host, args: {{BASE: "{base}"}}}}
    working_dir: {folder}
    command:
      - sh
      - -c
      - exec /suite/.tox/suite/bin/python -m pytest benchmarks {options}
    environment: {{PYTHONPATH: /suite, PYTHONDONTWRITEBYTECODE: "1"}}
    volumes: ["{folder}:{folder}"]
  rank1:
    <<: *rank
"""


def file() -> dict[str, Any]:
    return yaml.safe_load(COMPOSE.read_text())  # type: ignore[no-any-return]


def compose() -> list[str]:
    """The command, or a skip that says why there is none."""
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "info"], capture_output=True, check=False, timeout=60).returncode:
        pytest.skip("no container engine runs here")
    if subprocess.run([docker, "compose", "version"], capture_output=True, check=False, timeout=60).returncode == 0:
        return [docker, "compose"]
    program = shutil.which("docker-compose")
    return [program] if program else pytest.skip("there is no docker compose")


@pytest.mark.parametrize("service", [0, 1])
def test_each_container_is_launched_as_its_rank(service: int) -> None:
    environment = file()["services"][f"rank{service}"]["environment"]
    launch = launchers.found(environment)
    assert launch is not None
    assert (launch.number, launch.count, launch.host, launch.on_one_machine) == (service, 2, "rank0", False)
    assert environment[VARIABLE].startswith(f"${{{VARIABLE}:?set it to {LEAST} or more characters")


def test_both_run_the_same() -> None:
    one, two = (file()["services"][f"rank{number}"] for number in range(2))
    assert {name: one[name] for name in ("image", "build", "command")} == {name: two[name] for name in ("image", "build", "command")}
    named = [word for word in " ".join(one["command"]).split() if word.startswith("benchmarks/")]
    assert [(PROJECT / name).is_file() for name in named] == [True]


def test_a_session_of_two_containers(inner: InnerRun) -> None:
    program = compose()
    inner.use("ranked", original="tests.stand_in.original")
    (inner.folder / "benchmarks" / "test_inner.py").write_text(BENCHMARK)
    options = (*inner.options, "--model=mlp", f"--benchmark-json={inner.folder / 'out.json'}")
    base = os.environ.get(BASE, "python:3.12-slim-bookworm")
    override = inner.folder / "override.yaml"
    override.write_text(INNER.format(folder=inner.folder, options=" ".join(options), base=base))
    command = [*program, "-f", str(COMPOSE), "-f", str(override), "-p", f"flowers-test-{os.getpid()}"]
    environment = os.environ | {VARIABLE: "x" * LEAST}
    built = _run([*command, "build"], environment, BUILD_SECONDS)
    if built.returncode and "pull" in built.stdout:
        pytest.skip("the image that the Dockerfile builds on cannot be pulled here")
    assert built.returncode == 0
    try:
        ran = _run([*command, "up", "--no-build", "--exit-code-from", "rank0"], environment, RUN_SECONDS)
        assert ran.returncode == pytest.ExitCode.OK
    finally:
        _run([*command, "down", "--volumes"], environment, RUN_SECONDS)
    found = measurements(inner.json())
    assert [each.case.ranks for each in found.values()] == [1, 2]
    assert next(each for each in found.values() if each.case.ranks == 2).environment["machines"] == "2"


def _run(command: list[str], environment: dict[str, str], seconds: float) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=seconds, check=False
    )
    print(done.stdout)
    return done


def test_what_is_not_copied_into_the_image_is_there_to_be_left_out() -> None:
    assert (Path(PROJECT) / ".dockerignore").read_text().split() == [".benchmarks", ".git", ".tox", "**/__pycache__"]
