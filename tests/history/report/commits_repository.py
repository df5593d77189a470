"""A git repository with a commit a night, made in one go."""

from __future__ import annotations

import subprocess
from pathlib import Path


def commits(folder: Path, messages: list[str]) -> list[str]:
    """Their hashes, in order."""
    folder.mkdir(parents=True)
    run(folder, "init", "--quiet", "--initial-branch=main")
    stream = b""
    for index, message in enumerate(messages):
        data = message.encode()
        stream += b"commit refs/heads/main\nmark :%d\ncommitter Night Owl <owl@example.org> %d +0000\n" % (
            index + 1,
            1_788_000_000 + 86_400 * index,
        )
        stream += b"data %d\n%s\n" % (len(data), data)
    run(folder, "fast-import", "--quiet", content=stream)
    return run(folder, "rev-list", "--reverse", "main").split()


def run(folder: Path, *arguments: str, content: bytes = b"") -> str:
    done = subprocess.run(["git", "-C", str(folder), *arguments], input=content, capture_output=True, check=True)
    return done.stdout.decode()
