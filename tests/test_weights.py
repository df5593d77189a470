"""The architecture and the canonical weights: what is refused, what is kept, what comes out the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.inputs import architecture, reference, weights
from fixtures.inputs.architecture import Weights, WeightsError
from fixtures.inputs.experiment import Experiment, Head

HIDDEN_UNITS = 16
EXPERIMENT = Experiment(name="test", image_size=32, head=Head(hidden_units=HIDDEN_UNITS))
SHAPES = architecture.shapes(HIDDEN_UNITS)
SOUND: Weights = {name: np.zeros(shape, np.float32) for name, shape in SHAPES.items()}

names = st.sampled_from(sorted(SHAPES))


def images(count: int = 8, seed: int = 0) -> npt.NDArray[np.float32]:
    coarse = np.random.default_rng(seed).standard_normal((count, 8, 8, 3))
    return np.kron(coarse, np.ones((1, 4, 4, 1))).astype(np.float32)


def made(cache: Path, experiment: Experiment = EXPERIMENT) -> weights.WeightsFile:
    return weights.canonical(cache, experiment, images())


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> weights.WeightsFile:
    return made(tmp_path_factory.mktemp("weights"))


def test_architecture_is_resnet50() -> None:
    """Torchvision says 25,557,032 parameters, of which 2,049,000 are its own classifier's, and 53 convolutions."""
    trained = {name: shape for name, shape in architecture.backbone_shapes().items() if "running" not in name}
    assert sum(int(np.prod(shape)) for shape in trained.values()) == 25_557_032 - 2_049_000
    assert len(architecture.convolutions()) == 53
    assert [each.name for each in architecture.blocks() if each.spatial.stride == 2] == ["layer2.0", "layer3.0", "layer4.0"]


@given(dropped=names)
def test_missing_tensor_is_named(dropped: str) -> None:
    with pytest.raises(WeightsError, match=f"{dropped} is missing"):
        architecture.check({name: values for name, values in SOUND.items() if name != dropped}, SHAPES)


@given(added=st.text(min_size=1).filter(lambda name: name not in SHAPES))
def test_unknown_tensor_is_named(added: str) -> None:
    with pytest.raises(WeightsError) as refused:
        architecture.check(SOUND | {added: np.zeros(1, np.float32)}, SHAPES)
    assert added in str(refused.value)


@given(name=names, shape=st.lists(st.integers(0, 3), max_size=4).map(tuple))
def test_misshapen_tensor_is_named(name: str, shape: tuple[int, ...]) -> None:
    with pytest.raises(WeightsError) as refused:
        architecture.check(SOUND | {name: np.zeros(shape, np.float32)}, SHAPES)
    assert f"{name} has shape" in str(refused.value)


def test_other_precision_is_refused() -> None:
    with pytest.raises(WeightsError, match=r"conv1.weight is float64"):
        architecture.check(SOUND | {"conv1.weight": SOUND["conv1.weight"].astype(np.float64)}, SHAPES)  # type: ignore[dict-item]


def test_same_seed_same_file(kept: weights.WeightsFile, tmp_path: Path) -> None:
    again = made(tmp_path)
    assert (again.name, again.sha256) == (kept.name, kept.sha256)


def test_other_seed_other_file(kept: weights.WeightsFile, tmp_path: Path) -> None:
    other = made(tmp_path, Experiment(name="other", image_size=32, head=EXPERIMENT.head, seed=1))
    assert other.name != kept.name
    assert other.sha256 != kept.sha256


def test_made_once(tmp_path: Path) -> None:
    first = made(tmp_path)
    written = Path(first.path).stat().st_mtime_ns
    assert made(tmp_path) == first
    assert Path(first.path).stat().st_mtime_ns == written
    assert {path.suffix for path in tmp_path.iterdir()} == {".safetensors", ".lock"}


def test_logits_tell_images_apart(kept: weights.WeightsFile) -> None:
    loaded = weights.load(Path(kept.path), HIDDEN_UNITS)
    on_calibration_images = reference.logits(loaded, images().astype(np.float64))
    assert on_calibration_images.std(axis=0).mean() == pytest.approx(reference.LOGIT_SPREAD, rel=0.05)
    assert np.abs(on_calibration_images.mean(axis=0)).max() < 0.1 * reference.LOGIT_SPREAD
    assert len(set(on_calibration_images.argmax(axis=1).tolist())) > 4


def test_equal_calibration_images_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="must differ from each other"):
        weights.canonical(tmp_path, EXPERIMENT, np.zeros((4, 32, 32, 3), np.float32))


@pytest.mark.parametrize("length", [0, 4, 1000, -1])
def test_truncated_file_names_itself_and_the_mend(tmp_path: Path, length: int) -> None:
    path = Path(made(tmp_path).path)
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(WeightsError, match=f"{path.name}.*delete"):
        made(tmp_path)


def test_flipped_bit_is_found(tmp_path: Path) -> None:
    path = Path(made(tmp_path).path)
    content = bytearray(path.read_bytes())
    content[-1000] ^= 1
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=f"{path.name} is not as it was written.*delete"):
        made(tmp_path)


def test_other_head_is_refused(kept: weights.WeightsFile) -> None:
    with pytest.raises(WeightsError, match=r"fc.hidden.weight has shape \(16, 2048\).*\(128, 2048\)"):
        weights.load(Path(kept.path), 128)


def test_pretrained_backbone_gets_the_seeded_head(tmp_path: Path) -> None:
    backbone = weights.seeded_backbone(seed=7)
    file = weights.imagenet(tmp_path, EXPERIMENT, lambda: backbone)
    loaded = weights.load(Path(file.path), HIDDEN_UNITS)
    expected = backbone | weights.seeded_head(EXPERIMENT)
    assert all(np.array_equal(loaded[name], expected[name]) for name in SHAPES)

    def not_asked_again() -> Weights:
        raise AssertionError("the file is there")

    assert weights.imagenet(tmp_path, EXPERIMENT, not_asked_again) == file


def test_backbone_of_another_network_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"layer1.0.conv1.weight has shape"):
        weights.imagenet(tmp_path, EXPERIMENT, lambda: weights.seeded_backbone(7) | {"layer1.0.conv1.weight": np.zeros((1,), np.float32)})
    assert not list(tmp_path.glob("*.safetensors"))
