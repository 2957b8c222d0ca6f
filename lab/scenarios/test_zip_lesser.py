# SPDX-License-Identifier: BSD-3-Clause
"""ZIPs that lack something which sharing a process's address space needs: what Linux does then."""

import pytest

from support.zip import SUCCESS, SVA, Zip

pytestmark = pytest.mark.zip5

SIZE = 16384
# Extended capabilities of PCI Express
ATS, PRI, PASID = 0x0F, 0x13, 0x1B


def extended_capabilities(zip_):
    """What its configuration space has from 0x100 on."""
    config = (zip_.sysfs / "config").read_bytes()
    found, offset = [], 0x100
    while offset:
        header = int.from_bytes(config[offset:offset + 4], "little")
        found.append(header & 0xffff)
        offset = header >> 20
    return found


def test_without_page_requests_a_queue_works_all_the_same(zips):
    """Linux shares a process's memory with a device that asks for no pages: they are there."""
    zip_ = zips[1]
    assert extended_capabilities(zip_) == [ATS, PASID]
    assert int(zip_.attribute("flags")) & SVA
    with Zip() as app:
        app.open(zip_)
        source, destination = app.buffer("malloc", SIZE), app.buffer("malloc", SIZE)
        app.done(f"text {source:#x} {SIZE} 1")
        status, _ = app.request(source, SIZE, destination, SIZE)
        assert status == SUCCESS
        assert zip_.model.latest("requests")["pasid"] is not None


def test_without_pasids_there_is_a_device_none_of_whose_queues_can_be_had(zips):
    """The kernel's driver promises a shared address space before it has tried; its own use of the
    device needs none."""
    zip_ = zips[2]
    assert extended_capabilities(zip_) == [ATS, PRI]
    assert int(zip_.attribute("flags")) & SVA
    free = zip_.available
    with Zip() as app:
        assert app.error(f"open {zip_.name} compress") == "ENOSPC", "it would need a PASID"
        app.open(zips[0])
        assert app.error(f"open {zip_.name} compress") == "EOVERFLOW", "it has one by now"
    assert zip_.available == free
