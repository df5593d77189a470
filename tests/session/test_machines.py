"""Ranks on several machines, by ssh: each machine has inputs of its own, which have to be the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.links.link import NoLinkError, make_link
from tests.session.conftest import InnerRun, measurements
from tests.session.test_elsewhere import write_images
from tests.session.workers.hosts import NAMES, NoHostsError, hosts, spec

pytestmark = pytest.mark.slow

BENCHMARK = """
import pytest

AXES = {"phase": "data_parallel", "style": "matched", "workload": "full", "execution": "plain", "precision": "fp32"}

@pytest.mark.cases("core", **AXES, ranks="chosen", batch_size=8)
def test_ranks(measure):
    measure()
"""


@contextmanager
def on_hosts(
    inner: InnerRun, seen: Mapping[str, Mapping[Path, Path]], networks: Mapping[str, str] | None = None
) -> Iterator[tuple[str, ...]]:
    """The options of a run with a rank on each of the two hosts."""
    inner.use("ranked", original="tests.stand_in.original")
    (inner.folder / "benchmarks" / "test_inner.py").write_text(BENCHMARK)
    try:
        with hosts(inner.folder, seen, networks) as settings:
            yield (
                "--ranks=2",
                f"--input-cache={inner.folder / 'cache'}",
                f"--benchmark-json={inner.folder / 'out.json'}",
                *(f"--worker=ranked={spec(settings, name, {'TMPDIR': str(inner.folder / 'tmp')})}" for name in NAMES),
            )
    except NoHostsError as error:
        pytest.skip(str(error))


@pytest.fixture
def caches(inner: InnerRun) -> dict[str, dict[Path, Path]]:
    """Each host has its own folder where the input cache is."""
    (inner.folder / "cache").mkdir()
    for name in NAMES:
        (inner.folder / name).mkdir()
    return {name: {inner.folder / "cache": inner.folder / name} for name in NAMES}


def test_each_machine_has_its_inputs_made_or_brought(inner: InnerRun, caches: dict[str, dict[Path, Path]]) -> None:
    with on_hosts(inner, caches) as options:
        code, output = inner.run(*options, "--model=mlp")
    assert code == pytest.ExitCode.OK, output
    (measurement,) = measurements(inner.json()).values()
    assert measurement.environment["machines"] == "2"
    assert measurement.environment["host"] == NAMES[0]
    one, two = ({path.relative_to(inner.folder / name) for path in (inner.folder / name).rglob("*.safetensors")} for name in NAMES)
    assert one == two != set()
    assert not any((inner.folder / "cache").iterdir())
    assert inner.left_behind() == []


def test_two_machines_with_a_cable_between_them(inner: InnerRun, caches: dict[str, dict[Path, Path]]) -> None:
    """No loopback of theirs is the other one's: they meet at their own addresses."""
    try:
        with closing(make_link(1e-4, 1e9)) as link:
            networks = {name: link.command(end)[1] for end, name in enumerate(NAMES)}
            with on_hosts(inner, caches, networks) as options:
                code, _ = inner.run(*options, "--model=mlp")
    except NoLinkError as error:
        pytest.skip(str(error))
    assert code == pytest.ExitCode.OK
    (measurement,) = measurements(inner.json()).values()
    assert measurement.environment["machines"] == "2"
    assert inner.left_behind() == []


def test_another_corpus_on_one_machine_is_told_with_the_rank(inner: InnerRun, caches: dict[str, dict[Path, Path]]) -> None:
    images, others = inner.folder / "images", inner.folder / "others"
    write_images(images)
    write_images(others)
    next(others.rglob("*.jpg")).write_bytes(next(iter(sorted(others.rglob("1.jpg")))).read_bytes())
    caches[NAMES[1]][images] = others
    with on_hosts(inner, caches) as options:
        code, output = inner.run(*options, f"--corpus={images}")
    assert code == pytest.ExitCode.TESTS_FAILED
    assert f"unequal_work: rank 1 ({NAMES[1]}) has another corpus than rank 0 ({NAMES[0]})" in output.replace("\n", " ")
    assert inner.left_behind() == []
