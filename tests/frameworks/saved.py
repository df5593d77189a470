"""What a framework's formats do with a model, whole and damaged. Runs in the framework's interpreter."""

from __future__ import annotations

import io
import json
import resource
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from harness.frameworks import FRAMEWORKS
from harness.frameworks.contract import Outputs, Setup
from harness.phases.model_formats.model_file import ModelFile
from harness.record.case import Workload
from harness.record.outcome import Unsupported
from tests.frameworks.computed import Computing
from tests.frameworks.damages import DAMAGES, flipped, hidden, refusal, resealed, weights_file, whole_file

# Not tried on a full disk. torch.export's zip writer ends the process there (c10::Error out of a destructor), which is why room is asked
# for before; a conversion to TFLite takes as long as all other saves together, and ends in Python's own write.
UNTRIED = {"torch_export", "tflite"}
WRITTEN_BYTES = 2**22  # how large a file may grow where the disk is to seem full


class Saved:
    """Each format's model, in a folder of its own."""

    def __init__(self, framework: str, weights: str, folder: Path) -> None:
        self._computing = Computing(framework, weights)
        self._folder = folder
        self.formats = FRAMEWORKS[framework].formats
        self.files: dict[str, ModelFile] = {}

    def setup(self, name: str) -> Setup:
        setup = self._computing.setup(Workload.INFERENCE, execution=None)
        return msgspec.structs.replace(setup, case=msgspec.structs.replace(setup.case, phase="model_formats", model_format=name))

    def roundtrip(self, name: str) -> dict[str, Any]:
        """Saves and loads. Differences in standard deviations of the logits."""
        setup = self.setup(name)
        self._computing.module.open_device(setup)
        model_format = self._computing.module.model_format(setup)
        folder = self._folder / name
        folder.mkdir()
        file = self.files[name] = ModelFile(name, model_format, folder / f"model{model_format.suffix}")
        before = model_format.predict()
        seconds = file.save()
        file.check()
        predict = file.load()
        found = {
            "seconds": seconds,
            "size_bytes": file.size_bytes,
            "difference": difference(predict(), before),
            "again": difference(predict(), before),
            "shape": before["outputs"].shape,
            "files": sorted(path.name for path in folder.iterdir()),
        }
        if name not in UNTRIED:
            found["full_disk"] = self._on_a_full_disk(ModelFile(name, model_format, folder / f"other{model_format.suffix}"))
        return found

    def damaged(self, name: str, stranger: str) -> dict[str, Any]:
        """What is said of each kind of damage; the seal being the saved model's, and where the library must see it, a matching one."""
        file = self.files[name]
        said, seen_by_the_library = {}, {}
        for kind, damage in DAMAGES.items():
            with damage(weights_file(file), self.strange(name, stranger)):
                said[kind] = refusal(file.check)
        with hidden(file.path):
            said["missing"] = refusal(file.check)
            seen_by_the_library["missing"] = refusal(file.load)
        with hidden(file.seal):
            said["unsealed"] = refusal(file.check)
        whole = whole_file(file)
        for kind in ("empty", "strange"):
            with DAMAGES[kind](whole, self.strange(name, stranger)), resealed(file):
                seen_by_the_library[kind] = refusal(file.check) or refusal(file.load)
        file.check()  # all is as it was
        return {"said": said, "seen_by_the_library": seen_by_the_library}

    def flipped_unseen(self, name: str) -> bool:
        """Whether the library loads a flipped byte among the weights without a word."""
        file = self.files[name]
        with flipped(weights_file(file), b""):
            return refusal(file.load) == ""

    def unwritable(self) -> str:
        name = self.formats[0]
        return refusal(lambda: self.files[name].reserve(2**60))

    def without(self, name: str, package: str) -> str:
        """What is said where that package is missing."""
        present = sys.modules.get(package)
        sys.modules[package] = None  # type: ignore[assignment]
        try:
            self._computing.module.model_format(self.setup(name))
        except Unsupported as error:
            return str(error)
        finally:
            del sys.modules[package]
            if present is not None:
                sys.modules[package] = present
        return ""

    def strange(self, name: str, stranger: str) -> bytes:
        """The content of a model in another format."""
        return weights_file(self.files[stranger]).read_bytes()

    def replaced(self, name: str, content: Callable[[Path], None]) -> str:
        """What is said of a file that was made so, with a seal that vouches for it."""
        file = self.files[name]
        with hidden(file.path), hidden(file.seal):
            content(file.path)
            file.put_seal()
            try:
                return refusal(file.check) or refusal(file.load)
            finally:
                file.remove()

    def _on_a_full_disk(self, file: ModelFile) -> dict[str, Any]:
        """A limit on the size of files stands in for a disk without room; for free blocks there is none."""
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (WRITTEN_BYTES, hard))
        try:
            said = refusal(file.save)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        return {"said": said, "left": [path.name for path in file.path.parent.iterdir() if path.name.startswith("other")]}


def everything(framework: str, weights: str, strangers: dict[str, str]) -> dict[str, Any]:
    """All checks in one start of the interpreter. strangers: of each format another one, whose content it is given."""
    with tempfile.TemporaryDirectory() as folder:
        saved = Saved(framework, weights, Path(folder))
        found: dict[str, Any] = {"roundtrip": {name: saved.roundtrip(name) for name in saved.formats}}
        found["damaged"] = {name: saved.damaged(name, strangers[name]) for name in saved.formats}
        found["unwritable"] = saved.unwritable()
        found |= {"pytorch": pytorchs_own, "tensorflow": tensorflows_own}[framework](saved, Path(folder))
        for file in saved.files.values():
            file.remove()
        found["left"] = [str(path) for path in Path(folder).rglob("*") if path.is_file()]
    return found


def pytorchs_own(saved: Saved, folder: Path) -> dict[str, Any]:
    import torch

    mark = folder / "ran"
    pickled = io.BytesIO()
    torch.save(Touching(str(mark)), pickled)

    def state_dict(path: Path) -> None:
        path.write_bytes(pickled.getvalue())

    def exported(member: str, content: Callable[[bytes], bytes]) -> Callable[[Path], None]:
        """An exported program with another member of that name."""
        source = saved.files["torch_export"].path.read_bytes()

        def write(path: Path) -> None:
            with zipfile.ZipFile(io.BytesIO(source)) as old, zipfile.ZipFile(path, "w") as new:
                for name in old.namelist():
                    new.writestr(name, content(old.read(name)) if name.endswith(member) else old.read(name))
                if not any(name.endswith(member) for name in old.namelist()):
                    new.writestr(f"{old.namelist()[0].partition('/')[0]}/{member}", content(b""))

        return write

    def naming_pickles(config: bytes) -> bytes:
        weights = json.loads(config)
        next(iter(weights["config"].values()))["use_pickle"] = True
        return json.dumps(weights).encode()

    said = {
        "pickled state dict": saved.replaced("state_dict", state_dict),
        "pickled inputs": saved.replaced("torch_export", exported("data/sample_inputs/model.pt", lambda _: pickled.getvalue())),
        "pickled weights": saved.replaced("torch_export", exported("data/weights/model_weights_config.json", naming_pickles)),
        "compiled library": saved.replaced("torch_export", exported("data/aotinductor/model/model.so", lambda _: b"ELF")),
    }
    return {
        "code": said,
        "ran": mark.exists(),
        "unseen": {name: saved.flipped_unseen(name) for name in ("state_dict", "safetensors")},
        "without": {name: saved.without("onnx", name) for name in ("onnx", "onnxruntime")},
    }


def tensorflows_own(saved: Saved, folder: Path) -> dict[str, Any]:
    import keras
    import tensorflow as tf

    secret = folder / "secret"
    secret.write_text("secret")
    images = keras.Input((64, 64, 3))
    code = keras.Model(images, keras.layers.Lambda(lambda values: values, output_shape=(64, 64, 3))(images))

    def reading(path: Path) -> None:
        module = tf.Module()
        module.serve = tf.function(lambda: tf.io.read_file(str(secret)), input_signature=[])
        tf.saved_model.save(module, str(path))

    said = {
        "lambda in .keras": saved.replaced("keras", code.save),
        "lambda in .h5": saved.replaced("hdf5", code.save),
        "graph that reads a file": saved.replaced("saved_model", reading),
    }
    secret.unlink()
    return {
        "code": said,
        "ran": False,
        "unseen": {name: saved.flipped_unseen(name) for name in ("hdf5", "tflite")},
        "without": {"ai_edge_litert.interpreter": saved.without("tflite", "ai_edge_litert.interpreter")},
    }


class Touching:
    """Its pickle makes a file when it is loaded."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path(self.path),))


def difference(ours: Outputs, theirs: Outputs) -> float:
    """Of the network's only output."""
    (name,) = theirs
    return float(np.abs(ours[name] - theirs[name]).max() / theirs[name].std())
