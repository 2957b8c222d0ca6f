# SPDX-License-Identifier: BSD-3-Clause
"""The ring layer of the iommufd bus, with `bench queue` of dpdk-test-iommufd: bursts of 32."""
import pytest

from support.application import IOMMUFD
from support.queues import BURST, COPIES, run

pytestmark = pytest.mark.zip5

ROUNDS = 12
PORTION = 64    # of completions that are looked at, with rings of 1024


def test_a_burst_is_one_doorbell(pci, zips):
    """And another one when more than a portion of completions was looked at: each third burst."""
    model = zips[0].model
    before = model.counters()
    bursts = run(pci, ROUNDS, f"iommufd:{pci}", IOMMUFD, options=COPIES)
    after = model.counters()
    assert bursts.pasid > 0
    assert after["requests"] - before["requests"] == bursts.number * BURST
    assert after["doorbells"] - before["doorbells"] == bursts.number + bursts.number // 3
    assert after["errors"] == before["errors"]


def test_a_burst_of_operations_is_one_doorbell(pci, zips):
    model = zips[0].model
    before = model.counters()
    bursts = run(pci, ROUNDS, f"iommufd:{pci}", IOMMUFD)
    after = model.counters()
    assert after["requests"] - before["requests"] == bursts.number * BURST
    rung = after["doorbells"] - before["doorbells"]
    assert bursts.number < rung <= bursts.number + bursts.number * BURST // PORTION
