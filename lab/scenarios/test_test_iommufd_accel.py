# SPDX-License-Identifier: BSD-3-Clause
"""dpdk-test-iommufd's engines zip and dma: by PASID queues of a ZIP, in all kinds of address
spaces, with the kernel's traffic, and with stamped packets.

The first ZIP compresses; the second one, of version 5, copies.
"""
import contextlib
import re

import pytest

from support.application import IOMMUFD
from support.compress import device
from support.forwarder import Forwarder
from support.frames import Wire, joined
from support.machine import nics as nics_of_machine, wait_until
from support.network import LEFT, RIGHT, Namespace, assert_file_is_counted, assert_reachable, flood

pytestmark = pytest.mark.accel

LEFT2, RIGHT2 = Namespace("left2", "10.0.2.1"), Namespace("right2", "10.0.2.2")
PACKETS = 1000
BYTES = 512 << 10
UDMA = ("--udma",)
# The ZIP that an engine uses, and the application's options besides
ENGINES = {"zip": (0, ()), "dma": (1, UDMA)}
QUEUES = {"zip": 4, "dma": 2}  # of two streams; zip has two for each, one each way


@pytest.fixture(scope="module", params=ENGINES)
def engine(request):
    return request.param


@pytest.fixture(scope="module")
def accelerator(engine, zips):
    return zips[ENGINES[engine][0]]


def forwarder(nics, engine, used, *app):
    return Forwarder(nics, IOMMUFD, "-a", used.devargs, mode=engine,
                     app=(*ENGINES[engine][1], "--disable-link-check", *app))


@pytest.fixture(scope="module")
def far_nics():
    """Of left2 and right2."""
    return nics_of_machine()[2:]


@pytest.fixture(scope="module")
def piece(payload, tmp_path_factory):
    """Of the payload: each packet of it takes an emulated accelerator its time."""
    path = tmp_path_factory.mktemp("piece") / "piece"
    path.write_bytes(payload.read_bytes()[:BYTES])
    return path


@contextlib.contextmanager
def cables():
    """From left's segment to left2's, and from right's to right2's."""
    with Wire(LEFT) as left, Wire(RIGHT) as right, Wire(LEFT2) as left2, \
            Wire(RIGHT2) as right2, joined(left, left2), joined(right, right2):
        yield


@contextlib.contextmanager
def started(app):
    app.command("start")
    try:
        yield
    finally:
        app.command("stop")


def failed(app):
    """How many packets were dropped because the accelerator failed at them."""
    said = app.command("show fwd stats")
    return int(said.partition("accelerator failed at them: ")[2].split()[0]) \
        if "failed at them" in said else 0


@pytest.mark.parametrize("kind", ["shared", "private", "sva"], scope="class")
class TestTraffic:
    @pytest.fixture(scope="class")
    def used(self, accelerator, kind):
        with device(accelerator, kind) as found:
            yield found

    @pytest.fixture(scope="class")
    def app(self, nics, engine, used):
        with forwarder(nics, engine, used) as app:
            yield app

    def test_a_file_passes_by_queues_with_pasids(self, app, accelerator, piece):
        """The model has its own record of who asked for what."""
        model = accelerator.model
        with started(app):
            assert_reachable()
            before, since = model.counters(), model.next_serial("requests")
            assert_file_is_counted(app, piece)
            after = model.counters()
            requests = model.last("requests", since)
            assert failed(app) == 0
        assert after["requests"] - before["requests"] >= BYTES // 1460
        assert after["faults"] == before["faults"]
        assert requests and all(request["pasid"] > 0 for request in requests)

    def test_stamped_packets_come_back_whole_once_and_in_order(self, app, far_nics):
        """Another application sends them by cables to the engine's NICs, and they come back."""
        options = ("--verify", "--in-flight=64", "--flowgen-flows=100", "--txpkts=700,300",
                   "--disable-link-check")
        app.command("set verify on")
        with cables(), started(app), \
                Forwarder(far_nics, IOMMUFD, "--main-lcore=1", "--file-prefix=far", mode="flowgen",
                          app=options) as far:
            far.command("start")
            far.command(f"wait packets {PACKETS}")
            far.command("stop")
            for found in (far.verified(), app.verified()):
                assert found.pop("good") >= PACKETS - 200
                assert found.pop("unstamped") < 500  # what the kernels' ends say by themselves
                assert not any(found.values()), found
            assert failed(app) == 0
        app.command("set verify off")


class TestFailures:
    """What can't be done is dropped and counted; nothing hangs."""

    def test_a_device_that_gives_no_answer_is_told_and_waited_for_no_longer(
            self, nics, engine, accelerator):
        with device(accelerator, "sva") as used, forwarder(nics, engine, used) as app:
            with started(app):
                assert_reachable()
                accelerator.model.misbehave("silence")
                with flood(LEFT, RIGHT.address):
                    app.expect("hasn't answered for 5 s")
                app.command("")
            wait_until(lambda: failed(app) > 0, "lost packets are counted")
            # The next run has fresh queues
            with started(app):
                assert_reachable()

    def test_a_fault_drops_packets_and_is_told(self, nics, engine, accelerator):
        """The queues are bound to an address space that has no packet buffers, and back."""
        with device(accelerator, "private") as used, forwarder(nics, engine, used) as app:
            empty = int(re.search(r"address space (\d+)", app.command("as create"))[1])
            with started(app):
                assert_reachable()
                faults = accelerator.model.counters()["faults"]
                for queue in range(QUEUES[engine]):
                    said = app.command(f"queue bind {used.name} {queue} {empty}")
                    assert "can't be bound" not in said
                assert not LEFT.reaches(RIGHT.address)
                wait_until(lambda: failed(app) > 0, "dropped packets are counted")
                assert accelerator.model.counters()["faults"] > faults
                for queue in range(QUEUES[engine]):
                    app.command(f"queue unbind {used.name} {queue}")
                assert_reachable()
            assert "only counted (show fwd stats)" in app.output()
