# SPDX-License-Identifier: BSD-3-Clause
"""Processes that use the ZIP at their own addresses, by the kernel's uacce interface alone."""
import contextlib

import pytest

from support.zip import EXERCISE_REQUESTS, Zip

pytestmark = pytest.mark.zip

ROUNDS = 60
PROCESSES = 4
TEXT = 50000
ROOM = 2 * TEXT


@pytest.fixture
def zip0(zips):
    """The first ZIP, all of whose queues are free before and after."""
    free = zips[0].available
    yield zips[0]
    assert zips[0].available == free


def test_zlib_agrees_with_everything_from_heap_stack_and_file(zip0):
    before = zip0.model.counters()
    with Zip() as app:
        app.done(f"exercise {zip0.name} {ROUNDS} 1")
    after = zip0.model.counters()
    assert after["requests"] - before["requests"] == ROUNDS * EXERCISE_REQUESTS
    assert after["faults"] == before["faults"]


def test_several_processes_at_once_have_a_pasid_each(zip0):
    since = zip0.model.next_serial("requests")
    with contextlib.ExitStack() as stack:
        apps = [stack.enter_context(Zip()) for _ in range(PROCESSES)]
        for number, app in enumerate(apps):
            app.begin(f"exercise {zip0.name} {ROUNDS} {number}")
        assert [app.finish() for app in apps] == ["ok"] * PROCESSES
    requests = zip0.model.last("requests", since)
    pasids = [request["pasid"] for request in requests]
    assert len(set(pasids)) == PROCESSES and None not in pasids
    assert all(pasids.count(pasid) == ROUNDS * EXERCISE_REQUESTS for pasid in set(pasids))
    queues = {(request["queue"], request["pasid"]) for request in requests}
    assert len(queues) == 2 * PROCESSES, "a queue for compression and one for decompression each"


def test_the_same_address_is_another_memory_in_each_process(zip0):
    """Two processes whose memory is at the same addresses get their own data."""
    since = zip0.model.next_serial("requests")
    results = []
    with Zip("setarch", "-R") as one, Zip("setarch", "-R") as other:
        places = []
        for app in (one, other):
            app.open(zip0)
            places.append((app.buffer("malloc", TEXT), app.buffer("malloc", ROOM)))
        assert places[0] == places[1]
        source, destination = places[0]
        for seed, app in enumerate((one, other)):
            app.done(f"text {source:#x} {TEXT} {seed}")
        for app in (one, other):
            status, produced = app.request(source, TEXT, destination, ROOM)
            assert status == 0
            results.append((produced, app.sum(destination, produced)))
    assert results[0] != results[1]
    pasids = {request["pasid"] for request in zip0.model.last("requests", since)}
    assert len(pasids) == 2
