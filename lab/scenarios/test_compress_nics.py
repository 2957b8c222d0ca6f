# SPDX-License-Identifier: BSD-3-Clause
"""An application with NICs and accelerators: all that share EAL's memory go by one page table."""
import contextlib

import pytest

from support.compress import Compress, device
from support.machine import Nic
from support.pagetable import page_table
from support.telemetry import listed, listed_by_bus

pytestmark = pytest.mark.accel

PAIRS = 2


def test_one_page_table_serves_nics_zips_and_shared_queues(nics, zips):
    """By its number in telemetry, and by the root that the IOMMU has."""
    with contextlib.ExitStack() as stack:
        # The kernel's driver numbers them in the order in which it gets them back
        other, used = (stack.enter_context(device(zip_, "shared")) for zip_ in reversed(zips))
        app = stack.enter_context(Compress(used, nics=nics, eal=("-a", other.devargs)))
        app.done(f"open {PAIRS}")
        functions = {device_.name: Nic(device_.name, "") for device_ in (used, other)}
        devices = listed("devices")
        queues = listed("pasids")
        assert {each["name"] for each in devices} == {
            *(nic.pci for nic in nics), used.name, other.name}
        assert len({queue["pasid"] for queue in queues}) == len(queues) == 2 * PAIRS
        assert len({each["page_table"] for each in (*devices, *queues)}) == 1
        assert {(queue["pasid"], queue["page_table"]) for queue in listed_by_bus("queues")} == {
            (queue["pasid"], queue["page_table"]) for queue in queues}

        roots = {page_table(device_).root for device_ in (*nics, *functions.values())}
        roots |= {page_table(functions[queue["device"]], queue["pasid"]).root for queue in queues}
        assert len(roots) == 1 and None not in roots
        app.done("close")
