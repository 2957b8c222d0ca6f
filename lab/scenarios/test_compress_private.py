# SPDX-License-Identifier: BSD-3-Clause
"""Queue pairs of the compressdev driver in address spaces of their own: what they reach of an
application's buffers, which are EAL's memory, and that nobody else is disturbed.
"""
import pytest

from support.compress import Compress, device
from support.telemetry import listed_by_bus

pytestmark = pytest.mark.zip

SIZE = 16384
PAGE = 4096
FIRST, SECOND = range(2)
BURST = 16
LONGEST = 8 << 20
UNDER_WAY = 3
FAULT = "ERROR", 0, 0

flat_and_in_lists = pytest.mark.parametrize("segments", [1, 4])


@pytest.fixture(scope="class")
def app(zips):
    """An application with two queue pairs."""
    with device(zips[0], "private") as found, Compress(found) as application:
        application.done("open 2")
        yield application
        application.done("close")


@pytest.fixture
def model(zips):
    return zips[0].model


class Buffers:
    """Text, and room for what becomes of it."""

    def __init__(self, app, segments):
        self.app = app
        self.source = app.text(SIZE, segments=segments)
        self.packed = app.buffer("eal", SIZE, segments)

    @property
    def both(self):
        return self.source, self.packed

    def compress(self):
        """The outcome of a request."""
        return self.app.request("compress", *self.both)

    def assert_work(self):
        status, consumed, produced = self.compress()
        assert (status, consumed) == ("SUCCESS", SIZE) and produced > 0

    def assert_fault(self, model, at=None):
        """At the first page of one of them: with a list it is the buffer that isn't there, the list
        was read.
        """
        since = model.next_serial("faults")
        assert self.compress() == FAULT
        fault = int(model.last("faults", since)[0]["address"], 16)
        assert fault // PAGE == (self.source if at is None else at).address // PAGE


@pytest.fixture
def buffers(app, segments):
    """They aren't in any queue's space, and the first pair is chosen."""
    app.pair(FIRST)
    yield Buffers(app, segments)
    app.pair(FIRST)


@flat_and_in_lists
class TestReach:
    def test_buffers_that_were_put_there(self, app, buffers):
        app.share(*buffers.both)
        buffers.assert_work()

    def test_buffers_that_were_not(self, buffers, model):
        buffers.assert_fault(model)

    def test_not_those_of_another_pair(self, app, buffers, model):
        app.pair(SECOND)
        app.share(*buffers.both)
        buffers.assert_work()
        app.pair(FIRST)
        buffers.assert_fault(model)

    def test_not_what_was_taken_out_again(self, app, buffers, model):
        app.share(*buffers.both)
        buffers.assert_work()
        app.unshare(buffers.source)
        buffers.assert_fault(model)
        app.share(buffers.source)
        app.unshare(buffers.packed)
        buffers.assert_fault(model, at=buffers.packed)

    def test_what_may_be_read_is_not_written(self, app, buffers, model):
        app.share(buffers.source, access="ro")
        app.share(buffers.packed)
        buffers.assert_work()
        app.unshare(buffers.packed)
        app.share(buffers.packed, access="ro")
        buffers.assert_fault(model, at=buffers.packed)


@flat_and_in_lists
class TestBinding:
    """To other address spaces while the queues are open: the driver's lists come along."""

    @pytest.fixture(autouse=True)
    def bound_as_before(self, app, buffers):
        yield
        app.pair(SECOND)
        app.done("bind own")

    def test_to_the_space_of_another_pair(self, app, buffers, model):
        app.share(*buffers.both)
        app.pair(SECOND)
        buffers.assert_fault(model)
        app.done(f"bind {FIRST}")
        buffers.assert_work()
        app.pair(FIRST)
        buffers.assert_work()

    def test_and_back(self, app, buffers, segments, model):
        app.pair(SECOND)
        own = Buffers(app, segments)
        app.share(*own.both)
        app.done(f"bind {FIRST}")
        own.assert_fault(model)
        app.done("bind own")
        own.assert_work()

    def test_to_the_shared_space(self, app, buffers, model):
        app.pair(SECOND)
        app.done("bind shared")
        buffers.assert_work()
        app.done("bind own")
        buffers.assert_fault(model)

    def test_to_the_space_that_it_has(self, app, buffers):
        app.pair(SECOND)
        app.share(*buffers.both)
        app.done(f"bind {SECOND}")
        app.done("bind own")
        buffers.assert_work()


@flat_and_in_lists
def test_one_pairs_errors_are_not_anothers(app, buffers, segments):
    """Requests that fault and requests that don't, at the same time."""
    good = Buffers(app, segments)
    app.pair(SECOND)
    app.share(*good.both)
    for _ in range(BURST):
        for pair, used in (FIRST, buffers), (SECOND, good):
            app.pair(pair)
            app.done(f"enqueue compress {used.source.number} {SIZE} {used.packed.number}")
    outcomes = {FIRST: [], SECOND: []}
    for pair, found in outcomes.items():
        app.pair(pair)
        found += [app.command("dequeue 60000").splitlines()[-1].partition(":")[0]
                  for _ in range(BURST)]
    assert outcomes == {FIRST: ["ERROR"] * BURST, SECOND: ["SUCCESS"] * BURST}


def spaces():
    """The numbers of the address spaces of all queues."""
    return [queue["as_id"] for queue in listed_by_bus("queues")]


def test_spaces_that_several_queues_have_go_with_the_last_of_them(zips):
    """Whichever queue they were made for: the next ones have the same numbers again."""
    with device(zips[0], "private") as found, Compress(found) as app:
        app.done("open 2")
        first = spaces()
        app.pair(SECOND)
        app.done(f"bind {FIRST}")
        assert len(set(spaces())) < len(set(first))
        app.done("close")
        app.done("open 2")
        assert spaces() == first
        app.done("close")


def test_closing_waits_for_what_is_under_way(zips):
    """Nothing is taken out of a queue's space while the device may use it."""
    model = zips[0].model
    with device(zips[0], "private") as found, Compress(found) as app:
        app.done("open")
        source, packed = app.text(LONGEST, segments=256), app.buffer("eal", LONGEST, 256)
        app.share(source, packed)
        before = model.counters()
        for _ in range(UNDER_WAY):
            app.done(f"enqueue compress {source.number} {LONGEST} {packed.number}")
        app.done("close")
        after = model.counters()
        assert after["requests"] == before["requests"] + UNDER_WAY
        assert [after[bad] - before[bad] for bad in ("errors", "faults")] == [0, 0]
