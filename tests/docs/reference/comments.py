"""What the code says beside the members of an enumeration and the fields of a struct: the comment at the end of the line, or above it."""

from __future__ import annotations

import ast
import inspect
import textwrap
import tokenize
from io import StringIO


def of(subject: type) -> dict[str, str]:
    """By name, in the order of the source. What has no comment has "" there."""
    source = textwrap.dedent(inspect.getsource(subject))
    behind, alone = _comments(source)
    body = ast.parse(source).body[0]
    assert isinstance(body, ast.ClassDef)
    found = {}
    for node in body.body:
        target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0] if isinstance(node, ast.Assign) else None
        if isinstance(target, ast.Name):
            found[target.id] = behind.get(node.end_lineno or node.lineno) or alone.get(node.lineno - 1, "")
    return found


def _comments(source: str) -> tuple[dict[int, str], dict[int, str]]:
    """By line: those behind code, and those with a line to themselves."""
    behind, alone = {}, {}
    for token in tokenize.generate_tokens(StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            (alone if token.line.lstrip().startswith("#") else behind)[token.start[0]] = token.string.lstrip("# ")
    return behind, alone
