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
    return _proven(tf.function(function, jit_compile=by_xla), settle, _all_of_it if by_xla else None)


def compiled_within(function: Function, settle: Callable[[Function], None]) -> Function:
    """The same for a graph that XLA compiles a part of, as it has no operations for the rest: the part is by `part_by_xla`."""
    return _proven(tf.function(function), settle, _a_part_of_it)


def part_by_xla(function: Function) -> Function:
    """What is called while a graph is traced by `compiled_within`."""
    return tf.function(function, jit_compile=True)  # type: ignore[no-any-return]


def _proven(made: Any, settle: Callable[[Function], None], is_by_xla: Callable[[Any], bool] | None) -> Function:
    """is_by_xla: asked of the traced graph; None where XLA has no part in it."""

    def first(*arguments: Any) -> Any:
        outcome = made(*arguments)
        if not made.experimental_get_tracing_count():
            raise NotCompiledError(_told())
        if is_by_xla is not None and not is_by_xla(made.get_concrete_function(*arguments)):
            raise NotCompiledError("XLA has compiled nothing: the step ran as a plain graph, and has no number as a compiled one")
        settle(made)
        return outcome

    return first


def _all_of_it(traced: Any) -> bool:
    return bool(traced.function_def.attr[MUST_COMPILE].b)


def _a_part_of_it(traced: Any) -> bool:
    """Whether it calls one."""
    return any(node.attr[MUST_COMPILE].b for node in traced.graph.as_graph_def().node)


def _told() -> str:
    told = "tf.function has traced nothing: the step ran layer by layer, and has no number as a graph"
    return f"{told}. Look in the model's code for tf.config.run_functions_eagerly(True)"
