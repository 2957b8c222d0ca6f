# SPDX-License-Identifier: BSD-3-Clause
"""A ZIP that does something wrong on purpose: what reaches the process, and what does not."""
import pytest

from support.compress import Compress, Device
from support.machine import wait_until
from support.zip import Compressor

pytestmark = pytest.mark.zip

NOTHING_COMES_MS = 1000     # when the model is done with a request
SIZE = 16384


@pytest.fixture
def bad(zips):
    """The last ZIP: one of these tests is its end."""
    return zips[-1]


@pytest.fixture
def app(bad):
    with Compressor(bad) as compressor:
        yield compressor


def assert_no_completion(app, bad):
    """A request is handed in, and the device is done with it, but the process isn't told so."""
    before = bad.model.counters()["requests"]
    app.submit(*app.transfer)
    wait_until(lambda: bad.model.counters()["requests"] > before, "the request is done")
    assert app.error(f"wait {NOTHING_COMES_MS}") == "ETIME"


def test_a_completion_of_a_request_that_was_never_made(app, bad):
    """The process can tell it from the real ones, before and after it."""
    bad.model.misbehave("spurious")
    app.assert_works()
    assert app.error("wait 60000") == "EBADMSG"
    app.assert_works()


def test_a_completion_with_the_wrong_phase(app, bad):
    """It is none: the queue stands still, others don't, and it can be given back."""
    free = bad.available
    bad.model.misbehave("phase")
    assert_no_completion(app, bad)
    with Compressor(bad) as other:
        other.assert_works()
    app.done("close")
    assert bad.available == free + 1


def test_a_write_to_a_wild_address(app, bad):
    """The page tables refuse it: a fault of that PASID. The request is done all the same."""
    since = bad.model.next_serial("faults")
    bad.model.misbehave("wild")
    app.assert_works()
    [fault] = bad.model.last("faults", since)
    pasid = bad.model.latest("requests")["pasid"]
    assert (fault["pasid"], fault["access"], fault["fault"]) == (pasid, "write", "not present")
    app.assert_works()


def test_silence(app, bad):
    """The next request is completed, and the queue can be given back."""
    free = bad.available
    bad.model.misbehave("silence")
    assert_no_completion(app, bad)
    app.assert_works()
    app.done("close")
    assert bad.available == free + 1


def test_death_in_the_middle_of_a_request(app, bad, zips):
    """The machine and the other ZIP go on; no request is completed and no queue is to be had.

    Who has queues, by uacce alone or by compressdev, can give them back.
    """
    with Compress(Device(bad.name, "sva")) as compress:
        compress.done("open")
        source, destination = compress.text(SIZE), compress.buffer("eal", SIZE)
        assert compress.request("compress", source, destination)[0] == "SUCCESS"
        bad.model.misbehave("death")
        compress.done(f"enqueue compress {source.number} {SIZE} {destination.number}")
        assert compress.command(f"dequeue {NOTHING_COMES_MS}").splitlines()[-1] == "nothing"
        with Compressor(zips[0]) as other:
            other.assert_works()
        compress.done("close")
        symbol, _ = compress.failure("open")
        assert symbol == "ETIMEDOUT"
    app.done("close")
    assert app.error(f"open {bad.name} compress") == "ETIMEDOUT"
    with Compressor(zips[0]) as other:
        other.assert_works()
