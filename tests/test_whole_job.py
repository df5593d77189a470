"""A whole fine-tuning job of both real frameworks."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.main_job import PROJECT, command, read

pytestmark = [pytest.mark.slow, pytest.mark.early]


def test_the_whole_job_is_equal_work_and_learns(tmp_path: Path) -> None:
    """Both frameworks fine-tune on the same images in the same order, and come out alike and well above chance."""
    experiment = {"extends": "exp3_resnet50_bs32_lr1e-3_e12", "epochs": 5, "image_size": 32, "target_accuracy": 0.03}
    chosen = ["-k", "fine_tuning and matched"]
    done = subprocess.run(
        command(tmp_path, *chosen, experiment=experiment), cwd=PROJECT, capture_output=True, text=True, timeout=1200, check=False
    )
    print(done.stdout, done.stderr)
    assert done.returncode == pytest.ExitCode.OK
    report, measurements = read(tmp_path)
    for each in measurements.values():
        assert len(each.rounds) == len(each.epochs) == 5
        assert each.equal_work is not None
        curves = {check.name: check for check in each.equal_work.checks}
        assert curves["training loss curve"].holds
        assert curves["validation loss curve"].difference < 1e-2
        assert each.epochs[-1].training_loss < 0.95 * each.epochs[0].training_loss
        assert max(epoch.validation_accuracy for epoch in each.epochs) > 3 / 102
        assert each.figures["time_to_target_seconds"] > 0
    assert "The report's five metrics" in done.stdout
    assert report["experiments"]["jobs"]["image_size"] == 32
