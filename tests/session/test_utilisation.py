"""Model FLOPs utilisation: a share of the right peak, or the reason why there is none."""

from __future__ import annotations

import pytest

from harness.record.case import Precision
from harness.session.utilisation import NAME, utilisation

H100 = {"device": "cuda:0", "gpu_name": "NVIDIA H100 80GB HBM3", "gpu_mig": "False"}
FULL_STEPS = 256 * 24.288e9  # FLOP/s, of a step a second


def test_the_share_of_the_peak() -> None:
    figures, missing = utilisation(10 * FULL_STEPS, Precision.BF16, H100)
    assert missing == {}
    assert figures[NAME] == pytest.approx(256 * 24.288e9 / 0.1 / 989.4e12, rel=1e-3)
    inference, _ = utilisation(256 * 8.175e9 / 0.1, Precision.TF32, H100)
    assert inference[NAME] == pytest.approx(256 * 8.175e9 / 0.1 / 494.7e12, rel=1e-3)


@pytest.mark.parametrize(
    ("name", "teraflops"),
    [
        ("Tesla V100-SXM2-16GB", 15.7),
        ("Tesla T4", 8.1),
        ("NVIDIA A100-SXM4-80GB", 19.5),
        ("NVIDIA A10", 31.2),
        ("NVIDIA L4", 30.3),
        ("NVIDIA L40S", 91.6),
        ("NVIDIA GeForce RTX 3090", 35.6),
        ("NVIDIA GeForce RTX 4090", 82.6),
        ("NVIDIA H100 80GB HBM3", 66.9),
        ("NVIDIA H100 PCIe", 51.2),
        ("NVIDIA H100 NVL", 60.0),
        ("NVIDIA H200", 66.9),
        ("NVIDIA H200 NVL", 60.0),
        ("NVIDIA GH200 480GB", 66.9),
        ("NVIDIA B200", 75.0),
    ],
)
def test_each_chip_has_its_own_peak(name: str, teraflops: float) -> None:
    figures, _ = utilisation(FULL_STEPS, Precision.FP32, H100 | {"gpu_name": name})
    assert figures[NAME] == pytest.approx(256 * 24.288e9 / (teraflops * 1e12), rel=1e-3)


@pytest.mark.parametrize(
    ("environment", "precision", "reason"),
    [
        ({"device": "cpu"}, Precision.FP32, "no GPU"),
        ({"device": "cuda:0"}, Precision.FP32, "the driver does not name the GPU"),
        (H100 | {"gpu_name": "NVIDIA A10G"}, Precision.FP32, "no peak is known of NVIDIA A10G"),
        (H100 | {"gpu_name": "NVIDIA GeForce RTX 3090 Ti"}, Precision.FP32, "no peak is known of NVIDIA GeForce RTX 3090 Ti"),
        (H100 | {"gpu_mig": "True"}, Precision.FP32, "a MIG device is a part of a GPU: no peak is published of it"),
        (H100 | {"gpu_name": "Tesla T4"}, Precision.BF16, "Tesla T4 has no bf16 arithmetic"),
        (H100, None, "the framework's own default decides the precision, and with it the peak"),
    ],
)
def test_no_figure_without_a_peak(environment: dict[str, str], precision: Precision | None, reason: str) -> None:
    assert utilisation(FULL_STEPS, precision, environment) == ({}, {NAME: reason})
