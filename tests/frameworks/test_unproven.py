"""A case that is about a compiler has a number only where the compiler has compiled: some settings turn it off, and nothing says so."""

from __future__ import annotations

from typing import Any

import pytest

from tests.frameworks.conftest import RunIn

SETTLED = "1 settled, [3.0, 3.0, 3.0]"
EAGER = "torch.compile has compiled nothing: the step ran eagerly, and has no number as a compiled one. "
UNTRACED = "tf.function has traced nothing: the step ran layer by layer, and has no number as a graph. "


@pytest.fixture(scope="module")
def pytorch(run_in: RunIn) -> Any:
    return run_in("pytorch", "from unproven import of_pytorch\nresult = of_pytorch()")


@pytest.fixture(scope="module")
def tensorflow(run_in: RunIn) -> Any:
    return run_in("tensorflow", "from unproven import of_tensorflow\nresult = of_tensorflow()")


def test_what_is_compiled_is_settled_with_the_first_call(pytorch: Any, tensorflow: Any) -> None:
    assert [pytorch["here"], tensorflow["here"], tensorflow["graph"], tensorflow["part"]] == [SETTLED] * 4


def test_pytorch_eager_is_no_compiled_step(pytorch: Any) -> None:
    assert pytorch["variable"] == f"{EAGER}Leave TORCHDYNAMO_DISABLE=1 out of //env: in --worker"
    for by_code in (pytorch["stance"], pytorch["backend"]):
        assert by_code.startswith(f"{EAGER}Look in the model's code for torch.compiler.set_stance")


def test_tensorflow_eager_is_neither_compiled_nor_a_graph(tensorflow: Any) -> None:
    for told in (tensorflow["eagerly"], tensorflow["graph, eagerly"], tensorflow["part, eagerly"]):
        assert told == f"{UNTRACED}Look in the model's code for tf.config.run_functions_eagerly(True)"


def test_a_plain_graph_is_no_compiled_one(tensorflow: Any) -> None:
    for told in (tensorflow["without XLA"], tensorflow["part without XLA"]):
        assert told.startswith("XLA has compiled nothing: the step ran as a plain graph")
