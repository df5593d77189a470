"""What the losses of all frameworks are told by model.toml, and what is refused before any of them computes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from fixtures.models import code
from fixtures.models.description import FILE, Loss, ModelError
from harness.frameworks.contract import Setup


class OfOneOutput:
    """A loss by name. All that it asks for is read beforehand: a compiler cannot follow it into a file."""

    def __init__(self, setup: Setup) -> None:
        self.file = str(setup.model.root / FILE)
        self._wanted = setup.model.description.output

    def chosen(self, outputs: Iterable[str]) -> str:
        """The name of the output that it is taken of. Raises ModelError where it is not told."""
        names = list(outputs)
        if self._wanted and self._wanted not in names:
            raise ModelError(f"{self.file}: output = {self._wanted!r}: the network gives {', '.join(names)}; write one of these")
        if not self._wanted and len(names) > 1:
            mend = "write output = the one that the loss is taken of, or loss = 'own'"
            raise ModelError(f"{self.file}: the network gives {', '.join(names)}: {mend}")
        return self._wanted or names[0]

    def expect_one(self, target: Any) -> None:
        """Raises ModelError for several targets."""
        if isinstance(target, dict):
            raise ModelError(f"{self.file}: a loss by name has one target, not {', '.join(target)}: declare one, or write loss = 'own'")


def of_the_user(setup: Setup, framework: str) -> Callable[[Any, Any], Any]:
    """`loss(outputs, targets)` out of the framework's file. Raises ModelError where it is not there."""
    found: Any = getattr(code.builder(setup.model, framework), "loss", None)
    if not callable(found):
        file = setup.model.file(framework)
        raise ModelError(f"{file}: no function loss(outputs, targets), which {FILE} names: write one, or name another loss there")
    return found  # type: ignore[no-any-return]


def expect_classes(setup: Setup) -> None:
    """Raises ModelError for a model that recognises nothing."""
    loss = setup.model.description.loss
    if loss is not Loss.CROSS_ENTROPY:
        raise ModelError(f"{setup.model.root / FILE}: loss {loss}: fine-tuning counts recognised classes: it needs {Loss.CROSS_ENTROPY}")
