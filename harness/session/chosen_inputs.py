"""Which models are measured, and what of: their options, checked before anything is measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from fixtures import models as shipped_models
from fixtures.corpora import oxford
from fixtures.models import folder, libraries
from fixtures.models.description import ModelError
from fixtures.models.folder import Folder
from harness.worker.input_cache import input_cache
from harness.worker.sources import GENERATED, IMAGENET, SEEDED

ALL = "all"
LIBRARIES = "libraries"  # and, behind a slash, the name of one
DATASETS = (GENERATED, oxford.NAME)
WEIGHTS_ENDINGS = (".safetensors", ".pt", ".pth")


def add_options(group: pytest.OptionGroup) -> None:
    group.addoption(
        "--model",
        metavar="NAME|FOLDER|all",
        action="append",
        help=f"What is measured, more than once for several: one of {', '.join(folder.shipped())}, a folder of your own "
        f"(docs/your-own-model.md), or {ALL} that ship; "
        f"{LIBRARIES}: what torchvision and keras.applications have under one name, {LIBRARIES}/NAME one of them. "
        f"Default: {shipped_models.DEFAULT}.",
    )
    group.addoption("--dataset", choices=DATASETS, help=f"The images. {oxford.NAME} is downloaded. Default: {GENERATED}.")
    group.addoption(
        "--corpus", metavar="FOLDER", help="Your own images instead: a folder with a folder of JPEG files for each class. It is only read."
    )
    group.addoption(
        "--weights",
        metavar=f"{SEEDED}|{IMAGENET}|FILE",
        default=SEEDED,
        help=f"The weights; {IMAGENET} is downloaded, a file ends in {', '.join(WEIGHTS_ENDINGS)}. Default: %(default)s.",
    )


def models(named: Sequence[str] | None, cache: str) -> tuple[Folder, ...]:
    """In the order of the options. Raises pytest.UsageError."""
    names = [each for name in named or [shipped_models.DEFAULT] for each in _each(name, cache)]
    try:
        found = tuple(dict.fromkeys(folder.find(name) for name in names))
        for each in found:
            _ = each.description  # of one that ships, too
    except ModelError as error:
        raise pytest.UsageError(f"--model: {error}") from error
    name, times = Counter(each.name for each in found).most_common(1)[0]
    if times > 1:
        raise pytest.UsageError(f"--model: {name} is there {times} times: name it once, or rename one of two folders that are called alike")
    return found


def _each(name: str, cache: str) -> Sequence[str]:
    """The models that one option names. Those of the libraries are written into the cache. Raises pytest.UsageError."""
    if name == ALL:
        return folder.shipped()
    kind, _, one = name.partition("/")
    if kind != LIBRARIES:
        return [name]
    if one and one not in libraries.NAMES:
        raise pytest.UsageError(f"--model {name}: no such architecture in both libraries: write one of {', '.join(libraries.NAMES)}")
    root = input_cache(cache) / "library-models"
    try:
        return [str(libraries.write(each, root)) for each in ([one] if one else libraries.NAMES)]
    except OSError as error:
        raise pytest.UsageError(f"--model {name}: {root} cannot be written ({error.strerror}): name a folder with --input-cache") from error


def dataset(named: str | None, corpus: str | None, chosen: Sequence[Folder], is_here: bool) -> str:
    """The corpus by name, or the folder of the user's own. is_here: whether a worker runs on this machine. Raises pytest.UsageError."""
    if corpus is None:
        return named or GENERATED
    if named is not None:
        raise pytest.UsageError(f"--corpus {corpus} and --dataset {named}: there is one corpus: leave out one of the two")
    if not any(each.description.from_corpus for each in chosen):
        names = ", ".join(each.name for each in chosen)
        raise pytest.UsageError(f"--corpus {corpus}: no input of {names} is from a corpus: leave it out, or see values in model.toml")
    path = Path(corpus).expanduser().resolve()
    if is_here and not path.is_dir():
        raise pytest.UsageError(f"--corpus {corpus}: no such folder: name one that has a folder of JPEG files for each class")
    return str(path)


def weights(named: str, chosen: Sequence[Folder], is_here: bool) -> str:
    """Where they come from, or the file. Raises pytest.UsageError."""
    if named in (SEEDED, IMAGENET):
        return named
    if not named.endswith(WEIGHTS_ENDINGS):
        endings = f"{', '.join(WEIGHTS_ENDINGS[:-1])} or {WEIGHTS_ENDINGS[-1]}"
        raise pytest.UsageError(f"--weights {named!r}: write {SEEDED}, {IMAGENET}, or a file that ends in {endings}")
    if len(chosen) > 1:
        names = ", ".join(each.name for each in chosen)
        raise pytest.UsageError(f"--weights {named}: one file for {len(chosen)} models ({names}): name one with --model")
    path = Path(named).expanduser().resolve()
    if is_here and not path.is_file():
        raise pytest.UsageError(f"--weights {named}: no such file: name one that is there")
    return str(path)
