"""Model FLOPs utilisation: what share of the chip's dense peak the steps' arithmetic is (Chowdhery et al. 2022, PaLM, appendix B).

One count an item for all frameworks: what a framework computes beyond it is no merit of its.
"""

from __future__ import annotations

import re

import msgspec

from harness.record.case import Precision

NAME = "model_flops_utilisation"


class Peak(msgspec.Struct, frozen=True):
    """TFLOP/s at boost clock: fp32 of the CUDA cores, tf32 and bf16 of the tensor cores with fp32 accumulation, without sparsity."""

    fp32: float
    tf32: float | None = None  # None: this chip has no such arithmetic
    bf16: float | None = None


# By the name that NVML gives, the first pattern that fits. From NVIDIA's data sheets and white papers, as named; figures "with sparsity"
# are halved.
PEAKS = (
    (r"V100S-PCIE", Peak(16.4)),  # V100 data sheet, 2020
    (r"V100-PCIE", Peak(14.0)),
    (r"V100-SXM", Peak(15.7)),
    (r"\bT4\b", Peak(8.1)),  # T4 data sheet
    (r"\bA100\b", Peak(19.5, 156.0, 312.0)),  # A100 data sheet: PCIe and SXM alike
    (r"\bA10\b", Peak(31.2, 62.5, 125.0)),  # A10 data sheet
    (r"RTX 3090$", Peak(35.6, 35.6, 71.0)),  # GA102 white paper, appendix
    (r"RTX 4090$", Peak(82.6, 82.6, 165.2)),  # Ada white paper, appendix
    (r"\bL4\b", Peak(30.3, 60.0, 121.0)),  # L4 data sheet: 120 and 242 with sparsity
    (r"\bL40S\b", Peak(91.6, 183.0, 362.05)),  # L40S data sheet
    (r"H100 NVL", Peak(60.0, 417.5, 835.5)),  # H100 data sheet: 835 and 1,671 with sparsity
    (r"H100 PCIe", Peak(51.2, 378.0, 756.0)),  # H100 white paper, table 2
    (r"H100.* HBM3$", Peak(66.9, 494.7, 989.4)),  # H100 white paper, table 2: SXM5
    (r"H200 NVL", Peak(60.0, 417.5, 835.5)),  # H200 data sheet: 835 and 1,671 with sparsity
    (r"\bH200\b", Peak(66.9, 494.7, 989.4)),  # H200 data sheet: the H100 SXM's chip
    (r"\bGH200\b", Peak(66.9, 494.7, 989.4)),  # GH200 data sheet: the same chip
    (r"\bB200\b", Peak(75.0, 1125.0, 2250.0)),  # HGX B200 data sheet, an eighth of it: 18 and 36 PFLOP/s with sparsity
)


def utilisation(
    flop_per_second: float, precision: Precision | None, environment: dict[str, str]
) -> tuple[dict[str, float], dict[str, str]]:
    """The figure, or why there is none."""
    peak, reason = _peak_teraflops(environment, precision)
    if peak is None:
        return {}, {NAME: reason}
    return {NAME: flop_per_second / (peak * 1e12)}, {}


def _peak_teraflops(environment: dict[str, str], precision: Precision | None) -> tuple[float | None, str]:
    name = environment.get("gpu_name")
    if name is None:
        return None, "no GPU" if environment.get("device", "cpu") == "cpu" else "the driver does not name the GPU"
    if environment.get("gpu_mig") == "True":
        return None, "a MIG device is a part of a GPU: no peak is published of it"
    if precision is None:
        return None, "the framework's own default decides the precision, and with it the peak"
    found = next((peak for pattern, peak in PEAKS if re.search(pattern, name)), None)
    if found is None:
        return None, f"no peak is known of {name}"
    return getattr(found, precision), f"{name} has no {precision} arithmetic"
