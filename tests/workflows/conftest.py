"""A forge with this project on it, and a runner whose GPU is the fake one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.session.test_on_a_gpu import HEALTHY
from tests.stand_in.gpu_framework import BASELINE_BYTES, USED
from tests.workflows import planted_project
from tests.workflows.forge import Forge


@pytest.fixture
def forge(tmp_path: Path) -> Forge:
    """With nothing pushed to it yet."""
    forge = Forge(tmp_path)
    planted_project.create(forge.project)
    used = tmp_path / "used"
    used.write_text(str(BASELINE_BYTES))
    forge.use_gpu(f"{HEALTHY}memory_file {used}\n")
    forge.use(**{USED: str(used)})
    return forge
