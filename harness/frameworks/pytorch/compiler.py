"""torch.compile, and the proof that it was used: a variable or a setting of Dynamo's turns it off, and the step runs as before, unsaid."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import torch

from harness.frameworks.errors import NotCompiledError

Function = Callable[..., Any]
TURNING_OFF = ("TORCHDYNAMO_DISABLE", "TORCH_COMPILE_DISABLE", "TORCH_COMPILE_OVERRIDE_BACKENDS")


def compiled(function: Function, settle: Callable[[Function], None]) -> Function:
    """A function whose first call tells whether it was compiled; it gives settle what every further call is to be. So steps that are timed
    are the compiled ones alone.
    """
    return proven(whole(function), settle)


def whole(function: Function) -> Function:
    """In one graph, for the shapes that it is called with. Nothing is compiled before the first call."""
    return torch.compile(function, fullgraph=True, dynamic=False)  # type: ignore[no-any-return]


def proven(made: Function, settle: Callable[[Function], None]) -> Function:
    """As `compiled`, of what has been made by `whole`, or calls it."""

    def first(*arguments: Any, **named: Any) -> Any:
        from torch._inductor import metrics  # here: who compiles nothing has no use for it

        before = metrics.ir_nodes_pre_fusion  # what Inductor was given: a graph that Dynamo has found may go to another backend
        outcome = made(*arguments, **named)
        if metrics.ir_nodes_pre_fusion == before:
            raise NotCompiledError(_told())
        settle(made)
        return outcome

    return first


def _told() -> str:
    told = "torch.compile has compiled nothing: the step ran eagerly, and has no number as a compiled one"
    found = [f"{name}={os.environ[name]}" for name in TURNING_OFF if name in os.environ]
    if found:
        return f"{told}. Leave {', '.join(found)} out of //env: in --worker"
    return f"{told}. Look in the model's code for torch.compiler.set_stance, torch.compiler.disable and torch._dynamo.config.disable"
