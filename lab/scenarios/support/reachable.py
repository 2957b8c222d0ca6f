# SPDX-License-Identifier: BSD-3-Clause
"""What NICs can reach, compared with what they should."""
from support.memsegs import in_physical_memory, segments
from support.pagetable import page_table
from support.translation import assert_same


def assert_nothing_reachable(nics) -> None:
    for nic in nics:
        assert_same([], page_table(nic).pieces, f"{nic.pci} without an application")


def assert_reachable(app, nics, memory) -> None:
    """The devices use one page table, and it is this memory of the application."""
    expected = in_physical_memory(app.pid, memory)
    tables = [page_table(nic) for nic in nics]
    for nic, table in zip(nics, tables):
        assert_same(expected, table.pieces, f"IOMMU page table of {nic.pci}")
    assert len({table.root for table in tables}) == 1, "each device has a page table of its own"


def assert_reachable_is_memory(app, nics, *others) -> None:
    """The devices use one page table: EAL's memory and the other memory that is named."""
    assert_reachable(app, nics, [*segments(app), *others])
