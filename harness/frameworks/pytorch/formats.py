"""The formats that PyTorch keeps a model in, each as its own documentation writes it, and safe to load: no pickle is run."""

from __future__ import annotations

import importlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import safetensors.torch
import torch

from harness.frameworks.contract import FormatError, ModelFormat, Outputs, Predict, Setup
from harness.frameworks.pytorch import batches, device, network
from harness.frameworks.pytorch.training import free
from harness.record.outcome import Unsupported

# What an exported program is made of (`torch.export.pt2_archive.constants`). Another folder would be of compiled libraries, which are code.
PT2_FOLDERS = ("data/weights/", "data/constants/", "data/sample_inputs/", "models/", ".data/")


def model_format(setup: Setup) -> ModelFormat:
    assert setup.case.model_format is not None, "a case of this phase names its format"
    return FORMATS[setup.case.model_format](setup)


class Format:
    """What the formats have in common: the network that is saved, and the batch that it is asked about before and after."""

    suffix = ""
    includes_building = False
    packages: tuple[str, ...] = ()  # that it needs beside the framework itself

    def __init__(self, setup: Setup) -> None:
        require(setup, self.packages)
        self._setup = setup
        self._network = network.build(setup)
        self._inputs, _ = batches.on_device(batches.native(setup.canonical_batch(), setup), setup)

    def predict(self) -> Outputs:
        return self._outputs_of(self._network)

    def inspect(self, path: Path) -> None:
        """Nothing to look for: the library refuses code by itself, or the format holds none."""

    def load(self, path: Path) -> Predict:
        predict = self._read(path)
        device.fence()
        return predict

    def close(self) -> None:
        vars(self).clear()
        free()

    def _read(self, path: Path) -> Predict:
        raise NotImplementedError

    def _outputs_of(self, built: Any) -> Outputs:
        with torch.inference_mode(), device.arithmetic(self._setup):
            return network.outputs_to_numpy(self._setup, network.call(built, self._inputs))

    def _arguments(self) -> tuple[tuple[Any, ...], dict[str, Any] | None]:
        """What an exporter traces the network with: one input as it is, several by name."""
        return ((), self._inputs) if isinstance(self._inputs, dict) else ((self._inputs,), None)


class StateDict(Format):
    """Tensors by name, in torch's zip; loading includes building the network, from its own code and with weights that are thrown away."""

    suffix = ".pt"
    includes_building = True

    def save(self, path: Path) -> None:
        torch.save(self._network.state_dict(), path)

    def _read(self, path: Path) -> Predict:
        built = bare(self._setup)
        built.load_state_dict(torch.load(path, map_location=device.name(), weights_only=True))
        built = network.placed(self._setup, network.arranged(self._setup, built))
        return lambda: self._outputs_of(built)


class Safetensors(Format):
    """Tensors by name, a JSON header before their bytes; loading includes building the network, as with a state dict."""

    suffix = ".safetensors"
    includes_building = True

    def save(self, path: Path) -> None:
        safetensors.torch.save_model(self._network, str(path))

    def _read(self, path: Path) -> Predict:
        built = bare(self._setup)
        safetensors.torch.load_model(built, path, device=device.name())
        built = network.placed(self._setup, network.arranged(self._setup, built))
        return lambda: self._outputs_of(built)


class TorchExport(Format):
    """The graph that `torch.export` traced, and its weights; loading reads the graph, the network's code is not needed.

    Saving includes tracing. The graph is the batch's: another batch size would need a dynamic dimension.
    """

    suffix = ".pt2"

    def save(self, path: Path) -> None:
        given, by_name = self._arguments()
        with torch.no_grad():
            torch.export.save(torch.export.export(self._network, given, by_name), path)

    def inspect(self, path: Path) -> None:
        """`torch.export.load` runs pickles where a file asks for it, falls back to them, and loads compiled libraries: none is let in."""
        try:
            with zipfile.ZipFile(path) as archive:
                members = {name.partition("/")[2]: name for name in archive.namelist()}
                alien = [name for name in members if "/" in name and not name.startswith(PT2_FOLDERS)]
                if alien:
                    raise ValueError(f"it holds {alien[0]}")
                for member, name in members.items():
                    if member.startswith("data/") and member.endswith(".json"):
                        if any(entry["use_pickle"] for entry in json.loads(archive.read(name))["config"].values()):
                            raise ValueError(f"{member} names pickles")
                    elif member.startswith("data/") and member.endswith(".pt"):
                        with archive.open(name) as pickled:
                            torch.load(pickled, weights_only=True)
        except Exception as error:
            raise FormatError(f"{path} is no exported program that is safe to load ({type(error).__name__}: {error})") from error

    def _read(self, path: Path) -> Predict:
        loaded = torch.export.load(path).module()
        return lambda: self._outputs_of(loaded)


class Onnx(Format):
    """ONNX's graph and its weights, run by ONNX Runtime; loading reads and optimises the graph, the network's code is not needed.

    Saving includes tracing. The package in use computes on the CPU, on a machine with a GPU too.
    """

    suffix = ".onnx"
    packages = ("onnx", "onnxscript", "onnxruntime")

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        with torch.inference_mode():
            self._names = list(network.named(network.call(self._network, self._inputs)))  # the file has names of its own

    def save(self, path: Path) -> None:
        given, by_name = self._arguments()
        torch.onnx.export(self._network, given, path, kwargs=by_name, dynamo=True, external_data=False, verbose=False)

    def _read(self, path: Path) -> Predict:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._setup.threads
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        given = self._inputs if isinstance(self._inputs, dict) else {session.get_inputs()[0].name: self._inputs}
        feed = {each.name: given[each.name].contiguous().cpu().numpy() for each in session.get_inputs()}

        def predict() -> Outputs:
            found = map(torch.from_numpy, session.run(None, feed))
            return network.outputs_to_numpy(self._setup, dict(zip(self._names, found, strict=True)))

        return predict


FORMATS: dict[str, Callable[[Setup], ModelFormat]] = {
    "state_dict": StateDict,
    "safetensors": Safetensors,
    "torch_export": TorchExport,
    "onnx": Onnx,
}


def require(setup: Setup, packages: tuple[str, ...]) -> None:
    """Imports what the format needs: that is no part of its first save. Raises Unsupported for what is missing."""
    for package in packages:
        try:
            importlib.import_module(package)
        except ModuleNotFoundError as error:
            raise Unsupported(f"{setup.case.model_format} needs {package} ({error}): pip install -e '.[{setup.case.framework}]'") from error


def bare(setup: Setup) -> Any:
    """The network as its code builds it, weights at random: what a file of weights alone is loaded into."""
    return network.bare(msgspec.structs.replace(setup, pretrained=False))
