"""By which operations the pixels are made."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch.utils.data import default_collate
from torchvision import transforms
from torchvision.datasets.folder import default_loader
from torchvision.transforms import v2

from fixtures.corpora.batch import MEAN, STD
from fixtures.corpora.images import BatchMemory, ImageError
from harness.frameworks.contract import NativeBatch, Setup
from harness.frameworks.pytorch.data import Pipeline
from harness.frameworks.pytorch.loader import Anew, Images, ThreadLoader, endless
from harness.frameworks.pytorch.strategies.installed import installed
from harness.frameworks.pytorch.strategies.parallel import data_loader, in_threads, in_workers
from harness.frameworks.pytorch.transform import exactly_decoded, interpolated, normalised, rows


def pillow(setup: Setup) -> Pipeline:
    """Also what the tutorials have, but for their random crops and flips."""
    size = (setup.image_size, setup.image_size)
    steps = [default_loader, transforms.Resize(size), transforms.ToTensor(), transforms.Normalize(MEAN, STD)]
    return in_workers(setup, dataset=Images(setup.training_files(), transforms.Compose(steps)), collate_fn=channels_last)


def uint8_v2(setup: Setup) -> Pipeline:
    size = (setup.image_size, setup.image_size)
    steps = [exactly_decoded, v2.Resize(size, antialias=True), v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, STD)]
    return in_workers(setup, dataset=Images(setup.training_files(), v2.Compose(steps)), collate_fn=channels_last)


def uint8_v2_batches(setup: Setup) -> Pipeline:
    size = (setup.image_size, setup.image_size)
    resized = v2.Compose([exactly_decoded, v2.Resize(size, antialias=True)])
    loader = data_loader(setup, value_bytes=1, dataset=Images(setup.training_files(), resized), collate_fn=channels_last)
    return Pipeline(setup, Anew(lambda: map(normalised_batch, loader)), burst=loader.num_workers)


def antialias(setup: Setup) -> Pipeline:
    size = setup.image_size
    return in_threads(setup, lambda file: rows(interpolated(exactly_decoded(str(file)), size, antialias=True)))


def opencv_decode(setup: Setup) -> Pipeline:
    files, size = setup.training_files(), setup.image_size
    memory, labels = BatchMemory(size), torch.tensor(files.labels)

    def make(indices: list[int]) -> NativeBatch:
        images = memory.take(len(indices))
        for index, image in zip(indices, images, strict=True):
            pixels = cv2.imdecode(np.fromfile(files.paths[index], np.uint8), cv2.IMREAD_COLOR_RGB)
            if pixels is None:
                raise ImageError(f"{files.paths[index]}: OpenCV cannot decode it")
            cv2.resize(pixels.astype(np.float32), (size, size), image, interpolation=cv2.INTER_LINEAR)
        return normalised(torch.from_numpy(images)).permute(0, 3, 1, 2), labels[indices]

    return Pipeline(setup, ThreadLoader(make, endless(setup, files), setup.threads))


def torchcodec(setup: Setup) -> Pipeline:
    decoders, size = installed("torchcodec.decoders"), setup.image_size
    return in_threads(setup, lambda file: rows(interpolated(decoders.decode_jpeg(file, mode="UNCHANGED"), size)))


def channels_last(samples: list[tuple[torch.Tensor, int]]) -> NativeBatch:
    """Images of (3, height, width), of any type, to a batch in the memory format of all others."""
    images, labels = default_collate([(image.permute(1, 2, 0), label) for image, label in samples])
    return images.permute(0, 3, 1, 2), labels


def normalised_batch(batch: NativeBatch) -> NativeBatch:
    images, labels = batch
    return normalised(images.permute(0, 2, 3, 1).float()).permute(0, 3, 1, 2), labels
