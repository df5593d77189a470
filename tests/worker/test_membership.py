"""What a worker offers as a rank: ports that are its own until the engine listens, and by what its work is told to be the others'."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest
from msgspec.structs import replace

from fixtures.corpora.manifest import Manifest
from fixtures.models.description import ModelError
from harness.frameworks.ranks import Rank
from harness.record.outcome import Outcome, Unsupported
from harness.worker import identity
from harness.worker.case_error import CaseError
from harness.worker.membership import ANYWHERE, Membership
from harness.worker.protocol import Join, Offered
from tests.session.workers.crews import SETUP
from tests.stand_in.framework import StandIn

TRIES = 2000


class Engine(StandIn):
    """One that listens as PyTorch's and TensorFlow's do, or fails."""

    def __init__(self, error: Exception | None = None) -> None:
        super().__init__()
        self.error = error
        self.listened = 0

    def join(self, rank: Rank) -> None:
        if self.error is not None:
            raise self.error
        host, port = rank.addresses[0].split(":")
        with socket.create_server((host, int(port))):  # SO_REUSEADDR, as every server has it
            self.listened = int(port)


@pytest.fixture
def member() -> Iterator[tuple[Membership, Offered]]:
    membership = Membership()
    offered = membership.offer(SETUP)
    yield membership, offered
    membership._engine.close()
    membership._line.close()


def join(offered: Offered) -> Join:
    return Join(SETUP, Rank(0, (f"127.0.0.1:{offered.engine_port}",), 5.0), f"127.0.0.1:{offered.line_port}", offered.key, ())


def test_an_engine_listens_at_a_port_that_was_its_own_all_the_time(member: tuple[Membership, Offered]) -> None:
    """Nobody who takes any free port is given it, before or while the engine comes."""
    membership, offered = member
    engine = Engine()
    for _ in range(TRIES):
        with socket.socket() as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.bind((ANYWHERE, 0))
            assert other.getsockname()[1] not in (offered.engine_port, offered.line_port)
    membership.join(join(offered), engine)
    assert engine.listened == offered.engine_port
    assert membership.rank is not None


def test_a_port_that_was_taken_all_the_same_is_named(member: tuple[Membership, Offered]) -> None:
    membership, offered = member
    with socket.create_server(("127.0.0.1", offered.engine_port)), pytest.raises(CaseError) as raised:
        membership.join(join(offered), engine := Engine())
    assert engine.listened == 0
    assert raised.value.outcome is Outcome.ERROR
    told = f"port {offered.engine_port} of {socket.gethostname()}, which the engine was to listen at, is taken by another process"
    assert str(raised.value).startswith(told)
    assert membership.rank is None


def test_an_engine_that_fails_names_where_the_ranks_were_to_meet(member: tuple[Membership, Offered]) -> None:
    membership, offered = member
    with pytest.raises(CaseError, match=rf"by the engine at 127.0.0.1:{offered.engine_port} .*: RuntimeError: refused"):
        membership.join(join(offered), Engine(RuntimeError("refused")))


@pytest.mark.parametrize("error", [Unsupported("no gloo"), MemoryError("no memory")])
def test_what_an_engine_says_of_itself_stays_what_it_is(member: tuple[Membership, Offered], error: Exception) -> None:
    membership, offered = member
    with pytest.raises(type(error)):
        membership.join(join(offered), Engine(error))


def test_the_line_is_nobody_else_s(member: tuple[Membership, Offered]) -> None:
    _, offered = member
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with pytest.raises(OSError, match="in use"):
            other.bind((ANYWHERE, offered.line_port))


def test_offers_of_one_machine_are_equal_in_all_that_has_to_be(member: tuple[Membership, Offered]) -> None:
    _, one = member
    other = Membership()
    offered = other.offer(SETUP)
    other._engine.close()
    other._line.close()
    alike = ("host", "suite_sha256", "corpus_sha256", "weights_sha256", "network", "hosts")
    assert [getattr(offered, name) for name in alike] == [getattr(one, name) for name in alike]
    assert offered.key != one.key
    assert {offered.engine_port, offered.line_port}.isdisjoint({one.engine_port, one.line_port})


def test_a_file_of_the_suite_that_was_changed_makes_it_another(tmp_path: Path) -> None:
    for package in identity.PACKAGES:
        (tmp_path / package).mkdir()
        (tmp_path / package / "module.py").write_text("1\n")
    with mock.patch.object(identity, "SUITE", tmp_path):
        before = identity.of_suite()
        (tmp_path / "harness" / "notes.md").write_text("no code\n")
        assert identity.of_suite() == before
        (tmp_path / "harness" / "module.py").write_text("2\n")
        changed = identity.of_suite()
        shutil.move(tmp_path / "harness" / "module.py", tmp_path / "harness" / "other.py")
        assert len({before, changed, identity.of_suite()}) == 3


def test_a_corpus_is_told_by_its_manifest_and_weights_by_their_file(tmp_path: Path) -> None:
    assert identity.of_corpus("") == identity.of_corpus(str(tmp_path)) == ""
    (tmp_path / "jpg").mkdir()
    found = set()
    for content in ("1", "2"):
        (tmp_path / "jpg" / "image.jpg").write_text(content)
        Manifest.of("x", tmp_path, ["jpg"]).write(tmp_path)
        found.add(identity.of_corpus(str(tmp_path)))
    assert len(found - {""}) == 2
    weights = tmp_path / "weights.safetensors"
    assert identity.of_weights("") == identity.of_weights(str(weights)) == ""
    found = set()
    for content in ("1", "2"):
        weights.write_text(content)
        found.add(identity.of_weights(str(weights)))
    assert len(found - {""}) == 2


def test_another_model_in_its_place_is_refused_by_name() -> None:
    with pytest.raises(ModelError, match="not the model that was asked for"):
        Membership().offer(replace(SETUP, model=replace(SETUP.model, sha256="of another")))
