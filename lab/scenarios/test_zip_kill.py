# SPDX-License-Identifier: BSD-3-Clause
"""Processes that are killed in the middle of requests to the ZIP leave nothing behind."""
import pytest

from support.machine import wait_until
from support.zip import Zip

pytestmark = pytest.mark.zip

TIMES = 100
FLOOD = 1000        # requests, for seconds: few are done when the process is killed


@pytest.fixture
def witness(zips):
    """Another process, which goes on all the time."""
    zip0 = zips[0]
    with Zip() as app:
        before = zip0.model.counters()["requests"]
        app.begin(f"exercise {zip0.name} until told 1")
        wait_until(lambda: zip0.model.counters()["requests"] > before + 10, "it has begun")
        yield app
        assert app.stop() == "ok"


def successes_of(zip0, pasid):
    """How many requests were done with a PASID."""
    counters = zip0.model.counters()["pasids"].get(str(pasid), {"requests": 0, "errors": 0})
    return counters["requests"] - counters["errors"]


def test_killed_in_the_middle_of_requests_again_and_again(zips, witness):
    """Queue and PASID are free again when the process has gone; the others are not disturbed."""
    zip0 = zips[0]
    free, pasids = zip0.available, zip0.pasids()
    for _ in range(TIMES):
        with Zip() as app:
            app.open(zip0)
            [pasid] = zip0.pasids() - pasids
            done = successes_of(zip0, pasid)
            app.done(f"flood {FLOOD}")
            app.kill()
        assert (zip0.available, zip0.pasids()) == (free, pasids)
        assert successes_of(zip0, pasid) - done < FLOOD, "it was not in the middle"
