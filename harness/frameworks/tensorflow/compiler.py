"""tf.function and XLA, and the proof that they were used: `run_functions_eagerly` runs a function layer by layer, and nothing says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from harness.frameworks.errors import NotCompiledError

Function = Callable[..., Any]
MUST_COMPILE = "_XlaMustCompile"  # of a graph that runs by XLA or not at all


def compiled(function: Function, settle: Callable[[Function], None], by_xla: bool) -> Function:
    """A function whose first call tells whether it ran as a graph, and by XLA where it should; it gives settle what every further call is
    to be. So steps that are timed are the graph's alone.
    """
    made = tf.function(function, jit_compile=by_xla)

    def first(*arguments: Any) -> Any:
        outcome = made(*arguments)
        if not made.experimental_get_tracing_count():
            raise NotCompiledError(_told())
        if by_xla and not made.get_concrete_function(*arguments).function_def.attr[MUST_COMPILE].b:
            raise NotCompiledError("XLA has compiled nothing: the step ran as a plain graph, and has no number as a compiled one")
        settle(made)
        return outcome

    return first


def _told() -> str:
    told = "tf.function has traced nothing: the step ran layer by layer, and has no number as a graph"
    return f"{told}. Look in the model's code for tf.config.run_functions_eagerly(True)"
