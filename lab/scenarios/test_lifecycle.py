# SPDX-License-Identifier: BSD-3-Clause
"""Ports and applications come and go, in good order or killed."""
import re

import pytest

from support.application import EXAMPLES, IOMMUFD, UNDER_LAUNCHER, Memory, Testpmd
from support.machine import bound_to, open_files, wait_until
from support.network import LEFT, RIGHT, assert_forwarded, flood
from support.refusal import attempt

pytestmark = pytest.mark.intel

MANY = 1000  # packets


@pytest.fixture(scope="class")
def testpmd(nics):
    """testpmd on both NICs over iommufd, its ports started."""
    with Testpmd(nics, IOMMUFD) as app:
        yield app


class TestPorts:
    """One run of testpmd, whose ports come and go."""

    def test_ports_that_were_stopped_forward_when_started_again(self, testpmd, payload):
        for command in ("start", "stop", "port stop all", "port start all", "start"):
            testpmd.command(command)
        assert_forwarded(payload)

    def test_a_device_that_was_detached_forwards_when_attached_again(self, testpmd, nics, payload):
        for command in ("stop", "port stop 0", "port close 0", f"device detach {nics[0].pci}"):
            testpmd.command(command)
        assert str(nics[0].cdev) not in open_files(testpmd.pid)
        assert str(nics[1].cdev) in open_files(testpmd.pid)

        for command in (f"port attach {nics[0].pci}", "port start 0", "set portlist 0,1", "start"):
            testpmd.command(command)
        assert str(nics[0].cdev) in open_files(testpmd.pid)
        first, second = re.findall(rf"IOMMUFD: {nics[0].pci}: .*, (IOAS .*) \(", testpmd.output())
        assert first == second
        assert_forwarded(payload)


@pytest.mark.smoke
def test_killed_while_forwarding_it_starts_again_at_once(nics, payload):
    with Testpmd(nics, IOMMUFD) as app:
        app.command("start")
        with flood(LEFT, RIGHT.address):
            wait_until(lambda: min(app.packets(0)) > MANY, "testpmd forwards the flood")
            app.kill()
    with Testpmd(nics, IOMMUFD) as app:
        app.command("start")
        assert_forwarded(payload)


@pytest.mark.smoke
def test_it_ends_well_and_starts_again_many_times(nics):
    for _ in range(3):
        with Memory(nics, IOMMUFD) as app:
            assert len([name for name in open_files(app.pid) if "vfio" in name]) == len(nics)


@pytest.mark.smoke
@pytest.mark.nocdev
def test_with_the_flag_and_without_pci_devices_it_runs():
    status, output = attempt(*UNDER_LAUNCHER, EXAMPLES / "memory", "--no-pci", IOMMUFD)
    assert status == 0, output


def test_with_the_flag_and_no_device_of_vfio_it_runs(nics):
    with bound_to("igb", *nics):
        status, output = attempt(*UNDER_LAUNCHER, EXAMPLES / "memory", IOMMUFD)
    assert status == 0, output
