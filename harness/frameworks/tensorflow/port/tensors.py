"""A canonical tensor as Keras holds it: in one variable or in several, in another layout."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


class Turned:
    """One tensor in canonical layout, written to and read from Keras' variables."""

    def __init__(
        self,
        variables: Sequence[Any],
        shape: Sequence[int],
        to_keras: Callable[[Array], Sequence[Array]],
        from_keras: Callable[[Sequence[Array]], Array],
    ) -> None:
        self.variables = tuple(variables)
        self.shape = tuple(int(size) for size in shape)
        self._to_keras = to_keras
        self._from_keras = from_keras

    def write(self, values: Array) -> None:
        for variable, part in zip(self.variables, self._to_keras(values), strict=True):
            variable.assign(np.ascontiguousarray(part))

    def read(self) -> Array:
        """A copy in C order."""
        return np.array(self.canonical([variable.numpy() for variable in self.variables]), np.float32, order="C")

    def canonical(self, held: Sequence[Array]) -> Array:
        """What the variables would hold, such as their gradients, in the canonical layout."""
        return self._from_keras([np.asarray(each) for each in held])


def same(variable: Any) -> Turned:
    return Turned([variable], variable.shape, lambda values: [values], lambda held: held[0])


def transposed(variable: Any, to_keras: Sequence[int]) -> Turned:
    """to_keras: the canonical axes in Keras' order."""
    back = np.argsort(to_keras)
    shape = [variable.shape[axis] for axis in back]
    return Turned([variable], shape, lambda values: [np.transpose(values, to_keras)], lambda held: np.transpose(held[0], back))


def reshaped(variable: Any, shape: Sequence[int]) -> Turned:
    return Turned([variable], shape, lambda values: [values.reshape(variable.shape)], lambda held: held[0].reshape(shape))
