# SPDX-License-Identifier: BSD-3-Clause
"""Processes that use the ZIP at their own addresses, by the kernel's uacce interface alone."""
import contextlib

import pytest

from support.zip import EXERCISE_REQUESTS, SUCCESS, Compressor, Zip

pytestmark = pytest.mark.zip

ROUNDS = 60
PROCESSES = 4
SEEDS = 1, 2
NOT_RANDOM = "setarch", "-R"    # starts a program with its memory where it always is


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


def result_of(app):
    """How long the process's text is when it is compressed, and the sum of that."""
    status, produced = app.request(*app.transfer)
    assert status == SUCCESS
    return produced, app.sum(app.destination, produced)


def write_text(app, seed):
    app.done(f"text {app.source:#x} {app.size} {seed}")


def test_the_same_address_is_another_memory_in_each_process(zip0):
    """Two processes whose memory is at the same addresses get what each of them gets alone."""
    alone = []
    for seed in SEEDS:
        with Compressor(zip0) as app:
            write_text(app, seed)
            alone.append(result_of(app))
    assert alone[0] != alone[1]

    since = zip0.model.next_serial("requests")
    with Compressor(zip0, before=NOT_RANDOM) as one, Compressor(zip0, before=NOT_RANDOM) as other:
        assert one.transfer == other.transfer
        for app, seed in zip((one, other), SEEDS):
            write_text(app, seed)
        assert [result_of(one), result_of(other)] == alone
    assert len({request["pasid"] for request in zip0.model.last("requests", since)}) == 2
