# SPDX-License-Identifier: BSD-3-Clause
"""DPDK's own tests of its memory, in Debian's dpdk-test, say over iommufd what they always say."""
import pytest

from support.application import IOMMUFD, DpdkTest
from support.memsegs import in_physical_memory, segments
from support.pagetable import page_table
from support.translation import assert_same

pytestmark = pytest.mark.intel

# The one of several processes starts them with arguments of its own, without the flag
AUTOTESTS = ("memory_autotest", "memzone_autotest", "malloc_autotest", "mbuf_autotest",
             "external_mem_autotest", "multiprocess_autotest")


def test_autotests_say_the_same_with_the_flag_and_without(nics):
    verdicts = []
    for options in ((IOMMUFD,), ()):
        with DpdkTest(nics, *options) as app:
            verdicts.append({name: app.verdict(name) for name in AUTOTESTS})
    assert verdicts[0] == verdicts[1]
    assert set(verdicts[0].values()) == {"OK"}


def test_external_memory_at_addresses_in_use_leaves_eals_own_memory_mapped(nics):
    """The autotest adds memory whose IOVAs EAL's hugepages have already, and takes it away."""
    with DpdkTest(nics, IOMMUFD) as app:
        assert app.verdict("external_mem_autotest") == "OK"
        assert "File exists: something else is mapped there already" in app.output()
        memory = in_physical_memory(app.pid, segments(app))
        for nic in nics:
            assert_same(memory, page_table(nic).pieces, f"IOMMU page table of {nic.pci}")
