"""Corpora with one thing wrong: what each loader, and the opening of a corpus, has to name."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy.typing as npt
import scipy.io
from PIL import Image

from fixtures.corpora import flowers


def encoded(picture: Image.Image, image_format: str) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, image_format)
    return buffer.getvalue()


DAMAGED_IMAGES: dict[str, tuple[Callable[[bytes], bytes], str]] = {  # what becomes of one image, and what is said of it
    "truncated": (lambda jpeg: jpeg[: len(jpeg) // 2], "Premature end of JPEG file"),
    "empty": (lambda jpeg: b"", "empty"),
    "greyscale": (lambda jpeg: encoded(Image.open(io.BytesIO(jpeg)).convert("L"), "JPEG"), "its colours are Gray, not YCbCr"),
    "cmyk": (lambda jpeg: encoded(Image.open(io.BytesIO(jpeg)).convert("CMYK"), "JPEG"), "its colours are CMYK, not YCbCr"),
    "png": (lambda jpeg: encoded(Image.open(io.BytesIO(jpeg)), "PNG"), "no JPEG header"),
}
DAMAGED_LABELS: dict[str, tuple[str, str, slice, str]] = {  # of which file's row what is left, and what is said of it
    "short_labels": ("imagelabels.mat", "labels", slice(300), "holds 300 labels for 306 images"),
    "short_setid": ("setid.mat", "trnid", slice(1, None), "lists 305 images, not each of the 306 once"),
}


def damage(root: Path, kind: str) -> tuple[Path, str]:
    """Damages a corpus of three images a class. It may be made of links: the files that they lead to stay whole.

    Returns the damaged file, and what is said of it.
    """
    if kind in DAMAGED_LABELS:
        name, row, left, said = DAMAGED_LABELS[kind]
        path = root / "flowers-102" / name
        with_row(path, row, lambda values: values[:, left])
        return path, said
    change, said = DAMAGED_IMAGES[kind]
    path = flowers.jpg(root) / sorted(flowers.labels(root, "train"))[10]
    content = change(path.read_bytes())
    for each in root.rglob(path.name):
        each.unlink()
        each.write_bytes(content)
    return path, said


def with_row(path: Path, row: str, change: Callable[[npt.NDArray[Any]], npt.NDArray[Any]]) -> None:
    """Changes one row of a .mat file."""
    content = {name: values for name, values in scipy.io.loadmat(path).items() if not name.startswith("__")}
    path.unlink()
    scipy.io.savemat(path, content | {row: change(content[row])})
