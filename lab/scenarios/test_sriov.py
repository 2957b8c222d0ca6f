# SPDX-License-Identifier: BSD-3-Clause
"""Virtual functions: of a NIC that the kernel keeps, and of one that an application has."""
import pytest

from support.application import EXAMPLES, IOMMUFD, UNDER_LAUNCHER, Memory, Testpmd, allowed
from support.machine import open_files
from support.network import LEFT, assert_reachable
from support.pagetable import page_table
from support.reachable import assert_nothing_reachable, assert_reachable_is_memory
from support.refusal import LOG_PREFIX, attempt, refused
from support.sriov import (VF_MAC, kept_by_kernel, set_virtual_functions, sriov_by_vfio,
                           virtual_function)

# testpmd's icmpecho answers for any address
ANYONE = "10.0.1.77"
# A subnet of left's and the PF's: icmpecho must not answer for them, so nobody asks
LEFT_TO_PF, PF = "10.0.3.1", "10.0.3.2"

TOKEN = "--vfio-vf-token=0d5e36a1-7a4b-4f0e-9d5f-3c2a1b0f9e8d"
WRONG_TOKEN = "--vfio-vf-token=0d5e36a1-7a4b-4f0e-9d5f-3c2a1b0f9e8e"


def memory(*arguments):
    """The simplest application: its start is all that matters here."""
    return (EXAMPLES / "memory", "-l", "0", "--file-prefix=other", *arguments, IOMMUFD)


def assert_answers(app, vf):
    """An application answers pings through a virtual function, which reaches its memory alone."""
    assert_reachable(LEFT, ANYONE)
    assert_reachable_is_memory(app, [vf])
    assert str(vf.cdev) in open_files(app.pid)


@pytest.fixture(scope="class")
def pf(nics):
    """The namespace of a NIC that the kernel keeps."""
    with kept_by_kernel(nics[0], PF) as end:
        yield end


@pytest.fixture(scope="class")
def vf(nics, pf):
    """A virtual function of that NIC."""
    with virtual_function(nics[0]) as vf:
        pf.ip("link", "set", "eth0", "vf", "0", "mac", VF_MAC)
        yield vf


@pytest.fixture(scope="class")
def testpmd(vf):
    """testpmd on that virtual function, answering pings."""
    with Testpmd([vf], IOMMUFD, mode="icmpecho", app=("--hot-plug",)) as app:
        app.command("start")
        yield app


@pytest.mark.intel
class TestOfANicThatTheKernelKeeps:
    """An application on the VF, and the kernel's own driver on the PF."""

    def test_a_token_that_nobody_expects_is_passed_over(self, vf):
        status, output = attempt(*UNDER_LAUNCHER, *memory(TOKEN, *allowed(vf)))
        assert status == 0, output
        said = [line for line in output.splitlines() if LOG_PREFIX in line]
        assert said[0].startswith(f"{LOG_PREFIX}{vf.pci}: it expects no VF token"), output
        assert said[1].startswith(f"{LOG_PREFIX}{vf.pci}: /dev/vfio/devices/"), output

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

    def test_reset_under_the_application_it_answers_when_started_again(self, testpmd, vf):
        vf.reset()
        assert_reachable_is_memory(testpmd, [vf])
        for command in ("stop", "port stop 0", "port start 0", "start"):
            testpmd.command(command)
        assert_answers(testpmd, vf)

    def test_the_application_lets_it_go_when_the_kernel_takes_it_away(self, testpmd, nics, vf):
        set_virtual_functions(nics[0], 0)
        testpmd.lets_go(ports=0)
        assert not [name for name in open_files(testpmd.pid) if name.startswith("/dev/vfio/")]


@pytest.fixture(scope="class")
def owned_vf(nics):
    """A virtual function of a NIC with vfio-pci."""
    with sriov_by_vfio(), virtual_function(nics[0]) as vf:
        yield vf
        assert_nothing_reachable([vf])


@pytest.fixture(scope="class")
def owner(nics, owned_vf):
    """testpmd on the PF, whose driver in DPDK looks after the VF."""
    with Testpmd([nics[0]], IOMMUFD, TOKEN, "--file-prefix=pf", mode="rxonly") as app:
        app.command("start")
        yield app


@pytest.mark.intel
class TestOfANicThatAnApplicationHas:
    """An application on the PF, with a VF token, and others on the VF."""

    @pytest.mark.parametrize("token", [(), (WRONG_TOKEN,)], ids=["missing", "wrong"])
    def test_without_the_right_token_the_vf_is_refused(self, owner, owned_vf, token):
        said = refused(*memory(*token, *allowed(owned_vf)))
        assert said.startswith(f"{owned_vf.pci}: the VF token is wrong or missing: --vfio-vf-token")

    def test_with_the_right_token_it_answers_through_the_vf(self, owner, nics, owned_vf):
        with Testpmd([owned_vf], IOMMUFD, TOKEN, "--file-prefix=vf", mode="icmpecho") as app:
            app.command("start")
            assert_answers(app, owned_vf)
            assert_reachable_is_memory(owner, [nics[0]])
            assert page_table(nics[0]).root != page_table(owned_vf).root

    def test_the_pf_of_a_vf_in_use_is_for_those_with_its_token(self, owner, nics, owned_vf):
        assert_reachable_is_memory(owner, [nics[0]])
        with Memory([owned_vf], IOMMUFD, TOKEN, "--file-prefix=vf") as app:
            owner.kill()
            said = refused(*memory(WRONG_TOKEN, *allowed(nics[0])))
            assert said.startswith(f"{nics[0].pci}: the VF token is wrong or missing")
            with Memory([nics[0]], IOMMUFD, TOKEN, "--file-prefix=other") as next_owner:
                assert_reachable_is_memory(next_owner, [nics[0]])
                assert_reachable_is_memory(app, [owned_vf])


@pytest.mark.old
def test_a_kernel_that_takes_no_vf_token_is_named(nics):
    said = refused(*memory(TOKEN, *allowed(nics[0])))
    assert said.startswith(f"{nics[0].pci}: this kernel can't be given a VF token")
    assert "Linux before 6.17" in said and "without --vfio-vf-token" in said
