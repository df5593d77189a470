"""The machine's limit: the same JPEG files to the same images by libjpeg-turbo and OpenCV on all cores, with no framework around it."""

from __future__ import annotations

import itertools
import math
from collections import deque
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from fixtures.corpora import order
from fixtures.corpora.images import ImageReader
from harness.frameworks.contract import Setup
from harness.worker.meters.cpu import CpuMeter
from harness.worker.protocol import Measure
from harness.worker.timing.rounds import Window, scaled, windows_of

BATCHES_IN_MEMORY = 3  # at least: a real consumer lets go of one batch, uses another, and a third is being filled
IMAGES_PER_THREAD = 64  # in a round, at least: at its end all wait for the last one, which no pipeline does


class Limit:
    """`step` asks for a batch, `fence` returns once all that were asked for are made. In between nothing runs: no buffer fills up.

    Its threads are Python's, and hold the interpreter's lock for some 40 µs an image: dozens of cores would wait for it.
    """

    def __init__(self, setup: Setup) -> None:
        self._paths = setup.training_files().paths
        self._batch_size = setup.case.batch_size
        size = setup.image_size
        self._readers = [ImageReader(size) for _ in range(setup.threads)]
        filled_at_once = math.ceil(setup.threads / self._batch_size) + 1
        self._batches = np.empty((max(BATCHES_IN_MEMORY, filled_at_once + 1), self._batch_size, size, size, 3), np.float32)
        epochs = order.epochs(len(self._paths), setup.experiment)
        self._order = itertools.chain.from_iterable(epochs)
        self._steps = 0
        self._asked: deque[tuple[int, np.ndarray]] = deque()
        self._pool = ThreadPoolExecutor(setup.threads, thread_name_prefix="limit")

    def windows(self, turn: Measure, batches: int) -> tuple[list[Window], list[Window]]:
        """Kept, in rounds of so many batches, and thrown away, as taken: in larger rounds where these are too small for the threads."""
        steps = max(batches, math.ceil(IMAGES_PER_THREAD * len(self._readers) / self._batch_size))
        kept, thrown_away = windows_of(self, steps, turn, CpuMeter())
        return scaled(kept, batches / steps), thrown_away

    def step(self) -> None:
        images = self._batches[self._steps % len(self._batches)]
        self._asked.extend(zip(itertools.islice(self._order, self._batch_size), images, strict=True))
        self._steps += 1

    def fence(self) -> None:
        for _ in self._pool.map(self._make, self._readers):
            pass

    def read_back(self) -> float:
        """The first value of the batch asked for last."""
        return float(self._batches[(self._steps - 1) % len(self._batches)].flat[0])

    def close(self) -> None:
        self._pool.shutdown()
        self._batches = self._batches[:0].copy()

    def _make(self, reader: ImageReader) -> None:
        while True:
            try:
                index, image = self._asked.popleft()
            except IndexError:
                return
            reader.read(self._paths[index], image)
