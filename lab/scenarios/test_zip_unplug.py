# SPDX-License-Identifier: BSD-3-Clause
"""A ZIP that an application uses is taken: by its driver, by the hypervisor, or by its own end.

These take the machine's ZIPs away one after the other.
"""
import contextlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from support.compress import Compress, Device, device
from support.machine import Nic, wait_until
from support.telemetry import listed

pytestmark = pytest.mark.accel

SIZE = 16384
SECONDS = 60
NOTHING_COMES_MS = 1000


@contextlib.contextmanager
def taken_by(take):
    """Something blocks until it has the device; yields whether it has, and waits for it then."""
    with ThreadPoolExecutor(1) as pool:
        taking = pool.submit(take)
        yield taking.done
        taking.result(SECONDS)


@pytest.fixture(params=["shared", "private"])
def function(zips, request):
    with device(zips[1], request.param) as found:
        yield found


def assert_works(app, used):
    """Also with an address space of its own."""
    buffers = app.text(SIZE), app.buffer("eal", SIZE)
    if used.address_space == "private":
        app.share(*buffers)
    status, consumed, produced = app.request("compress", *buffers)
    assert (status, consumed) == ("SUCCESS", SIZE) and produced > 0


def assert_asked_for(app, used):
    """The application is told once; the device works until it has been given back."""
    assert app.command("asked 60000").splitlines()[-1] == f"asked for {used.full_name}"
    assert f"{used.full_name}: the kernel asks for it" in app.output()
    assert_works(app, used)


def assert_goes_on_with(app, other):
    """Another device, in the place of the one that it had."""
    app.done(f"plug {other.devargs}")
    app.done("open")
    app.round_trip(app.text(SIZE))
    app.done("close")


class TestFunction:
    def test_unbound_from_its_driver(self, function, zips):
        nic = Nic(function.name, "")
        with device(zips[0], "shared") as other, Compress(function) as app:
            app.done("open")
            assert_works(app, function)
            with taken_by(nic.unbind) as done:
                assert_asked_for(app, function)
                assert not done()
                app.done("close")
                app.done(f"unplug {function.full_name}")
            assert nic.driver == "none"
            assert listed("pasids") == []
            assert_goes_on_with(app, other)

    def test_unbound_when_nobody_listens_it_goes_with_the_application(self, function):
        nic = Nic(function.name, "")
        with Compress(function) as app:
            app.done("open")
            with taken_by(nic.unbind) as done:
                assert_asked_for(app, function)
                assert not done()
                app.kill()
            assert nic.driver == "none"


class TestUacce:
    def test_unbound_from_its_driver(self, zips):
        """The kernel's driver waits for the queues that it has lent; it tells nobody.

        Of the ZIP that copies DPDK 25.11 has one as well, for its dmadev, as long as it runs.
        """
        zip_ = zips[0]
        used, nic = Device(zip_.name, "sva"), Nic(zip_.pci, "")
        with Compress(used) as app:
            app.done("open")
            with taken_by(nic.unbind) as done:
                app.round_trip(app.text(SIZE))
                assert not done()
                app.done("close")
            assert nic.driver == "none"
            app.done(f"unplug {used.full_name}")
            assert_goes_on_with(app, Device(zips[1].name, "sva"))
        nic.bind("hisi_zip")
        with Compress(used) as app:
            app.done("open")
            app.round_trip(app.text(SIZE))
            app.done("close")


def test_taken_by_the_hypervisor(zips, hypervisor):
    pci = zips[1].pci
    with device(zips[0], "shared") as other:
        nic = Nic(pci, "")
        nic.bind("vfio-pci")
        used = Device(pci, "shared")
        with Compress(used) as app:
            app.done("open")
            hypervisor.execute("device_del", id="zip1")
            assert_asked_for(app, used)
            app.done("close")
            app.done(f"unplug {used.full_name}")
            hypervisor.wait_for("DEVICE_DELETED", device="zip1")
            wait_until(lambda: not nic.sysfs.exists(), "it is gone")
            assert_goes_on_with(app, other)


def test_its_own_end(zips):
    """The last one's: no operation is completed, and the application can close it.

    When the application ends, the kernel waits for more than a minute for what it resets.
    """
    nic = Nic(zips[0].pci, "")
    nic.bind("vfio-pci")
    app = Compress(Device(nic.pci, "shared"))
    app.done("open")
    source, destination = app.text(SIZE), app.buffer("eal", SIZE)
    assert app.request("compress", source, destination)[0] == "SUCCESS"
    zips[0].model.misbehave("death")
    app.done(f"enqueue compress {source.number} {SIZE} {destination.number}")
    assert app.command(f"dequeue {NOTHING_COMES_MS}").splitlines()[-1] == "nothing"
    answer = app.command("close")
    assert answer.splitlines()[-1] == "ok" and answer.count("doesn't stop") == 2, answer
    app.abandon()
