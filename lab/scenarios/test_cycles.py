# SPDX-License-Identifier: BSD-3-Clause
"""A thousand devices come and go, memory ten thousand times: nothing more is held than before.

Applications attach and detach a device each over and over, which is mostly waiting for its reset;
beside them one takes and returns memory. What all of them and the kernel hold is read before and
after; some cycles earlier have brought in what is there once.
"""
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.application import IOMMUFD, Memory, Vfio
from support.buffers import blocked
from support.machine import nics as all_nics
from support.machine import open_files
from support.memory import forget_what_is_not_needed, pinned_pages, status, vmstat
from support.reachable import assert_nothing_reachable, assert_reachable_is_memory

pytestmark = pytest.mark.cycles

DEVICE_CYCLES = 1000
MEMORY_CYCLES = 10000
WARM_UP = 3
SECONDS = 1800
BLOCK = 2000000  # bytes: a hugepage comes and goes
PAGE = 4096
# Sizes of a process that must not change. The kernel counts VmRSS for each CPU and adds it up only
# now and then.
SIZES = ("VmSize", "VmData", "VmPin", "VmLck", "VmPTE")
RSS_BLUR = 256 << 10
# The smallest object of a mapping in iommufd's kernel code
OBJECT = 64


@dataclass
class Holding:
    """What a process holds."""
    files: list[str]
    mappings: list[str]
    sizes: dict[str, int]
    resident: int
    heap: int

    @classmethod
    def of(cls, app):
        sizes = status(app.pid)
        mappings = Path(f"/proc/{app.pid}/maps").read_text().splitlines()
        heap = re.search(r"^usage (\d+)$", app.command("usage"), re.MULTILINE)
        return cls(open_files(app.pid), mappings, {name: sizes[name] for name in SIZES},
                   sizes["VmRSS"], int(heap[1]))


@dataclass
class Kernel:
    """What the kernel holds for all of them, in pages, and the next free number of an object."""
    pinned: int
    page_tables: int
    slabs: int
    next_ioas: int

    @classmethod
    def of(cls, app, nic):
        forget_what_is_not_needed()
        counters = vmstat()
        return cls(pinned_pages(), counters["nr_iommu_pages"],
                   counters["nr_slab_reclaimable"] + counters["nr_slab_unreclaimable"],
                   cls._next_ioas(app, nic))

    @staticmethod
    def _next_ioas(app, nic):
        """An IOAS gets the lowest number that no object of the process has."""
        container = app.descriptor("container create")
        app.descriptor(f"group bind {container} {nic.pci}")
        answer = app.command(f"device setup {nic.pci}")
        ioas = int(re.search(r", IOAS (\d+),", answer)[1])
        fd = int(re.search(r"^fd (\d+)$", answer, re.MULTILINE)[1])
        app.done(f"device release {nic.pci} {fd}")
        app.done(f"container destroy {container}")
        return ioas


@dataclass
class Run:
    """The applications, and what was held before and after."""
    before: list[Holding]
    after: list[Holding]
    kernel_before: Kernel
    kernel_after: Kernel
    grown: str = ""


def cycle_devices(apps, nics, times):
    """Each application attaches and detaches its device, all at the same time."""
    def cycle(app, nic):
        answer = app.command(f"cycle devices {nic.pci} {times}", SECONDS)
        assert answer.splitlines()[-1] == "ok", answer

    with ThreadPoolExecutor(len(apps)) as pool:
        list(pool.map(cycle, apps, nics))


@pytest.fixture(scope="module")
def run():
    """All cycles, of devices and memory at the same time."""
    own, *nics = all_nics()
    assert_nothing_reachable([own, *nics])
    apps = [Vfio([], *blocked([own, *nics]), f"--file-prefix=devices{index}", IOMMUFD)
            for index in range(len(nics))]
    with Memory([own], IOMMUFD) as memory, ThreadPoolExecutor(1) as beside:
        cycle_devices(apps, nics, WARM_UP)
        memory.command(f"cycle memory {BLOCK} {WARM_UP}")
        # The allocator counts what it keeps for the next time, as it does from the first time on
        Kernel.of(apps[0], nics[0])
        before = [Holding.of(app) for app in [memory, *apps]]
        kernel_before = Kernel.of(apps[0], nics[0])

        growing = beside.submit(memory.command, f"cycle memory {BLOCK} {MEMORY_CYCLES}", SECONDS)
        cycle_devices(apps, nics, -(-DEVICE_CYCLES // len(apps)))
        grown = growing.result().splitlines()[-1]

        after = [Holding.of(app) for app in [memory, *apps]]
        kernel_after = Kernel.of(apps[0], nics[0])
        assert_reachable_is_memory(memory, [own])
        assert_nothing_reachable(nics)
        yield Run(before, after, kernel_before, kernel_after, grown)
        for app in apps:
            app.end()
    assert_nothing_reachable([own, *nics])


def test_every_cycle_was_one(run):
    assert run.grown == f"grown {MEMORY_CYCLES} shrunk {MEMORY_CYCLES}"


def test_no_file_is_held_more(run):
    for before, after in zip(run.before, run.after):
        assert after.files == before.files


def test_no_mapping_is_held_more(run):
    for before, after in zip(run.before, run.after):
        assert after.mappings == before.mappings


def test_no_byte_of_memory_is_held_more(run):
    for before, after in zip(run.before, run.after):
        assert after.sizes == before.sizes
        assert after.heap == before.heap
        assert abs(after.resident - before.resident) < RSS_BLUR


def test_the_kernel_pins_no_page_more(run):
    assert run.kernel_after.pinned == run.kernel_before.pinned


def test_the_iommu_has_no_page_table_more(run):
    assert run.kernel_after.page_tables == run.kernel_before.page_tables


def test_iommufd_has_no_object_more(run):
    assert run.kernel_after.next_ioas == run.kernel_before.next_ioas


def test_the_kernel_keeps_nothing_for_each_cycle(run):
    grown = (run.kernel_after.slabs - run.kernel_before.slabs) * PAGE
    assert grown < OBJECT * MEMORY_CYCLES
