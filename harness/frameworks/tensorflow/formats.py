"""The formats that TensorFlow and Keras keep a model in, each as its own documentation writes it, and safe to load: no pickle is run."""

from __future__ import annotations

import importlib
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from harness.frameworks.contract import FormatError, ModelFormat, Outputs, Predict, Setup
from harness.frameworks.tensorflow import batches, device, network
from harness.frameworks.tensorflow.training import free
from harness.record.outcome import Unsupported

UNKNOWN_TO_HDF5 = "Unknown layer"  # of an operation such as `keras.ops.sum`, and of a user's own layer that is not registered
GRAPH = "saved_model.pb"
FILE_OPERATIONS = {"ReadFile", "WriteFile", "MatchingFiles"}  # in a graph: they reach files of their own choice


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
        self._inputs, _ = batches.on_device(batches.native(setup.canonical_batch(), setup))

    def predict(self) -> Outputs:
        return self._traced(self._network)()

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

    def _traced(self, built: Any) -> Predict:
        """The outputs by a graph, which the first call traces."""
        forward = tf.function(lambda inputs: network.call(built, inputs, training=False))
        return lambda: network.outputs_to_numpy(forward(self._inputs))


class Keras(Format):
    """Keras' zip: configuration in JSON, weights in HDF5; loading includes building the network, from its configuration."""

    suffix = ".keras"
    includes_building = True

    def save(self, path: Path) -> None:
        self._network.save(path)

    def _read(self, path: Path) -> Predict:
        return self._traced(keras.saving.load_model(path, compile=False, safe_mode=True))


class Hdf5(Format):
    """Configuration and weights in one HDF5 file; loading includes building the network, from its configuration.

    Keras warns at each save that it counts this format as legacy; the worker's log has the warning.
    """

    suffix = ".h5"
    includes_building = True

    def save(self, path: Path) -> None:
        self._network.save(path)

    def _read(self, path: Path) -> Predict:
        try:
            return self._traced(keras.saving.load_model(path, compile=False, safe_mode=True))
        except ValueError as error:
            if UNKNOWN_TO_HDF5 not in str(error):
                raise
            raise Unsupported(
                f"HDF5 keeps layers alone, and this network has operations between them ({str(error).partition('.')[0]})"
            ) from error


class SavedModel(Format):
    """A folder: the graph that `export` traced, and a checkpoint of the weights; loading reads the graph, Keras' layers are not built.

    Saving includes tracing. The checkpoint holds the weights twice: once as the layers' own, once by the export's list of all variables.
    """

    def save(self, path: Path) -> None:
        self._network.export(str(path), verbose=False)

    def inspect(self, path: Path) -> None:
        """A SavedModel is a program, and `tf.saved_model.load` has no safe mode: graphs that reach for other files are not let in."""
        from tensorflow.core.protobuf import saved_model_pb2

        try:
            holds = saved_model_pb2.SavedModel.FromString((path / GRAPH).read_bytes())
        except Exception as error:
            raise FormatError(f"{path} is no SavedModel ({GRAPH}: {error})") from error
        operations: set[str] = set()
        for graph in (meta.graph_def for meta in holds.meta_graphs):
            operations.update(node.op for node in graph.node)
            operations.update(node.op for function in graph.library.function for node in function.node_def)
        found = sorted(operations & FILE_OPERATIONS)
        if found:
            raise FormatError(f"{path} is no SavedModel that is safe to load: its graph has {', '.join(found)}")

    def _read(self, path: Path) -> Predict:
        loaded, inputs = tf.saved_model.load(path), self._as_built()
        return lambda: network.outputs_to_numpy(loaded.serve(inputs))

    def _as_built(self) -> Any:
        """The batch in the structure that the network was made with: the graph takes no other, Keras' network does."""
        structure = getattr(self._network, "_inputs_struct", None)
        if isinstance(structure, list | tuple) and isinstance(self._inputs, dict):
            return [self._inputs[tensor.name] for tensor in structure]
        return self._inputs


class TFLite(Format):
    """TFLite's graph and its weights, run by LiteRT; loading maps the file and plans the graph, the network's code is not needed.

    Saving includes tracing and converting. LiteRT computes on the CPU, on a machine with a GPU too.
    """

    suffix = ".tflite"
    packages = ("ai_edge_litert.interpreter",)

    def save(self, path: Path) -> None:
        is_recurrent = any(isinstance(layer, keras.layers.RNN) for layer in self._network._flatten_layers())
        if getattr(self._network, "inputs", None) and not is_recurrent:
            path.write_bytes(tf.lite.TFLiteConverter.from_keras_model(self._network).convert())
            return
        # A recurrent one as TensorFlow's page on converting those has it: from a SavedModel, the size of the batch in it. One that is a
        # class of the user's own says its inputs nowhere else.
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            self._network.export(folder, verbose=False, input_signature=[self._specification()])
            path.write_bytes(tf.lite.TFLiteConverter.from_saved_model(folder).convert())

    def _specification(self) -> Any:
        """The batch's shapes and dtypes; each input's name goes into the file only if it is said here."""
        several = self._inputs if isinstance(self._inputs, dict) else {None: self._inputs}
        found = {name: keras.InputSpec(dtype=each.dtype.name, shape=tuple(each.shape), name=name) for name, each in several.items()}
        return found if isinstance(self._inputs, dict) else found[None]

    def _read(self, path: Path) -> Predict:
        from ai_edge_litert.interpreter import Interpreter

        interpreter = Interpreter(str(path), num_threads=self._setup.threads)
        taken, results = _signature(interpreter)
        if isinstance(self._inputs, dict):
            given = {index: self._inputs[name].numpy() for name, index in taken.items()}
        else:
            given = {index: self._inputs.numpy() for index in taken.values()}
        for index, array in given.items():
            interpreter.resize_tensor_input(index, array.shape)
        interpreter.allocate_tensors()

        def predict() -> Outputs:
            for index, array in given.items():
                interpreter.set_tensor(index, array)
            interpreter.invoke()
            return {_named(name, len(results)): np.array(interpreter.get_tensor(index)) for name, index in results.items()}

        return predict


def _signature(interpreter: Any) -> tuple[dict[str, int], dict[str, int]]:
    """Numbers of its inputs and outputs by name; by itself the interpreter has them in an order of its own."""
    runner = interpreter.get_signature_runner()  # the interpreter does nothing while there is one
    sides = (runner.get_input_details(), runner.get_output_details())
    taken, given = ({name: details["index"] for name, details in side.items()} for side in sides)
    return taken, given


def _named(name: str, outputs: int) -> str:
    """TFLite's `output_0`, `output_1` of a network whose outputs have no names."""
    number = re.fullmatch(r"output_(\d+)", name)
    if number is None:
        return name
    return number[1] if outputs > 1 else "outputs"


FORMATS: dict[str, Callable[[Setup], ModelFormat]] = {
    "keras": Keras,
    "hdf5": Hdf5,
    "saved_model": SavedModel,
    "tflite": TFLite,
}


def require(setup: Setup, packages: tuple[str, ...]) -> None:
    """Imports what the format needs: that is no part of its first save. Raises Unsupported for what is missing."""
    for package in packages:
        try:
            importlib.import_module(package)
        except ModuleNotFoundError as error:
            raise Unsupported(f"{setup.case.model_format} needs {package} ({error}): pip install -e '.[{setup.case.framework}]'") from error
