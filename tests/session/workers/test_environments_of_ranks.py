"""What several ranks run on together: machines, cores and GPUs, each counted once."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from harness.findings.ranks import CORES_SHARED, NOT_SHARED, OF_ONE_CORE
from harness.session.workers.merging import merged
from harness.worker import cores
from harness.worker.share import CORE_NUMBERS, MACHINE

CORES = st.sets(st.integers(0, 7), min_size=1, max_size=4)
RANK = st.fixed_dictionaries(
    {
        "host": st.just("a"),
        MACHINE: st.sampled_from(["a 1", "a 2"]),
        CORE_NUMBERS: CORES,
        CORES_SHARED: st.sampled_from([cores.ALONE, cores.THREADS, cores.CORES]),
    },
    optional={"gpu_uuid": st.sampled_from(["GPU-1", "GPU-2"])},
)


@given(st.lists(RANK, min_size=1, max_size=6))
def test_each_is_counted_once(ranks: list[dict[str, Any]]) -> None:
    told = [each | {CORE_NUMBERS: ",".join(map(str, sorted(each[CORE_NUMBERS])))} for each in ranks]
    found = merged(told)
    assert found["machines"] == str(len({each[MACHINE] for each in ranks}))
    assert found["cores_of_all_ranks"] == str(len({(each[MACHINE], core) for each in ranks for core in each[CORE_NUMBERS]}))
    gpus = {each["gpu_uuid"] for each in ranks if "gpu_uuid" in each}
    assert found.get("gpus_of_all_ranks") == (str(len(gpus)) if gpus else None)
    assert (found[CORES_SHARED] == cores.ALONE) is all(each[CORES_SHARED] == cores.ALONE for each in ranks)
    assert (found[CORES_SHARED] == cores.CORES) is any(each[CORES_SHARED] == cores.CORES for each in ranks)
    assert not {MACHINE, CORE_NUMBERS} & found.keys()
    assert found["host"] == ranks[0]["host"]


def test_findings_read_what_workers_write() -> None:
    assert (NOT_SHARED, OF_ONE_CORE) == (cores.ALONE, cores.THREADS)
