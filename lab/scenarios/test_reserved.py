# SPDX-License-Identifier: BSD-3-Clause
"""Where devices can't go: addresses reserved for them, and those beyond their IOMMU's reach."""
import re
from dataclasses import dataclass

import pytest

from support.application import EXAMPLES, IOMMUFD, UNDER_LAUNCHER, Vfio, allowed
from support.buffers import LENGTH, MIB, blocked, buffer, words
from support.memsegs import PAGE
from support.reachable import (assert_nothing_reachable, assert_reachable,
                               assert_reachable_is_memory)
from support.refusal import attempt

pytestmark = pytest.mark.intel

BEYOND = 1 << 60


@dataclass(frozen=True)
class Region:
    start: int
    last: int

    def __str__(self) -> str:
        return f"{self.start:#x}-{self.last:#x}"


def msi_window(nic):
    """Where a device's writes are interrupts: no memory can be there."""
    text = (nic.sysfs / "iommu_group/reserved_regions").read_text()
    found = re.search(r"^(0x\w+) (0x\w+) msi$", text, re.MULTILINE)
    return Region(int(found[1], 16), int(found[2], 16))


def region(segment):
    """Where something is mapped."""
    return Region(segment.iova, segment.end - 1)


@pytest.fixture(autouse=True)
def nothing_before_and_after(nics):
    """Devices can reach nothing before an application starts and after it has ended."""
    assert_nothing_reachable(nics)
    yield
    assert_nothing_reachable(nics)


def assert_refused(app, line, window, mapped):
    """A device can't come, and both ranges are named."""
    answer = app.command(line)
    assert "error:" in answer
    assert f"{window} is reserved" in answer and f"{mapped} is mapped" in answer


def test_a_device_whose_reserved_region_is_mapped_is_refused_alone(nics):
    with Vfio(nics[:1], IOMMUFD) as app:
        window = msi_window(nics[1])
        container = app.descriptor("container create")
        app.descriptor(f"group bind {container} {nics[1].pci}")
        for iova in (window.start, window.start - PAGE, window.last + 1 - PAGE):
            one = buffer(app, iova=iova)
            app.done(f"map {container} {words(one)}")
            assert_refused(app, f"device setup {nics[1].pci}", window, region(one))
            assert_nothing_reachable(nics[1:])
            assert_reachable_is_memory(app, nics[:1])
            app.done(f"unmap {container} {words(one)}")

        beside = [buffer(app, iova=iova) for iova in (window.start - LENGTH, window.last + 1)]
        for one in beside:
            app.done(f"map {container} {words(one)}")
        device = app.descriptor(f"device setup {nics[1].pci}")
        assert_reachable(app, nics[1:], beside)
        app.done(f"device release {nics[1].pci} {device}")


def test_the_first_device_can_come_when_the_mapping_is_gone(nics):
    with Vfio([], *blocked(nics), IOMMUFD) as app:
        window = msi_window(nics[0])
        one = buffer(app, iova=window.start)
        app.done(f"map default {words(one)}")
        for nic in nics:
            assert_refused(app, f"attach {nic.pci}", window, region(one))
        assert_nothing_reachable(nics)
        app.done(f"unmap default {words(one)}")
        for nic in nics:
            app.done(f"attach {nic.pci}")
        assert_reachable_is_memory(app, nics)


def test_nothing_is_mapped_where_a_device_that_is_there_can_not_go(nics):
    with Vfio(nics, IOMMUFD) as app:
        window = msi_window(nics[0])
        for iova in (window.start, window.start - PAGE, window.last + 1 - PAGE, BEYOND):
            symbol, said = app.error(f"map default {words(buffer(app, iova=iova))}")
            assert symbol == "EINVAL"
            assert f"{LENGTH:#x} bytes at {iova:#x}" in said
            assert f"-{window.start - 1:#x} {window.last + 1:#x}-" in said
            assert_reachable_is_memory(app, nics)


def test_when_the_device_has_left_the_address_is_free_until_it_returns(nics):
    with Vfio(nics[:1], IOMMUFD) as app:
        window = msi_window(nics[1])
        container, one = app.descriptor("container create"), buffer(app, iova=window.start)
        app.descriptor(f"group bind {container} {nics[1].pci}")
        device = app.descriptor(f"device setup {nics[1].pci}")
        assert app.error(f"map {container} {words(one)}")[0] == "EINVAL"
        app.done(f"device release {nics[1].pci} {device}")
        app.done(f"map {container} {words(one)}")
        assert_refused(app, f"device setup {nics[1].pci}", window, region(one))
        assert_nothing_reachable(nics[1:])


def test_eals_memory_in_a_reserved_region_is_named_with_the_remedy(nics):
    window = msi_window(nics[0])
    status, output = attempt(*UNDER_LAUNCHER, EXAMPLES / "vfio", "-l", "0", *allowed(nics[0]),
                             "-m", "256", f"--base-virtaddr={window.start - 128 * MIB:#x}",
                             IOMMUFD)
    assert status > 0
    said, = (line for line in output.splitlines() if f"{window} is reserved" in line)
    assert nics[0].pci in said and "EAL has memory there" in said and "--base-virtaddr" in said
