"""The rules in common use, on the same simulated jobs: what the gate is compared with in its benchmark.

Each gets what it gets in practice: one process of 240 rounds a side, or as many processes of 30 as it asks for.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import stats

from history.gate.sequential import Flags
from tests.history.noisy_job import CASES, ROUNDS, Floats, Job, Machine

ALL = np.arange(CASES)
NO_EFFECT = np.zeros(CASES)
LEVEL = 0.05
Rule = Callable[[Machine, np.random.Generator, Floats], tuple[Flags, int]]  # the alarms, and processes × cases


def compare_fail_saved(machine: Machine, random: np.random.Generator, effect: Floats) -> tuple[Flags, int]:
    """--benchmark-compare-fail=median:5% against a file that another job saved."""
    base = Job(machine, random).process(0, 0.5, 8 * ROUNDS, NO_EFFECT, ALL)
    head = Job(machine, random).process(0, 0.5, 8 * ROUNDS, effect, ALL)
    return _median_change(base, head) > np.log(1.05), CASES


def compare_fail_same_job(machine: Machine, random: np.random.Generator, effect: Floats) -> tuple[Flags, int]:
    """The same, base measured again in the same job."""
    job = Job(machine, random)
    base, head = job.process(0, 0.5, 8 * ROUNDS, NO_EFFECT, ALL), job.process(0.5, 1, 8 * ROUNDS, effect, ALL)
    return _median_change(base, head) > np.log(1.05), 2 * CASES


def mann_whitney(machine: Machine, random: np.random.Generator, effect: Floats) -> tuple[Flags, int]:
    """Mann-Whitney on the pooled rounds of 8 pairs, Holm, median change of at least 2 %."""
    base, head = _pooled(machine, random, effect, 8)
    p_values = stats.mannwhitneyu(head, base, axis=1, alternative="greater").pvalue
    return _holm(p_values) & (_median_change(base, head) >= np.log(1.02)), 16 * CASES


def asv_continuous(machine: Machine, random: np.random.Generator, effect: Floats) -> tuple[Flags, int]:
    """asv continuous' defaults: 2 processes a side, Mann-Whitney at .002, factor 1.1."""
    base, head = _pooled(machine, random, effect, 2)
    p_values = stats.mannwhitneyu(head, base, axis=1).pvalue
    return (p_values < 0.002) & (_median_change(base, head) > np.log(1.1)), 4 * CASES


def pyperf(machine: Machine, random: np.random.Generator, effect: Floats) -> tuple[Flags, int]:
    """pyperf compare_to: Student's t on the pooled rounds of 8 processes a side, 95 %."""
    base, head = _pooled(machine, random, effect, 8)
    result = stats.ttest_ind(np.exp(head), np.exp(base), axis=1)
    return (result.pvalue < LEVEL) & (result.statistic > 0), 16 * CASES


def screen_then_confirm(machine: Machine, random: np.random.Generator, effect: Floats) -> tuple[Flags, int]:
    """4 pairs on every case, suspects from +2.5 %; 10 new pairs on suspects, exact sign-flip test, Holm, estimate of at least 2 %."""
    suspects = np.flatnonzero(_log_ratios(machine, random, effect, 4, ALL).mean(axis=1) >= np.log(1.025))
    alarms = np.zeros(CASES, dtype=bool)
    if len(suspects):
        log_ratios = _log_ratios(machine, random, effect, 10, suspects)
        alarms[suspects] = _holm(_sign_flip(log_ratios)) & (log_ratios.mean(axis=1) >= np.log(1.02))
    return alarms, 8 * CASES + 20 * len(suspects)


def eight_pairs(machine: Machine, random: np.random.Generator, effect: Floats) -> tuple[Flags, int]:
    """8 pairs on every case, t test, Holm, estimate of at least 2 %."""
    log_ratios = _log_ratios(machine, random, effect, 8, ALL)
    p_values = stats.ttest_1samp(log_ratios, 0, axis=1, alternative="greater").pvalue
    return _holm(p_values) & (log_ratios.mean(axis=1) >= np.log(1.02)), 16 * CASES


def _log_ratios(machine: Machine, random: np.random.Generator, effect: Floats, pairs: int, cases: np.ndarray) -> Floats:
    job = Job(machine, random)
    both = [job.pair(number, pairs, effect, cases) for number in range(pairs)]
    return np.stack([np.median(head, axis=1) - np.median(base, axis=1) for base, head in both], axis=1)


def _pooled(machine: Machine, random: np.random.Generator, effect: Floats, pairs: int) -> tuple[Floats, Floats]:
    job = Job(machine, random)
    both = [job.pair(number, pairs, effect, ALL) for number in range(pairs)]
    return np.concatenate([base for base, _ in both], axis=1), np.concatenate([head for _, head in both], axis=1)


def _median_change(base: Floats, head: Floats) -> Floats:
    return np.asarray(np.median(head, axis=1) - np.median(base, axis=1))


def _holm(p_values: Floats) -> Flags:
    order = np.argsort(p_values)
    found = np.zeros(len(p_values), dtype=bool)
    found[order] = np.logical_and.accumulate(p_values[order] <= LEVEL / np.arange(len(p_values), 0, -1))
    return found


def _sign_flip(log_ratios: Floats) -> Floats:
    pairs = log_ratios.shape[1]
    signs = 1.0 - 2.0 * ((np.arange(2**pairs)[:, None] >> np.arange(pairs)) & 1)
    return np.asarray(np.mean(log_ratios @ signs.T >= log_ratios.sum(axis=1, keepdims=True) - 1e-12, axis=1))
