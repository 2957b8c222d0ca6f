# SPDX-License-Identifier: BSD-3-Clause
"""The compressdev driver on functions that have few PASIDs, or none."""
import pytest

from support.compress import Compress, Device

pytestmark = pytest.mark.zip5

SIZE = 16384
FEW, NONE = 1, 2    # of the machine's ZIPs


@pytest.mark.parametrize("number", [FEW, NONE])
@pytest.mark.parametrize("segments", [1, 4])
def test_shared_queues_work(zips_of_vfio, number, segments):
    with Compress(Device(zips_of_vfio[number].pci, "shared")) as app:
        app.done("open")
        app.round_trip(app.text(SIZE, segments=segments), segments=segments)
        app.done("close")


def test_private_ones_are_refused_where_there_are_no_pasids(zips_of_vfio):
    """The kernel would accept them, and they would reach everything."""
    used = Device(zips_of_vfio[NONE].pci, "private")
    with Compress(used, probe=False) as app:
        symbol, said = app.failure(f"plug {used.devargs}")
        assert symbol == "ENOTSUP"
        assert "its queues can't have address spaces of their own" in said


def test_private_ones_are_apart_where_there_are_few(zips_of_vfio):
    with Compress(Device(zips_of_vfio[FEW].pci, "private")) as app:
        app.done("open 2")
        buffers = app.text(SIZE), app.buffer("eal", SIZE)
        app.share(*buffers)
        assert app.request("compress", *buffers)[0] == "SUCCESS"
        app.pair(1)
        assert app.request("compress", *buffers)[0] == "ERROR"
        app.done("close")
