# SPDX-License-Identifier: BSD-3-Clause
"""A NIC goes while packets flow, taken by the hypervisor or by its driver, and comes back; or it is
reset.
"""
import re

import pytest

from support.application import IOMMUFD, SECONDARY, Memory, Testpmd
from support.machine import KernelLog, open_files, wait_until
from support.network import LEFT, RIGHT, assert_forwarded, flood
from support.reachable import assert_nothing_reachable, assert_reachable_is_memory

pytestmark = pytest.mark.intel

MANY = 500  # packets
STAYS, GOES = 0, 1


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


def start_forwarding(app):
    """Both ports forward, and there is traffic to see it by."""
    app.command("clear port stats all")
    app.command("start")
    wait_until(lambda: min(app.packets(STAYS)) > MANY, "packets flow")


def cdevs(app):
    """The devices that an application has open."""
    return [name for name in open_files(app.pid) if name.startswith("/dev/vfio/")]


def assert_let_go(app, nics):
    """The application has no trace of the NIC that went, and the other works as before."""
    stays = nics[STAYS]
    app.expect("Device is detached")
    assert "Number of available ports: 1" in app.command("show port summary all")
    assert cdevs(app) == [str(stays.cdev)]
    assert_reachable_is_memory(app, [stays])
    received, _ = app.packets(STAYS)
    wait_until(lambda: app.packets(STAYS)[0] > received + MANY, "the other NIC goes on")


def assert_comes_back(app, nics, payload):
    """The NIC, with vfio-pci again, is attached to the IOAS of old, and packets flow."""
    for command in ("stop", f"port attach {nics[GOES].pci}", "port start all",
                    "set portlist 0,1", "start"):
        app.command(command)
    assert cdevs(app) == [str(nic.cdev) for nic in nics]
    line = rf"IOMMUFD: {nics[GOES].pci}: .*, (IOAS .*) \("
    assert len(set(re.findall(line, app.output()))) == 1
    assert_reachable_is_memory(app, nics)
    assert_forwarded(payload)


class TestHotPlug:
    """One run of testpmd --hot-plug, whose second NIC goes and comes back twice."""

    def test_taken_by_the_hypervisor_while_packets_flow(self, testpmd, nics, slots):
        with flood(LEFT, RIGHT.address):
            start_forwarding(testpmd)
            slots.unplug(GOES)
            assert_let_go(testpmd, nics)

    def test_brought_back_by_the_hypervisor(self, testpmd, nics, slots, payload):
        slots.plug(GOES, nics[GOES])
        nics[GOES].bind("vfio-pci")
        assert_nothing_reachable([nics[GOES]])
        assert_comes_back(testpmd, nics, payload)

    def test_taken_by_its_driver_while_packets_flow(self, testpmd, nics, slots):
        with flood(LEFT, RIGHT.address):
            start_forwarding(testpmd)
            nics[GOES].unbind()
            assert nics[GOES].driver == "none"
            assert_let_go(testpmd, nics)

    def test_given_back_to_its_driver(self, testpmd, nics, slots, payload):
        nics[GOES].bind("vfio-pci")
        assert_comes_back(testpmd, nics, payload)

    def test_a_secondary_process_lets_it_go_and_gets_it_back_too(self, testpmd, nics, slots,
                                                                 payload):
        with Memory(nics, IOMMUFD, SECONDARY) as secondary:
            assert cdevs(secondary) == cdevs(testpmd) == [str(nic.cdev) for nic in nics]
            nics[GOES].unbind()
            testpmd.expect("Device is detached")
            assert cdevs(secondary) == cdevs(testpmd) == [str(nics[STAYS].cdev)]
            nics[GOES].bind("vfio-pci")
            assert_comes_back(testpmd, nics, payload)
            assert cdevs(secondary) == cdevs(testpmd) == [str(nic.cdev) for nic in nics]


def test_an_application_without_hot_plug_keeps_the_nic_until_it_ends(nics, slots, payload):
    log = KernelLog()
    with Testpmd(nics, IOMMUFD) as app:
        app.command("start")
        slots.execute("device_del", id=f"nic{GOES}")
        wait_until(lambda: [line for line in log.read() if "Relaying device request" in line],
                   "the kernel asks for the NIC")
        assert_reachable_is_memory(app, nics)
        assert_forwarded(payload)
    log.close()
    slots.wait_for("DEVICE_DELETED", device=f"nic{GOES}")
    assert not nics[GOES].sysfs.exists()
    slots.plug(GOES, nics[GOES])
    nics[GOES].bind("vfio-pci")


class TestReset:
    """One run of testpmd, whose second NIC is reset."""

    @pytest.fixture(scope="class")
    def testpmd(self, nics):
        nics[GOES].reset()
        with Testpmd(nics, IOMMUFD) as app:
            yield app

    def test_before_the_application_came(self, testpmd, nics, payload):
        testpmd.command("start")
        assert_forwarded(payload)

    def test_by_the_application(self, testpmd, nics, payload):
        for command in ("stop", f"port stop {GOES}", f"port reset {GOES}", f"port start {GOES}",
                        "start"):
            testpmd.command(command)
        assert_reachable_is_memory(testpmd, nics)
        assert_forwarded(payload)

    def test_by_the_kernel_under_the_application(self, testpmd, nics, payload):
        nics[GOES].reset()
        assert_reachable_is_memory(testpmd, nics)
        for command in ("stop", f"port stop {GOES}", f"port reset {GOES}", f"port start {GOES}",
                        "start"):
            testpmd.command(command)
        assert_reachable_is_memory(testpmd, nics)
        assert_forwarded(payload)
