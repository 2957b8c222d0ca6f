# SPDX-License-Identifier: BSD-3-Clause
"""A NIC goes while packets flow, taken by the hypervisor or by its driver, and comes back; or it is
reset.
"""
import contextlib
import re

import pytest

from support.application import IOMMUFD, SECONDARY, Memory, Testpmd
from support.machine import KernelLog, open_files, wait_until
from support.network import LEFT, RIGHT, assert_forwarded, flood
from support.reachable import assert_nothing_reachable, assert_reachable_is_memory

pytestmark = pytest.mark.intel

MANY = 500  # packets
# The NICs, and so testpmd's ports, by their number
FIRST, SECOND = 0, 1
ENDS = LEFT, RIGHT


@pytest.fixture(scope="class")
def slots(hypervisor, nics):
    """The hypervisor; each NIC is in its slot and with vfio-pci afterwards."""
    yield hypervisor
    for pair, nic in enumerate(nics):
        if not nic.sysfs.exists():
            hypervisor.plug(pair, nic)
        if nic.driver != "vfio-pci":
            nic.bind("vfio-pci")


@pytest.fixture(scope="class")
def testpmd(nics, slots):
    """testpmd on both NICs over iommufd, which lets a NIC go when asked to."""
    with Testpmd(nics, IOMMUFD, app=("--hot-plug",)) as app:
        yield app


def cdevs(app):
    """The devices that an application has open."""
    return [name for name in open_files(app.pid) if name.startswith("/dev/vfio/")]


def names(*nics):
    return sorted(str(nic.cdev) for nic in nics)


def assert_flows_on(app, port):
    """A port receives more than it has."""
    received, _ = app.packets(port)
    wait_until(lambda: app.packets(port)[0] > received + MANY, f"port {port} goes on")


def assert_lets_go(app, nics, goes, take):
    """While packets flow a NIC is taken; the application has no trace of it then, and the other
    works as before."""
    stays = 1 - goes
    app.command("start")
    with flood(ENDS[stays], ENDS[goes].address):
        assert_flows_on(app, stays)
        take()
        app.lets_go(ports=1)
        assert "Number of available ports: 1" in app.command("show port summary all")
        assert cdevs(app) == names(nics[stays])
        assert_reachable_is_memory(app, [nics[stays]])
        assert_flows_on(app, stays)


def assert_comes_back(app, nics, nic, payload):
    """A NIC, with vfio-pci again, is attached to the IOAS of old, and packets flow."""
    assert_nothing_reachable([nic])
    for command in ("stop", f"port attach {nic.pci}", "port start all", "set portlist 0,1",
                    "start"):
        app.command(command)
    assert cdevs(app) == names(*nics)
    assert len(set(re.findall(rf"IOMMUFD: {nic.pci}: .*, (IOAS .*) \(", app.output()))) == 1
    assert_reachable_is_memory(app, nics)
    assert_forwarded(payload)


class TestHotPlug:
    """One run of testpmd --hot-plug, whose NICs go and come back."""

    def test_taken_by_the_hypervisor_while_packets_flow(self, testpmd, nics, slots):
        assert_lets_go(testpmd, nics, SECOND, lambda: slots.unplug(SECOND))
        assert not nics[SECOND].sysfs.exists()

    def test_brought_back_by_the_hypervisor(self, testpmd, nics, slots, payload):
        slots.plug(SECOND, nics[SECOND])
        nics[SECOND].bind("vfio-pci")
        assert_comes_back(testpmd, nics, nics[SECOND], payload)

    def test_taken_by_its_driver_while_packets_flow(self, testpmd, nics):
        assert_lets_go(testpmd, nics, FIRST, nics[FIRST].unbind)
        assert nics[FIRST].driver == "none"

    def test_given_back_to_its_driver(self, testpmd, nics, payload):
        nics[FIRST].bind("vfio-pci")
        assert_comes_back(testpmd, nics, nics[FIRST], payload)

    def test_a_secondary_process_lets_it_go_and_gets_it_back_too(self, testpmd, nics, payload):
        with Memory(nics, IOMMUFD, SECONDARY) as secondary:
            assert cdevs(secondary) == names(*nics)
            assert_lets_go(testpmd, nics, SECOND, nics[SECOND].unbind)
            assert cdevs(secondary) == names(nics[FIRST])
            nics[SECOND].bind("vfio-pci")
            assert_comes_back(testpmd, nics, nics[SECOND], payload)
            assert cdevs(secondary) == names(*nics)


@pytest.fixture(scope="class")
def plain_testpmd(nics, slots):
    """testpmd on both NICs, the second of which was reset, that knows nothing of hot plugging."""
    nics[SECOND].reset()
    with Testpmd(nics, IOMMUFD) as app:
        yield app


class TestWithoutHotPlug:
    """One run of testpmd without --hot-plug. A NIC is reset, and then taken."""

    def assert_forwards_again(self, app, nics, payload):
        for command in ("stop", f"port stop {SECOND}", f"port reset {SECOND}",
                        f"port start {SECOND}", "start"):
            app.command(command)
        assert_reachable_is_memory(app, nics)
        assert_forwarded(payload)

    def test_reset_before_the_application_came(self, plain_testpmd, nics, payload):
        plain_testpmd.command("start")
        assert_forwarded(payload)

    def test_reset_by_the_application(self, plain_testpmd, nics, payload):
        self.assert_forwards_again(plain_testpmd, nics, payload)

    def test_reset_by_the_kernel_under_the_application(self, plain_testpmd, nics, payload):
        nics[SECOND].reset()
        assert_reachable_is_memory(plain_testpmd, nics)
        self.assert_forwards_again(plain_testpmd, nics, payload)

    def test_taken_by_the_hypervisor_it_stays_until_the_application_ends(self, plain_testpmd,
                                                                         nics, slots, payload):
        with contextlib.closing(KernelLog()) as log:
            slots.execute("device_del", id=f"nic{SECOND}")
            wait_until(lambda: any("Relaying device request" in line for line in log.read()),
                       "the kernel asks for the NIC")
        assert_reachable_is_memory(plain_testpmd, nics)
        assert_forwarded(payload)
        plain_testpmd.end()
        slots.wait_for("DEVICE_DELETED", device=f"nic{SECOND}")
        assert not nics[SECOND].sysfs.exists()
