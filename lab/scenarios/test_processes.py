# SPDX-License-Identifier: BSD-3-Clause
"""Several processes: applications side by side, and a primary with its secondary."""
import contextlib
import re
import subprocess

import pytest

from support.application import (EXAMPLES, IOMMUFD, SECONDARY, UNDER_LAUNCHER, Memory, Testpmd,
                                 Vfio, allowed)
from support.machine import open_files, wait_until
from support.memsegs import Segment, segments, size
from support.network import LEFT, RIGHT, assert_reachable, flood
from support.pagetable import page_table
from support.reachable import assert_nothing_reachable, assert_reachable_is_memory
from support.refusal import refused

pytestmark = pytest.mark.intel

MIB = 1 << 20
MANY = 200  # packets
TOOL_SECONDS = 90
UNUSED_IOVA = 0x7_0000_0000
# testpmd's icmpecho answers for any address
ANYONE = "10.0.1.77"
# Addresses of left, so many that the NICs give packets to the queues of either process
MORE_OF_LEFT = [f"10.0.1.{host}" for host in range(11, 19)]


def test_applications_side_by_side_on_different_nics(nics):
    """Each answers pings through its NIC; when one is killed, nothing changes for the other."""
    def echo(nic, prefix):
        return Testpmd([nic], IOMMUFD, f"--file-prefix={prefix}", mode="icmpecho")

    with echo(nics[0], "one") as one, echo(nics[1], "other") as other:
        for app, nic, end in ((one, nics[0], LEFT), (other, nics[1], RIGHT)):
            app.command("start")
            assert_reachable(end, ANYONE)
            assert_reachable_is_memory(app, [nic])
        root = page_table(nics[0]).root
        assert root != page_table(nics[1]).root

        other.kill()
        assert_nothing_reachable([nics[1]])
        assert not RIGHT.reaches(ANYONE)
        assert_reachable(LEFT, ANYONE)
        assert_reachable_is_memory(one, [nics[0]])
        assert page_table(nics[0]).root == root


def assert_shared(primary, secondary, nics):
    """Both processes see the same memory, and devices reach all of it and nothing else."""
    assert segments(primary) == segments(secondary)
    assert_reachable_is_memory(primary, nics)


def buffer(app):
    """Memory of an application's own, and where it may be mapped."""
    length = 3 * MIB
    address, _ = app.buffer("anonymous", length)
    return Segment(address, UNUSED_IOVA, length)


@pytest.fixture(scope="class")
def primary(nics):
    """A primary process on both NICs."""
    with Memory(nics, IOMMUFD) as app:
        yield app


@pytest.fixture(scope="class")
def secondary(nics, primary):
    """A secondary process with the same NICs."""
    with Vfio(nics, IOMMUFD, SECONDARY) as app:
        yield app


class TestMemory:
    """A primary, and secondary processes that come and go; both allocate and free memory."""

    def test_the_secondary_has_the_devices_of_the_primary(self, primary, secondary, nics):
        cdevs = [str(nic.cdev) for nic in nics]
        for app in (primary, secondary):
            assert [name for name in open_files(app.pid) if "/vfio" in name] == sorted(cdevs)
        for nic in nics:
            assert f"IOMMUFD: {nic.pci}: the primary process's, IOAS" in secondary.output()
        assert_shared(primary, secondary, nics)

    @pytest.mark.parametrize("who", ["primary", "secondary"])
    def test_memory_that_one_of_them_allocates_and_frees(self, primary, secondary, nics, who):
        app = {"primary": primary, "secondary": secondary}[who]
        before = size(segments(primary))
        app.command(f"alloc {9 * MIB}")
        assert size(segments(primary)) >= before + 9 * MIB
        assert_shared(primary, secondary, nics)
        app.command("free")
        assert size(segments(primary)) == before
        assert_shared(primary, secondary, nics)

    def test_memory_of_its_own_that_the_secondary_maps_and_unmaps(self, primary, secondary, nics):
        own = buffer(secondary)
        secondary.done(f"map default {own.va:#x} {own.iova:#x} {own.length}")
        assert_reachable_is_memory(secondary, nics, own)
        secondary.done(f"unmap default {own.va:#x} {own.iova:#x} {own.length}")
        assert_shared(primary, secondary, nics)

    def test_a_secondary_that_is_killed_harms_nobody(self, primary, secondary, nics):
        secondary.command(f"alloc {5 * MIB}")
        own = buffer(secondary)
        secondary.done(f"map default {own.va:#x} {own.iova:#x} {own.length}")
        assert_reachable_is_memory(secondary, nics, own)

        secondary.kill()
        primary.expect("IOMMUFD: a secondary process has ended: 1 mappings")
        assert_reachable_is_memory(primary, nics)
        primary.command(f"alloc {9 * MIB}")
        assert_reachable_is_memory(primary, nics)
        primary.command("free")
        assert_reachable_is_memory(primary, nics)

    @pytest.mark.parametrize("options", [(IOMMUFD,), ()], ids=["flag", "no flag"])
    def test_another_secondary_takes_the_way_of_the_primary(self, primary, nics, options):
        with Memory(nics, *options, SECONDARY) as another:
            another.command(f"alloc {9 * MIB}")
            assert_shared(primary, another, nics)
            assert str(nics[0].cdev) in open_files(another.pid)
        assert_reachable_is_memory(primary, nics)

    def test_dpdks_own_tool_reads_the_statistics_of_the_primary(self, primary, nics):
        info = subprocess.run([*UNDER_LAUNCHER, "dpdk-proc-info", *allowed(*nics), "--", "--stats"],
                              capture_output=True, text=True, timeout=TOOL_SECONDS)
        assert info.returncode == 0, info.stderr
        for port in range(len(nics)):
            assert f"NIC statistics for port {port} " in info.stdout
        assert_reachable_is_memory(primary, nics)


@pytest.fixture
def more_of_left():
    """More addresses of left, for a while."""
    for address in MORE_OF_LEFT:
        LEFT.ip("addr", "add", f"{address}/24", "dev", "eth0")
    yield MORE_OF_LEFT
    for address in MORE_OF_LEFT:
        LEFT.ip("addr", "del", f"{address}/24", "dev", "eth0")


@contextlib.contextmanager
def of_two(nics, number, *eal):
    """testpmd as the first or second of two processes, each with two queues of each port."""
    options = ("--rxq=4", "--txq=4", "--num-procs=2", f"--proc-id={number}")
    with Testpmd(nics, *eal, app=options) as app:
        app.command("start")
        yield app


def forwarded(app):
    """How many packets this process has forwarded: counters of queues, as the ports' are shared."""
    queues = re.findall(r"Queue=.*\s+RX-packets: (\d+)", app.command("show fwd stats all"))
    return sum(map(int, queues))


def goes_through(app, address):
    """Whether it is this process that forwards a ping from this address of left."""
    before = forwarded(app)
    assert LEFT.reaches(RIGHT.address, address)
    return forwarded(app) > before


def assert_all_answered(addresses):
    """Right is reached from each of left's addresses."""
    for address in addresses:
        wait_until(lambda: LEFT.reaches(RIGHT.address, address), f"{address} is answered")


def test_both_processes_forward_and_one_goes_on_when_the_other_is_killed(nics, more_of_left):
    with of_two(nics, 0, IOMMUFD) as primary:
        with of_two(nics, 1, IOMMUFD, SECONDARY) as secondary:
            assert_all_answered(more_of_left)
            cut_off = next(ip for ip in more_of_left if goes_through(secondary, ip))
            with flood(LEFT, RIGHT.address, cut_off):
                wait_until(lambda: forwarded(secondary) > MANY, "the secondary forwards")
                secondary.kill()
        wait_until(lambda: any(LEFT.reaches(RIGHT.address, ip) for ip in more_of_left),
                   "the primary goes on")
        assert not LEFT.reaches(RIGHT.address, cut_off)
        assert_reachable_is_memory(primary, nics)

        with of_two(nics, 1, IOMMUFD, SECONDARY) as secondary:
            assert_all_answered(more_of_left)
            wait_until(lambda: goes_through(secondary, cut_off), "the new secondary forwards")
            assert_reachable_is_memory(primary, nics)


def test_when_the_primary_is_gone_the_secondary_says_so_and_keeps_the_devices(nics):
    with Memory(nics, IOMMUFD) as primary, Memory(nics, IOMMUFD, SECONDARY) as secondary:
        primary.kill()
        secondary.expect("IOMMUFD: the primary process is gone")
        assert_reachable_is_memory(secondary, nics)
        said = refused(EXAMPLES / "memory", "-l", "0", "--file-prefix=next",
                       *allowed(nics[0]), IOMMUFD)
        assert said.startswith(f"{nics[0].pci}: another process holds it")
    assert_nothing_reachable(nics)
    with Memory(nics, IOMMUFD) as primary:
        assert_reachable_is_memory(primary, nics)


def test_a_secondary_with_a_device_that_the_primary_does_not_have(nics):
    with Memory(nics[:1], IOMMUFD):
        said = refused(EXAMPLES / "memory", "-l", "0", SECONDARY, *allowed(nics[1]), IOMMUFD)
    assert said.startswith(f"{nics[1].pci}: the primary process doesn't have it")


def test_a_secondary_with_the_flag_of_a_primary_without_it(nics):
    with Memory(nics):
        said = refused(EXAMPLES / "memory", "-l", "0", SECONDARY, *allowed(*nics), IOMMUFD)
    assert said.startswith(f"{IOMMUFD}: the primary process runs without it")
