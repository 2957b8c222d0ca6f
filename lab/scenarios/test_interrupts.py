# SPDX-License-Identifier: BSD-3-Clause
"""NICs interrupt the application: by MSI-X in DPDK's l3fwd-power, by INTx in testpmd."""
import pytest

from support.application import (EXAMPLES, IOMMUFD, UNDER_LAUNCHER, Application, Testpmd, allowed)
from support.machine import interrupts, wait_until
from support.network import LEFT, RIGHT, assert_forwarded, assert_reachable, routed

pytestmark = pytest.mark.intel

# What is compiled into l3fwd-power: 1.1.1.0/24 is behind port 0, 2.1.1.0/24 behind port 1, and
# the next hop of port N has the MAC 02:00:00:00:00:0N
LEFT_ADDRESS, LEFT_MAC = "1.1.1.1", "02:00:00:00:00:00"
RIGHT_ADDRESS, RIGHT_MAC = "2.1.1.1", "02:00:00:00:00:01"


@pytest.fixture
def routes(nics):
    """The namespaces where l3fwd-power's routes lead."""
    with routed(LEFT, LEFT_MAC, LEFT_ADDRESS, RIGHT_ADDRESS, nics[0].mac), \
            routed(RIGHT, RIGHT_MAC, RIGHT_ADDRESS, LEFT_ADDRESS, nics[1].mac):
        yield


def test_l3fwd_power_sleeps_until_packets_interrupt(nics, routes):
    argv = [*UNDER_LAUNCHER, EXAMPLES / "l3fwd-power", "-l", "1", *allowed(*nics), IOMMUFD, "--",
            "-p", "0x3", "-P", "--interrupt-only", "--parse-ptype", "--config=(0,0,1),(1,0,1)"]
    with Application(argv) as app:
        app.expect("entering main interrupt loop")
        assert_reachable(LEFT, RIGHT_ADDRESS)
        before = [interrupts("msix", nic) for nic in nics]
        for nic, count in zip(nics, before):
            wait_until(lambda nic=nic, count=count: LEFT.reaches(RIGHT_ADDRESS)
                       and interrupts("msix", nic) > count, f"packets make {nic.pci} interrupt")


def test_legacy_interrupts_report_the_link_and_traffic_goes_on(nics, payload):
    with Testpmd(nics, IOMMUFD, "--vfio-intr=legacy") as app:
        app.command("start")
        for nic in nics:
            wait_until(lambda nic=nic: interrupts("intx", nic), f"INTx of {nic.pci}")
            assert interrupts("msix", nic) == 0
        assert_forwarded(payload)
