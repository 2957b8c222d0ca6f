# SPDX-License-Identifier: BSD-3-Clause
"""dpdk-test-iommufd from start to end: options, scripts, signals, exit status.

What needs no devices is in app/test-iommufd/application_test.py, the prompt too.
"""
import re
import signal
from dataclasses import replace

import pytest

from support.application import IOMMUFD, TEST_IOMMUFD, Application, allowed
from support.forwarder import Forwarder
from support.frames import Wire, joined, udp_frame
from support.machine import open_files, wait_until
from support.network import LEFT, RIGHT, assert_forwarded, assert_reachable, flood
from support.refusal import attempt

pytestmark = pytest.mark.intel

PACKETS = 3000
FLOWS = 200


def argv(nics, *options):
    return [TEST_IOMMUFD, "-l", "0-1", *allowed(*nics), IOMMUFD, "--",
            "--total-num-mbufs=8192", *options]


@pytest.mark.smoke
def test_every_packet_comes_back_whole_once_and_in_order(nics):
    """Between the ports is a cable of the kernel's, no faster than this machine is."""
    options = ("--verify", "--forward-mode=flowgen", "--flowgen-flows=100", "--in-flight=64",
               "--txpkts=700,300")
    with Wire(LEFT) as left, Wire(RIGHT) as right, joined(left, right), \
            Forwarder(nics, IOMMUFD, app=options) as app:
        app.command("start")
        app.command(f"wait packets {PACKETS}")
        app.command("stop")
        found = app.verified()
    assert found.pop("good") >= PACKETS - 100
    assert found.pop("unstamped") < 100  # what the kernel says by itself
    assert not any(found.values()), found


def test_without_the_flag_it_forwards_over_type1(nics, payload):
    with Forwarder(nics) as app:
        app.command("start")
        assert_forwarded(payload)
        assert "not in use" in app.command("show iommufd")
        assert "/dev/iommu" not in open_files(app.pid)


def test_a_script_runs_to_its_end(nics):
    status, output = attempt(*argv(nics, "--exec", "show iommufd; start tx_first; wait 1; stop"))
    assert status == 0, output
    assert re.findall(r"^> (.*)$", output, re.MULTILINE) == [
        "show iommufd", "start tx_first", "wait 1", "stop"]
    assert nics[0].pci in output


@pytest.mark.parametrize("option, complaint", [
    ("--rxd=7", "a queue for receiving can't be set up (--rxd"),
    ("--rxq=99", "queues for receiving and"),
], ids=["rxd", "rxq"])
def test_what_the_nic_has_not_is_refused(nics, option, complaint):
    status, output = attempt(*argv(nics, option))
    assert status == 1 and complaint in output


def test_several_queues_each_receive_flows(nics):
    """RSS: flows differ in their addresses."""
    def received(app):
        text = app.command("show fwd stats")
        return [int(count) for count in re.findall(
            r"RX port 0 queue \d.*\r?\n +RX-packets: (\d+)", text)]

    with Wire(LEFT) as left, Forwarder(
            nics, IOMMUFD, mode="rxonly", app=("--rxq=4", "--txq=4", "--rss-ip")) as app:
        app.command("start")

        def enough():
            for number in range(FLOWS):
                source = replace(LEFT, address=f"198.18.0.{number}")
                left.send(udp_frame(source, RIGHT))
            counts = received(app)
            return sum(counts) >= FLOWS and counts

        counts = wait_until(enough, f"{FLOWS} packets arrive")
    assert len(counts) == 4 and min(counts) >= sum(counts) // 16, counts


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_a_signal_ends_it_in_the_middle_of_traffic(nics, how):
    with Application(argv(nics, "--stats-period=1")) as app:
        assert_reachable()
        with flood(LEFT, RIGHT.address):
            app.expect(r"RX-packets: [1-9]\d+")
            app.child.kill(how)
            app.expect("all streams of io")
            assert app.wait() == 0
