"""The optimiser of a model that has its own: what is refused before any framework makes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fixtures.models import code
from fixtures.models.description import FILE, ModelError
from harness.frameworks.contract import Setup


def of_the_user(setup: Setup, framework: str) -> Callable[..., Any]:
    """`optimizer` out of the framework's file. Raises ModelError where it is not there."""
    found: Any = getattr(code.builder(setup.model, framework), "optimizer", None)
    if not callable(found):
        file = setup.model.file(framework)
        raise ModelError(f"{file}: no function optimizer, which {FILE} names: write one, or leave the line out for Adam")
    return found  # type: ignore[no-any-return]
