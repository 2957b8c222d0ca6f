# SPDX-License-Identifier: BSD-3-Clause
"""dpdk-test-iommufd: each engine with the kernel at the other ends of both segments."""
import contextlib
import re

import pytest

from support.application import IOMMUFD
from support.forwarder import Forwarder
from support.frames import Wire, arriving, is_stamped, joined, stamp_of
from support.machine import open_files, wait_until
from support.network import (LEFT, RIGHT, Namespace, assert_file_is_counted, assert_forwarded,
                             assert_reachable)

pytestmark = pytest.mark.intel

NOBODY = "02:00:00:00:00:77"
EXPERIMENTAL = bytes.fromhex("88b5")  # an EtherType that no protocol of the kernel's has
BURST = 100
DESTINATION = slice(30, 34)  # of a frame with IPv4


@pytest.fixture(scope="module")
def app(nics):
    """It on both NICs over iommufd, at its prompt."""
    with Forwarder(nics, IOMMUFD) as app:
        yield app


@contextlib.contextmanager
def engine(app, name, start="start", **settings):
    """An engine runs for a while; settings are those of the prompt's set."""
    app.command(f"set fwd {name}")
    for setting, value in settings.items():
        app.command(f"set {setting.replace('_', '-')} {value}")
    assert "stop it first" not in app.command(start)
    try:
        yield
    finally:
        app.command("stop")
        app.command("set burst 32")
        app.command("set verify off")


@contextlib.contextmanager
def same_mac(mac):
    """Both ends have one MAC, and reach each other by one that nobody has: for macswap."""
    before = RIGHT.mac
    far = {LEFT: RIGHT.address, RIGHT: LEFT.address}
    try:
        RIGHT.ip("link", "set", "eth0", "address", mac)
        for end, address in far.items():
            end.ip("neigh", "replace", address, "lladdr", NOBODY, "dev", "eth0")
        yield
    finally:
        for end, address in far.items():
            end.ip("neigh", "del", address, "dev", "eth0")
        RIGHT.ip("link", "set", "eth0", "address", before)


def sent_by_kernel(end: Namespace) -> int:
    return int(end.run("cat", "/sys/class/net/eth0/statistics/tx_packets"))


def stamps(wire: Wire, count: int) -> list:
    """Of the next stamped frames, each of which is whole."""
    found = [stamp_of(frame) for frame in arriving(wire, is_stamped, count)]
    assert all(stamp.whole for stamp in found)
    return found


def test_io_forwards_a_file(app, payload):
    with engine(app, "io"):
        assert_file_is_counted(app, payload)


def test_mac_forwards_a_file_to_its_peers(app, payload):
    app.command(f"set eth-peer 0,{LEFT.mac}")
    app.command(f"set eth-peer 1,{RIGHT.mac}")
    with engine(app, "mac"):
        assert_file_is_counted(app, payload)


def test_macswap_forwards_a_file_with_addresses_swapped(app, payload):
    with engine(app, "macswap"), same_mac(LEFT.mac):
        assert_file_is_counted(app, payload)


def test_rxonly_counts_what_arrives_and_sends_nothing(app):
    with Wire(LEFT) as left, engine(app, "rxonly"):
        # The kernel sends packets of its own as well, at any time
        before = sent_by_kernel(LEFT)
        app.command("clear port stats all")

        def enough():
            for number in range(100):
                left.send(bytes(12) + EXPERIMENTAL + number.to_bytes(46, "big"))
            return app.packets(0)[0] >= 1000

        wait_until(enough, "port 0 counts 1000 packets")
        assert app.packets(0)[0] <= sent_by_kernel(LEFT) - before
        wait_until(lambda: app.forwarded()[0] >= 1000, "the engine counts them, too")
        assert app.packets(0)[1] == app.packets(1)[1] == 0
        assert app.forwarded()[1] == 0


def test_icmpecho_answers_pings_at_any_address(app):
    with engine(app, "icmpecho"):
        assert_reachable(LEFT, "10.0.1.77")
        for end in (LEFT, RIGHT):
            said = end.run("ping", "-c", "50", "-i", "0.01", "-s", "1000", "10.0.1.78")
            assert ", 50 received," in said
            assert NOBODY not in said and "wrong data" not in said


def test_first_packets_arrive_each_once_and_in_order(app):
    with Wire(LEFT) as left, Wire(RIGHT) as right, \
            engine(app, "rxonly", "start tx_first", burst=BURST, verify="on"):
        for wire in (left, right):
            assert [stamp.number for stamp in stamps(wire, BURST)] == list(range(BURST))
        assert app.forwarded()[1] == 2 * BURST


def test_txonly_sends_one_flow_by_each_port(app):
    with Wire(LEFT) as left, Wire(RIGHT) as right, engine(app, "txonly", verify="on"):
        found = {wire: stamps(wire, 2000) for wire in (left, right)}
        sent = app.forwarded()[1]
    flows = [{stamp.flow for stamp in of_wire} for of_wire in found.values()]
    assert flows == [{1}, {0}]  # a stream receives by one port and sends by the other
    for of_wire in found.values():
        numbers = {stamp.number for stamp in of_wire}
        # The emulated cable loses and reorders what is too much for it
        assert len(numbers) == len(of_wire) and max(numbers) < sent


def test_flowgen_sends_flows_to_addresses_of_their_own(app):
    with Wire(LEFT) as left, engine(app, "flowgen", verify="on"):
        frames = arriving(left, is_stamped, 3000)
    stamps_of = {}
    for frame in frames:
        stamp, address = stamp_of(frame), frame[DESTINATION]
        assert stamp.whole
        stamps_of.setdefault((stamp.flow, address), []).append(stamp)
    assert len(stamps_of) == len({flow for flow, _ in stamps_of}) == 1024
    assert all(len(found) == len(set(found)) for found in stamps_of.values())


def test_show_iommufd_has_both_nics_on_one_page_table(app, nics):
    said = app.command("show iommufd")
    for nic in nics:
        assert nic.pci in said
    assert len(set(re.findall(r"page table (\d+)", said))) == 1
    files = open_files(app.pid)
    assert files.count("/dev/iommu") == 1
    assert [name for name in files if name.startswith("/dev/vfio/")] == sorted(
        str(nic.cdev) for nic in nics)


def test_ports_are_shown_as_they_are(app, nics):
    summary = app.command("show port summary all")
    for number, nic in enumerate(nics):
        assert re.search(rf"^{number} +{nic.mac.upper()} +{nic.pci} +net_e1000_igb +started +up",
                         summary, re.MULTILINE), summary
    queues = app.command("show queue 0")
    assert re.search(r"RX queue 0, \d+ descriptors, buffers of mbufs_of_node_0", queues)
    assert re.search(r"TX queue 0, \d+ descriptors", queues)
    assert "driver net_e1000_igb" in app.command("show port info 0")
    assert "rx_good_packets" in app.command("show port xstats 0")


def test_a_device_that_was_detached_forwards_when_attached_again(app, nics, payload):
    for command in ("port stop 0", "port detach 0"):
        app.command(command)
    assert str(nics[0].cdev) not in open_files(app.pid)
    assert f"port 0 is {nics[0].pci}" in app.command(f"port attach {nics[0].pci}")
    app.command("port start 0")
    with engine(app, "io"):
        assert_forwarded(payload)


def test_packets_of_several_buffers_come_back_whole_from_the_kernel(app):
    app.command("set txpkts 900,300,200")
    with Wire(LEFT) as left, Wire(RIGHT) as right, joined(left, right), \
            engine(app, "rxonly", "start tx_first", burst=BURST, verify="on"):
        wait_until(lambda: app.verified()["good"] >= 2 * BURST, "all came back")
        found = app.verified()
    assert found.pop("good") == 2 * BURST
    found.pop("unstamped")
    assert not any(found.values()), found
