"""Equal work: the numpy reference, PyTorch and Keras compute one function from one file of weights."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from fixtures.corpora import CLASSES
from fixtures.models.description import Loss
from fixtures.models.resnet50 import architecture, reference
from fixtures.models.weights import load
from tests.frameworks.computed import EXPERIMENT, batch
from tests.frameworks.conftest import RunIn
from tests.frameworks.started import weights_of_resnet50

pytestmark = pytest.mark.slow

FRAMEWORKS = ("pytorch", "tensorflow")

# In standard deviations of the logits, or relative; beside each what was reached on a CPU.
LOGITS_TOLERANCE = 1e-3  # 2e-5
BF16_LOGITS_TOLERANCE = 1.0  # 0.2
# Full: Adam's first steps are nearly the gradients' signs, so every gradient that is about 0 turns rounding into a whole step.
LOSS_TOLERANCE = {"frozen": 1e-3, "full": 5e-3}  # 2e-5 over 20 steps, 2e-4 over 3
GRADIENT_NORM_TOLERANCE = 1e-3  # 7e-5
RUNNING_MEANS_TOLERANCE = 1e-4  # 2e-6 after the first step, 2e-2 after three

Found = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def weights_path(tmp_path_factory: pytest.TempPathFactory) -> str:
    return weights_of_resnet50(tmp_path_factory.mktemp("weights"))


@pytest.fixture(scope="module")
def oracle(weights_path: str) -> npt.NDArray[np.floating]:
    """The reference's logits of the batch, in float64."""
    images, _ = batch()
    return reference.logits(load(Path(weights_path)), images.astype(np.float64))


@pytest.fixture(scope="module")
def found(run_in: RunIn, weights_path: str) -> Found:
    def gather(name: str) -> dict[str, Any]:
        everything, stock = (f"import computed\nresult = computed.{each}({name!r}, {weights_path!r})" for each in ("everything", "stock"))
        return run_in(name, everything) | {"stock": run_in(name, stock)}

    with ThreadPoolExecutor() as pool:  # most of it is compiling and tracing, on one core
        return dict(zip(FRAMEWORKS, pool.map(gather, FRAMEWORKS), strict=True))


def difference(ours: Any, theirs: Any) -> float:
    """Largest, in standard deviations of `theirs`."""
    return float(np.abs(np.asarray(ours) - np.asarray(theirs)).max() / np.asarray(theirs).std())


def relative(ours: Any, theirs: Any) -> float:
    return float(np.abs(np.asarray(ours) / np.asarray(theirs) - 1).max())


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_logits_are_the_references(found: Found, oracle: npt.NDArray[np.floating], framework: str) -> None:
    assert difference(found[framework]["logits"], oracle) < LOGITS_TOLERANCE


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_bf16_logits_are_near_the_references_and_not_float32s(found: Found, oracle: npt.NDArray[np.floating], framework: str) -> None:
    assert LOGITS_TOLERANCE < difference(found[framework]["bf16_logits"], oracle) < BF16_LOGITS_TOLERANCE


def test_images_are_told_apart(found: Found, oracle: npt.NDArray[np.floating]) -> None:
    classes = oracle.argmax(axis=1)
    assert len(set(classes.tolist())) > len(classes) // 2
    for framework in FRAMEWORKS:
        assert np.array_equal(np.argmax(found[framework]["logits"], axis=1), classes)


@pytest.mark.parametrize("workload", ["frozen", "full"])
def test_training_agrees(found: Found, workload: str) -> None:
    pytorch, tensorflow = (found[framework][workload] for framework in FRAMEWORKS)
    assert relative(tensorflow["losses"], pytorch["losses"]) < LOSS_TOLERANCE[workload]
    assert relative(tensorflow["gradient_norm"], pytorch["gradient_norm"]) < GRADIENT_NORM_TOLERANCE
    assert difference(tensorflow["running_means"], pytorch["running_means"]) < RUNNING_MEANS_TOLERANCE


def test_a_fused_batch_norm_computes_the_same(found: Found, oracle: npt.NDArray[np.floating]) -> None:
    pytorch, tensorflow = (found[framework]["full_fused"] for framework in FRAMEWORKS)
    assert relative(tensorflow["losses"], pytorch["losses"]) < LOSS_TOLERANCE["full"]
    assert difference(tensorflow["running_means"], pytorch["running_means"]) < RUNNING_MEANS_TOLERANCE
    assert tensorflow["changed"] == found["tensorflow"]["full"]["changed"]
    assert difference(found["tensorflow"]["fused_logits"], oracle) < LOGITS_TOLERANCE


def test_the_ladder_leads_to_one_loss_curve(found: Found) -> None:
    """Each framework's habits go one by one, and at the top both learn what `matched` learns."""
    pytorch, tensorflow = (found[framework]["stock"]["ladder"] for framework in FRAMEWORKS)
    assert list(pytorch) == list(tensorflow)
    assert np.isfinite([list(pytorch.values()), list(tensorflow.values())]).all()
    foot, *_, top = pytorch
    assert (foot, top) == ("stock", "optimizer")
    assert relative(tensorflow[foot], pytorch[foot]) > 0.01
    assert pytorch["architecture"] != pytorch["stock"]
    assert pytorch["frozen_norm"] != pytorch["architecture"]
    for framework, losses in zip(FRAMEWORKS, (pytorch, tensorflow), strict=True):
        assert relative(losses[top], found[framework]["frozen"]["losses"][:3]) < LOSS_TOLERANCE["frozen"]


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("workload", ["frozen", "full"])
def test_gradient_norm_changes_nothing(found: Found, framework: str, workload: str) -> None:
    assert found[framework][workload]["untouched_by_gradient_norm"]


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_frozen_trains_the_head_alone(found: Found, framework: str) -> None:
    head = set(architecture.head_shapes(EXPERIMENT.head.hidden_units, CLASSES))
    assert set(found[framework]["frozen"]["changed"]) == head
    assert set(found[framework]["frozen"]["trained"]) == head


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_full_trains_every_tensor(found: Found, framework: str) -> None:
    every = set(architecture.shapes(EXPERIMENT.head.hidden_units, CLASSES))
    assert set(found[framework]["full"]["changed"]) == every
    assert set(found[framework]["full"]["trained"]) == {name for name in every if "running" not in name}


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_each_loss_that_a_model_may_have_is_there(found: Found, framework: str) -> None:
    assert found[framework]["losses"] == list(Loss)


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_stock_learns(found: Found, framework: str) -> None:
    stock = found[framework]["stock"]
    assert stock["losses"][-1] < stock["losses"][0]
    assert stock["gradient_norm"] > 0
    assert stock["logits_shape"] == [len(batch()[0]), CLASSES]


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize(
    ("fault", "named"), [("missing", "layer2.1.bn2.running_var"), ("unknown", "layer5.0.conv1.weight"), ("misshapen", "fc.output.weight")]
)
def test_port_refuses_and_names(found: Found, framework: str, fault: str, named: str) -> None:
    said = found[framework]["refusals"][fault]
    assert said.startswith("WeightsError")
    assert named in said


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_device_tells(found: Found, framework: str) -> None:
    told = found[framework]
    assert all(value is not None or status != "ok" for value, status in told["meters"])
    assert told["out_of_memory"] == [True, False, False]
    assert all(isinstance(value, str) for value in told["environment"].values())


def test_environments_name_one_device(found: Found) -> None:
    named = [{key: found[framework]["environment"][key] for key in ("device", "device_name")} for framework in FRAMEWORKS]
    assert named[0] == named[1]


def test_faults_are_caught(found: Found, oracle: npt.NDArray[np.floating]) -> None:
    faulty = found["tensorflow"]["faulty_logits"]
    assert {fault: difference(logits, oracle) > 10 * LOGITS_TOLERANCE for fault, logits in faulty.items()} == dict.fromkeys(faulty, True)
    assert len(faulty) == 3


def test_steps_are_not_traced_again(found: Found) -> None:
    assert found["tensorflow"]["traces"] == {"traces": 1, "distinct_losses": 2}


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_compiled_logits_are_the_references(found: Found, oracle: npt.NDArray[np.floating], framework: str) -> None:
    """Of a compiled train step, which takes far longer to compile, the main job's test checks that it does the work of a plain one."""
    assert difference(found[framework]["compiled_logits"], oracle) < LOGITS_TOLERANCE


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_no_compiler_is_counted_as_a_loader(found: Found, framework: str) -> None:
    assert found[framework]["left_over_by_the_compiler"] == []
