# SPDX-License-Identifier: BSD-3-Clause
"""How much of the compressdev driver there can be: all queues of a function, several processes,
and queues that come and go thousands of times.
"""
import contextlib

import pytest

from support.compress import Compress, device
from support.held import held
from support.machine import wait_until
from support.telemetry import listed_by_bus

pytestmark = pytest.mark.zip

SIZE = 16384
PAIRS = 8
QUEUES = 2 * PAIRS      # that a function has
PROCESSES = 4
MANY = 20               # operations of a process beside the others
WARM_UP = 10            # cycles
# Of a pair, which has two queues. The kernel takes ten times as long to lend them
CYCLES = {"private": 5000, "sva": 500}
SECONDS = 900


@pytest.fixture(params=["sva", "shared", "private"])
def any_device(zips, request):
    with device(zips[0], request.param) as found:
        yield found


class Trip:
    """Text that a queue pair compresses and decompresses, a step at a time."""

    def __init__(self, app, pair, private):
        self.app, self.pair = app, pair
        self.text, self.packed, self.unpacked = app.text(SIZE), *(
            app.buffer("eal", SIZE) for _ in range(2))
        if private:
            app.pair(pair)
            app.share(self.text, self.packed, self.unpacked)

    def begin(self, what, source, length, destination):
        self.app.pair(self.pair)
        self.app.done(f"enqueue {what} {source.number} {length} {destination.number}")

    def finish(self):
        """How many bytes came of it."""
        self.app.pair(self.pair)
        status, _, counts = self.app.command("dequeue 60000").splitlines()[-1].partition(": ")
        assert status == "SUCCESS"
        return int(counts.rpartition(" ")[2])

    def assert_same(self):
        answer = self.app.command(f"same {self.text.number} {self.unpacked.number} {SIZE}")
        assert answer.splitlines()[-1] == "same"


def successes(zip_):
    """By the number of the queue."""
    return {queue: counted["requests"] - counted["errors"]
            for queue, counted in zip_.model.counters()["queues"].items()}


def test_all_queues_of_a_function_pass_data(any_device, zips):
    """All at the same time."""
    before = successes(zips[0])
    with Compress(any_device) as app:
        app.done(f"open {PAIRS}")
        trips = [Trip(app, pair, any_device.address_space == "private") for pair in range(PAIRS)]
        for trip in trips:
            trip.begin("compress", trip.text, SIZE, trip.packed)
        sizes = [trip.finish() for trip in trips]
        for trip, size in zip(trips, sizes):
            trip.begin("decompress", trip.packed, size, trip.unpacked)
        assert [trip.finish() for trip in trips] == [SIZE] * PAIRS
        for trip in trips:
            trip.assert_same()
        app.done("close")
    after = successes(zips[0])
    assert sum(after[queue] > before.get(queue, 0) for queue in after) == QUEUES


def process(used, number, **how):
    return Compress(used, eal=(f"--file-prefix=zip{number}", "-m", "64"), **how)


def test_processes_at_once(sva, zips):
    """Each with its own page tables; a further one finds no queue."""
    zip0 = zips[0]
    pasids, free = zip0.pasids(), zip0.available
    with contextlib.ExitStack() as stack:
        apps = [stack.enter_context(process(sva, number)) for number in range(PROCESSES)]
        late = stack.enter_context(process(sva, PROCESSES))
        for app in apps:
            app.done(f"open {PAIRS // PROCESSES}")
        assert zip0.available == 0
        mine = zip0.pasids() - pasids
        assert len(mine) == PROCESSES

        answer = late.command("open")
        assert "the kernel has lent out all it has" in answer and "(EBUSY)" in answer, answer
        with process(sva, PROCESSES + 1, probe=False) as later:
            answer = later.command(f"plug {sva.devargs}")
            assert "0 to be had" in answer and "(EBUSY)" in answer, answer

        def requests():
            counted = zip0.model.counters()["pasids"]
            return {pasid: counted.get(str(pasid), {"requests": 0})["requests"] for pasid in mine}

        before = requests()
        for app in apps:
            app.repeat("compress", app.text(SIZE), app.buffer("malloc", SIZE))
        wait_until(lambda: all(done > before[pasid] + MANY for pasid, done in requests().items()),
                   "all processes have operations done")
        assert all([app.stop() > MANY for app in apps])

        apps[0].kill()
        late.done("open")
        late.round_trip(late.text(SIZE))
    assert (zip0.available, zip0.pasids()) == (free, pasids)


def test_more_pairs_than_there_are(any_device):
    with Compress(any_device) as app:
        assert app.failure(f"open {PAIRS + 1}")[0] == "EINVAL"
        app.done(f"open {PAIRS}")


@pytest.mark.parametrize("any_device", ["sva", "private"], indirect=True)
def test_queues_that_come_and_go_leave_nothing(any_device, zips):
    """Neither files, memory, pins, page tables, nor numbers of address spaces and PASIDs."""
    zip0 = zips[0] if any_device.address_space == "sva" else None
    with Compress(any_device) as app:
        def cycle(times):
            app.done(f"cycle {times}", SECONDS)

        def now():
            queues = listed_by_bus("queues")
            return held(app), queues, zip0 and (zip0.available, zip0.pasids())

        app.done("open")
        cycle(WARM_UP)
        before = now()
        cycle(CYCLES[any_device.address_space])
        assert now() == before
        app.done("close")
