"""By what two ranks of a side are told to do the same work: the code of this suite that they import, and the inputs that lie there."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path

from fixtures.corpora.manifest import Manifest, ManifestError

SUITE = Path(__file__).parents[2]
PACKAGES = ("fixtures", "harness")


def of_suite() -> str:
    """Of the files that decide what is computed and measured."""
    digest = hashlib.sha256()
    for path in sorted(path for package in PACKAGES for path in (SUITE / package).rglob("*.py")):
        digest.update(f"{path.relative_to(SUITE)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def of_corpus(folder: str) -> str:
    """By its manifest: who made the inputs on that machine has read every file. "" where there is none."""
    with suppress(ManifestError):
        return Manifest.read(Path(folder)).sha256 if folder else ""
    return ""


def of_weights(file: str) -> str:
    """Of the file; "" where it is not there."""
    with suppress(OSError), Path(file).open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
    return ""
