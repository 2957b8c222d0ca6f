# SPDX-License-Identifier: BSD-3-Clause
"""Virtual functions: of a NIC that the kernel keeps, and of one that an application has."""
import pytest

from support.application import IOMMUFD, Testpmd
from support.machine import open_files
from support.network import LEFT, assert_reachable
from support.reachable import assert_nothing_reachable, assert_reachable_is_memory
from support.sriov import VF_MAC, kept_by_kernel, virtual_function

# testpmd's icmpecho answers for any address
ANYONE = "10.0.1.77"
# A subnet of left's and the PF's: icmpecho must not answer for them, so nobody asks
LEFT_TO_PF, PF = "10.0.3.1", "10.0.3.2"


def assert_answers(app, vf):
    """An application answers pings through a virtual function, which reaches its memory alone."""
    assert_reachable(LEFT, ANYONE)
    assert_reachable_is_memory(app, [vf])
    assert str(vf.cdev) in open_files(app.pid)


@pytest.mark.intel
class TestOfANicThatTheKernelKeeps:

    @pytest.fixture(scope="class")
    def pf(self, nics):
        with kept_by_kernel(nics[0], PF) as end:
            yield end

    @pytest.fixture(scope="class")
    def vf(self, nics, pf):
        with virtual_function(nics[0]) as vf:
            pf.ip("link", "set", "eth0", "vf", "0", "mac", VF_MAC)
            yield vf
            assert_nothing_reachable([vf])

    @pytest.fixture(scope="class")
    def testpmd(self, vf):
        with Testpmd([vf], IOMMUFD, mode="icmpecho") as app:
            app.command("start")
            yield app

    def test_the_application_answers_through_the_vf(self, testpmd, vf):
        assert_answers(testpmd, vf)

    def test_the_kernel_goes_on_using_the_pf(self, testpmd, nics, pf):
        LEFT.ip("addr", "add", f"{LEFT_TO_PF}/24", "dev", "eth0")
        LEFT.ip("neigh", "replace", PF, "lladdr", nics[0].mac, "dev", "eth0")
        pf.ip("neigh", "replace", LEFT_TO_PF, "lladdr", LEFT.mac, "dev", "eth0")
        try:
            assert_reachable(LEFT, PF)
            assert_reachable(pf, LEFT_TO_PF)
        finally:
            LEFT.ip("neigh", "del", PF, "dev", "eth0")
            LEFT.ip("addr", "del", f"{LEFT_TO_PF}/24", "dev", "eth0")
        assert nics[0].driver == "igb"

    def test_detached_and_attached_again_it_answers(self, testpmd, vf):
        for command in ("stop", "port stop 0", "port close 0", f"device detach {vf.pci}"):
            testpmd.command(command)
        assert str(vf.cdev) not in open_files(testpmd.pid)
        assert_nothing_reachable([vf])
        for command in (f"port attach {vf.pci}", "port start 0", "set portlist 0", "start"):
            testpmd.command(command)
        assert_answers(testpmd, vf)
