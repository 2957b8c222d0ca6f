# SPDX-License-Identifier: BSD-3-Clause
"""A NIC or an accelerator is taken while dpdk-test-iommufd forwards, and the others go on."""
import contextlib
import re

import pytest

from support.application import IOMMUFD, TEST_IOMMUFD, Application, allowed
from support.compress import device
from support.forwarder import Forwarder
from support.machine import Nic, open_files, wait_until
from support.network import LEFT, RIGHT, assert_forwarded, flood
from support.pagetable import page_table
from support.reachable import assert_nothing_reachable

intel = pytest.mark.intel
accel = pytest.mark.accel

MANY = 100  # packets
FIRST, SECOND = 0, 1


@pytest.fixture(scope="module")
def slots(hypervisor, nics):
    """The hypervisor; each NIC is in its slot and with vfio-pci afterwards."""
    yield hypervisor
    for pair, nic in enumerate(nics):
        if not nic.sysfs.exists():
            hypervisor.plug(pair, nic)
        if nic.driver != "vfio-pci":
            nic.bind("vfio-pci")


@pytest.fixture(scope="class")
def app(nics, slots):
    with Forwarder(nics, IOMMUFD) as app:
        yield app


def cdevs(app):
    return [name for name in open_files(app.pid) if name.startswith("/dev/vfio/")]


def assert_flows_on(app, port):
    received, _ = app.packets(port)
    wait_until(lambda: app.packets(port)[0] > received + MANY, f"port {port} goes on")


def assert_lets_go(app, nics, goes, take):
    """The NIC is given back, and what the other one receives goes on being forwarded: to itself."""
    stays = 1 - goes
    app.command("start")
    with flood((LEFT, RIGHT)[stays], (LEFT, RIGHT)[goes].address):
        assert_flows_on(app, stays)
        take()
        said = app.expect("forwarding goes on without it")
        assert f"{nics[goes].pci}, port {goes}, is asked back by the kernel" in said
        assert "all streams of io" in said and f"{nics[goes].pci} is detached" in said
        app.expect(app.prompt)
        assert cdevs(app) == [str(nics[stays].cdev)]
        assert_nothing_reachable([nics[goes]])
        assert page_table(nics[stays]).pieces
        assert_flows_on(app, stays)
    assert re.findall(r"RX port (\d) queue 0 -> TX port (\d)", app.command("show fwd streams")) \
        == [(str(stays), str(stays))]


def assert_comes_back(app, nic, goes, payload):
    said = app.command("stop")
    assert "all streams of io" in said
    for command in (f"port attach {nic.pci}", f"port start {goes}", "start"):
        app.command(command)
    assert_forwarded(payload)
    app.command("stop")


@intel
class TestOneOfTwo:
    """One run with both NICs."""

    def test_taken_by_its_driver(self, app, nics, payload):
        assert_lets_go(app, nics, FIRST, nics[FIRST].unbind)
        assert nics[FIRST].driver == "none"
        nics[FIRST].bind("vfio-pci")
        assert_comes_back(app, nics[FIRST], FIRST, payload)

    def test_taken_by_the_hypervisor(self, app, nics, slots, payload):
        assert_lets_go(app, nics, SECOND, lambda: slots.unplug(SECOND))
        assert not nics[SECOND].sysfs.exists()
        slots.plug(SECOND, nics[SECOND])
        nics[SECOND].bind("vfio-pci")
        assert_comes_back(app, nics[SECOND], SECOND, payload)

    def test_taken_while_it_is_stopped_and_a_command_waits(self, app, nics):
        """It doesn't start by itself then, and the command goes on."""
        app.child.sendline("wait 3600")
        nics[FIRST].unbind()
        said = app.expect("is detached")
        assert "forwarding goes on" not in said and cdevs(app) == [str(nics[SECOND].cdev)]
        app.ask_to_end = lambda: app.child.sendintr()


@intel
def test_the_last_one_is_taken(nics, slots):
    """A script's wait for packets ends; without commands it is there until it is told to end."""
    nics[FIRST].bind("vfio-pci")
    argv = [TEST_IOMMUFD, "-l", "0-1", *allowed(nics[FIRST]), IOMMUFD, "--",
            "--total-num-mbufs=8192", "--disable-link-check"]
    with Application([*argv, "--exec", "start; wait packets 4000000000"]) as app:
        app.expect("> wait packets")
        nics[FIRST].unbind()
        app.expect("no port is left to forward")
        app.expect("nothing is running any more")
        assert app.wait() == 1
    nics[FIRST].bind("vfio-pci")
    with Application([*argv, "--stats-period=1"]) as app:
        app.expect("port 0")
        nics[FIRST].unbind()
        app.expect("no port is left to forward")
        assert cdevs(app) == []
    nics[FIRST].bind("vfio-pci")


@accel
@pytest.mark.parametrize("mode", ["io", "zip"])
def test_an_accelerator_is_taken(nics, zips, mode):
    """Its queues have packets on their way with zip, which goes on with the other's."""
    with contextlib.ExitStack() as stack:
        # The kernel's driver numbers them in the order in which it gets them back; and the later
        # one goes, as DPDK 24.11 has no compressdev behind one that went
        goes, stays = (stack.enter_context(device(zip_, "shared")) for zip_ in reversed(zips))
        with Forwarder(nics, IOMMUFD, "-a", stays.devargs, "-a", goes.devargs, mode=mode) as app:
            app.command("start")
            with flood(LEFT, RIGHT.address):
                assert_flows_on(app, FIRST)
                Nic(goes.name, "").unbind()
                said = app.expect("forwarding goes on without it")
                app.expect(app.prompt)
                assert f"{goes.full_name} is asked back by the kernel" in said
                assert f"{goes.full_name} is detached" in said
                assert_nothing_reachable([Nic(goes.name, "")])
                for port in FIRST, SECOND:
                    assert_flows_on(app, port)
