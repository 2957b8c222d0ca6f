# SPDX-License-Identifier: BSD-3-Clause
"""The kernel resets a ZIP whose queues a compressdev has: operations end, and it can start again."""
import pytest

from support.compress import Compress, Device

pytestmark = pytest.mark.zip

NOTHING_COMES_MS = 1000     # when the device doesn't say that it is done
SIZE = 16384
FAILED = ("ERROR", 0, 0)


@pytest.fixture
def zip_(zips):
    return zips[-1]


@pytest.fixture
def app(zip_):
    with Compress(Device(zip_.name, "sva")) as compress:
        compress.done("open")
        compress.round_trip(compress.text(SIZE))
        yield compress


def test_what_is_under_way_comes_back_as_an_error_and_it_starts_again(app, zip_):
    source, destination = app.text(SIZE), app.buffer("eal", SIZE)
    zip_.model.misbehave("silence")
    app.done(f"enqueue compress {source.number} {SIZE} {destination.number}")
    assert app.command(f"dequeue {NOTHING_COMES_MS}").splitlines()[-1] == "nothing"
    zip_.reset()
    answer = app.command("dequeue 60000")
    assert "ERROR: consumed 0 produced 0" in answer
    assert f"iommufd:{zip_.name}: the kernel has reset the device" in answer
    before = zip_.model.counters()["requests"]
    assert app.request("compress", source, destination) == FAILED
    assert zip_.model.counters()["requests"] == before
    app.done("close")
    app.done("open")
    app.round_trip(source)


def test_a_queue_that_is_idle_fails_until_it_is_set_up_again(app, zip_):
    source, destination = app.text(SIZE), app.buffer("eal", SIZE)
    zip_.reset()
    assert app.request("compress", source, destination) == FAILED
    app.done("close")
    app.done("open")
    app.round_trip(source)
