# SPDX-License-Identifier: BSD-3-Clause
"""What NICs can reach, compared with what they should."""
from support.memsegs import in_physical_memory, segments
from support.pagetable import page_table
from support.translation import assert_same


def assert_nothing_reachable(nics) -> None:
    for nic in nics:
        assert_same([], page_table(nic).pieces, f"{nic.pci} without an application")


def assert_reachable_is_memory(app, nics) -> None:
    """The devices use one page table, and it is the application's memory."""
    memory = in_physical_memory(app.pid, segments(app))
    tables = [page_table(nic) for nic in nics]
    for nic, table in zip(nics, tables):
        assert_same(memory, table.pieces, f"IOMMU page table of {nic.pci}")
    assert len({table.root for table in tables}) == 1, "each device has a page table of its own"
