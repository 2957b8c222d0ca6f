# SPDX-License-Identifier: BSD-3-Clause
"""Stock DPDK copies with a ZIP of version 5: Debian's programs, dma_hisi_acc on bus_uacce."""
import os
import re
import subprocess
from pathlib import Path

import pytest

from support.zip import SVA

pytestmark = pytest.mark.zip5

LIBRARIES = Path("/usr/lib/x86_64-linux-gnu")
SKELETON = LIBRARIES / "librte_dma_skeleton.so.26"
NO_DRIVER = LIBRARIES / "libz.so.1"
SECONDS = 300
TIMES = 10
TESTS = ("copy", "sva_copy", "stop_start", "burst_capacity", "fill")
SIZES = (64, 8192)
PERF_CONFIG = """\
[GLOBAL]
eal_args=--in-memory -l 0-1 {device}
cache_flush=0
test_seconds=1

[case1]
type=DMA_MEM_COPY
mem_size=4
buf_size={first},{last},{factor},MUL
dma_ring_size=1024
kick_batch=32
src_numa_node=0
dst_numa_node=0
lcore_dma0=lcore=1,dev={name}-dma0,dir=mem2mem
"""


@pytest.fixture
def zip5(zips):
    return zips[0]


def stock(*argv, **environment):
    """Runs a program of DPDK's."""
    return subprocess.run(argv, env={**os.environ, **environment}, capture_output=True, text=True,
                          timeout=SECONDS)


def without_skeleton(*argv):
    """Arguments to run a program without the driver that copies in software: DPDK's autotest would
    test that as well, for as long as the ZIP."""
    return ["unshare", "--mount", "sh", "-c",
            f'mount --bind {NO_DRIVER} {SKELETON.resolve()} && exec "$@"', "sh", *argv]


def only(zip_):
    """EAL's arguments for this ZIP and no other device."""
    return ["--no-pci", "-a", f"uacce:{zip_.name},queues=1"]


def test_kernel_tells_of_version_5_and_copies(zip5):
    assert zip5.attribute("api") == "hisi_qm_v5"
    assert "udma" in zip5.attribute("algorithms").split()
    assert int(zip5.attribute("flags")) & SVA


def test_dmadev_autotest_passes_every_time(zip5):
    for _ in range(TIMES):
        before = zip5.model.counters()
        result = stock(*without_skeleton("dpdk-test", "-l", "0-1", *only(zip5)),
                       DPDK_TEST="dmadev_autotest")
        assert result.returncode == 0 and "\nTest OK\n" in result.stdout, \
            f"{result.stdout}\n{result.stderr}"
        passed = re.findall(r"TestCase \[ *\d+\] : (\w+) succeeded", result.stdout)
        assert set(TESTS) <= set(passed)
        after = zip5.model.counters()
        assert after["requests"] > before["requests"]
        assert after["errors"] == before["errors"]


def test_dma_perf_copies_correctly(zip5, tmp_path):
    """It compares what was copied with the source, for each size."""
    config, csv = tmp_path / "config.ini", tmp_path / "result.csv"
    config.write_text(PERF_CONFIG.format(
        device=" ".join(only(zip5)), name=zip5.name,
        first=SIZES[0], last=SIZES[1], factor=SIZES[1] // SIZES[0]))
    before = zip5.model.counters()
    result = stock("dpdk-test-dma-perf", "--config", config, "--result", csv)
    said = f"{result.stdout}\n{result.stderr}"
    assert result.returncode == 0 and "rror" not in said, said
    for size in SIZES:
        assert re.search(rf"^Scenario \d+,1,{zip5.name}-dma0,1024,32,{size},", csv.read_text(),
                         re.MULTILINE)
    after = zip5.model.counters()
    assert after["requests"] > before["requests"]
    assert after["errors"] == before["errors"]
