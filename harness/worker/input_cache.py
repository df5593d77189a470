"""Where the corpus and the weights are kept."""

from __future__ import annotations

from pathlib import Path

import platformdirs


def input_cache(folder: str) -> Path:
    """folder: --input-cache; "" for the user's cache folder."""
    return Path(folder) if folder else platformdirs.user_cache_path("flowers-benchmarks")
