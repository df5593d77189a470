"""What a compiled step says where something has turned the compiler off. Runs in a framework's interpreter."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from harness.frameworks.errors import NotCompiledError


def of_pytorch() -> dict[str, Any]:
    import torch
    import torch._dynamo

    from harness.frameworks.pytorch import compiler, device

    def told(turn_off: Callable[[], object]) -> str:
        with torch._dynamo.config.patch(disable=False, debug_backend_override=""):
            turn_off()
            try:
                return first_call(compiler.compiled)
            finally:
                torch.compiler.set_stance("default")
                torch._dynamo.reset()

    def first_call(compiled: Callable[..., Callable[..., Any]]) -> str:
        settled: list[Any] = []
        step = compiled(lambda values: values * 2 + 1, settled.append)
        try:
            step(torch.ones(3))
        except NotCompiledError as error:
            return str(error)
        return f"{len(settled)} settled, {settled[0](torch.ones(3)).tolist()}"

    def by_variable() -> None:
        os.environ["TORCHDYNAMO_DISABLE"] = "1"  # which torch.compile reads when it is called

    with device.cold_compiler():
        found = {"here": told(lambda: None)}
        found["stance"] = told(lambda: torch.compiler.set_stance("force_eager"))
        found["backend"] = told(lambda: setattr(torch._dynamo.config, "debug_backend_override", "0:eager"))
        found["variable"] = told(by_variable)
    return found


def of_tensorflow() -> dict[str, Any]:
    import tensorflow as tf

    from harness.frameworks.tensorflow import compiler

    def told(compiled: Callable[..., Any]) -> str:
        settled: list[Any] = []
        step = compiled(settled.append)
        try:
            step(tf.ones(3))
        except NotCompiledError as error:
            return str(error)
        return f"{len(settled)} settled, {settled[0](tf.ones(3)).numpy().tolist()}"

    def doubled(values: Any) -> Any:
        return values * 2

    def by_xla(settle: Callable[..., None]) -> Any:
        return compiler.compiled(lambda values: doubled(values) + 1, settle, by_xla=True)

    def graph(settle: Callable[..., None]) -> Any:
        return compiler.compiled(lambda values: doubled(values) + 1, settle, by_xla=False)

    def in_part(settle: Callable[..., None]) -> Any:
        part = compiler.part_by_xla(doubled)
        return compiler.compiled_within(lambda values: part(values) + 1, settle)

    found = {"here": told(by_xla), "graph": told(graph), "part": told(in_part)}
    tf.config.run_functions_eagerly(True)
    found |= {"eagerly": told(by_xla), "graph, eagerly": told(graph), "part, eagerly": told(in_part)}
    made = tf.function
    tf.config.run_functions_eagerly(False)
    tf.function = lambda function, **_: made(function, jit_compile=None)  # as a model's code may have replaced it
    found |= {"without XLA": told(by_xla), "part without XLA": told(in_part)}
    return found
