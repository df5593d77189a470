"""What git knows of the commits, whatever their authors' names are written in, and whatever is configured."""

from __future__ import annotations

from pathlib import Path

import pytest

from history.__main__ import main
from history.report.commits import Between, Commit, Commits
from tests import repositories
from tests.history.report.commits_repository import run
from tests.history.report.generated_cases import many_cases
from tests.history.report.generated_nights import Machine, Nights
from tests.repositories import git, hook_variables, use_git_that_finds_another_owner

NAMES = {
    "not UTF-8": (b"Andr\xe9 <a@example.org>", b"Caf\xe9\n\nmore", b"", "Andr\ufffd", "Caf\ufffd"),
    "with its encoding": (b"Andr\xe9 <a@example.org>", b"Caf\xe9", b"encoding ISO-8859-1\n", "André", "Café"),
    "an encoding that nobody knows": (b"Andr\xe9 <a@example.org>", b"Caf\xe9", b"encoding x-unheard-of\n", "Andr\ufffd", "Caf\ufffd"),
    "an encoding that is none of text": (b"Andre <a@example.org>", b"Cafe", b"encoding hex\n", "Andre", "Cafe"),
    "a line's end of Unicode in it": (
        "A\u2028B\x85C <a@example.org>".encode(),
        "x\u2028y\x0bz".encode(),
        b"",
        "A\u2028B\x85C",
        "x\u2028y\x0bz",
    ),
    "signed": (
        b"Andre <a@example.org>",
        b"Cafe",
        b"gpgsig -----BEGIN PGP SIGNATURE-----\n \n -----END PGP SIGNATURE-----\n",
        "Andre",
        "Cafe",
    ),
    "no name": (b" <a@example.org>", b"", b"", "", ""),
}


def made(folder: Path) -> list[str]:
    """A commit for each, one after the other, each as its bytes are."""
    git_init = repositories.create(folder, {"file": ""})
    hashes = [git_init]
    tree = git(folder, "rev-parse", "HEAD^{tree}")
    for number, (author, message, header, _, _) in enumerate(NAMES.values()):
        when = b" %d +0000" % (1_788_000_000 + number)
        content = b"tree %s\nparent %s\nauthor %s%s\ncommitter %s%s\n%s\n%s" % (
            *(tree.encode(), hashes[-1].encode(), author, when, author, when, header, message),
        )
        hashes.append(run(folder, "hash-object", "-t", "commit", "-w", "--literally", "--stdin", content=content).strip())
    return hashes


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "repository"


def test_each_name_and_message_is_told(folder: Path) -> None:
    hashes = made(folder)
    commits = Commits(folder, hashes)
    expected = {hash_: Commit(hash_, subject, author) for hash_, (*_, author, subject) in zip(hashes[1:], NAMES.values(), strict=True)}
    assert {hash_: commits.known[hash_] for hash_ in hashes[1:]} == expected
    between = commits.between(hashes[0], hashes[-1])
    assert between is not None
    assert between.count == len(NAMES)
    told = {each.hash: each for each in between.commits}
    for hash_, name in zip(hashes[1:], NAMES, strict=True):
        if "encoding that" not in name:  # of which git makes what it can
            assert told[hash_] == expected[hash_], name


def test_nothing_that_is_configured_gets_into_it(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hashes = made(folder)
    expected = Commits(folder, hashes)
    between = expected.between(hashes[0], hashes[-1])
    assert between is not None
    checks = tmp_path / "gpg"
    checks.write_text("#!/bin/sh\necho it is not signed by anybody >&2\n")
    checks.chmod(0o755)
    for name, value in (
        ("gpg.program", str(checks)),
        ("log.showSignature", "true"),
        ("i18n.logOutputEncoding", "ISO-8859-1"),
        ("color.ui", "always"),
        ("log.mailmap", "0"),
    ):
        git(folder, "config", name, value)
    repositories.create(tmp_path / "other", {"file": ""})
    for name, value in hook_variables(tmp_path / "other").items():
        monkeypatch.setenv(name, value)
    found = Commits(folder, hashes)
    assert found.known == expected.known
    assert found.between(hashes[0], hashes[-1]) == between


def test_what_git_does_not_know(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hashes = made(folder)
    commits = Commits(folder, [*hashes, None, "", "unversioned", "0" * 40, "--help", hashes[0][:12]])
    assert set(commits.known) == set(hashes)
    assert commits.between(hashes[0], "unversioned") is commits.between("0" * 40, hashes[0]) is commits.between(None, None) is None
    assert commits.between(hashes[1], hashes[0]) == Between(0, ())
    (tmp_path / "plain").mkdir()
    assert (Commits(tmp_path / "plain", hashes).known, Commits(tmp_path / "plain", hashes).refusal) == ({}, "")
    monkeypatch.setenv("PATH", "/nowhere")
    assert (Commits(folder, hashes).known, Commits(folder, hashes).refusal) == ({}, "git is not installed, or not on PATH")


def test_another_owner_s_repository_is_noted(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Nights(Machine(nights=3, rounds=4, cases=many_cases(2)), made(folder)).write(tmp_path / "storage")
    use_git_that_finds_another_owner(tmp_path / "bin", monkeypatch)
    options = ("--output", str(tmp_path / "site"), "--cache", str(tmp_path / "cache"), "--repository", str(folder))
    assert main(("report", str(tmp_path / "storage"), *options)) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "commits: their messages are not told: fatal: " in told
    assert "safe.directory" in told
