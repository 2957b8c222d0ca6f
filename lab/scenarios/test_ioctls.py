# SPDX-License-Identifier: BSD-3-Clause
"""The recorder of requests, with which other scenarios and the bench count."""
import errno

import pytest

from support.application import IOMMUFD, Memory
from support.ioctls import MAPS, UNMAPS, Recording
from support.memsegs import segments
from support.refusal import attempt

pytestmark = pytest.mark.intel

MIB = 1 << 20

# The kernel's numbers: IOAS_ALLOC 0x3b81, IOAS_UNMAP 0x3b86; a terminal's request is not recorded
THREE_REQUESTS = """
import fcntl, os, struct
iommufd = os.open("/dev/iommu", os.O_RDWR)
fcntl.ioctl(iommufd, 0x3b81, bytearray(struct.pack("3I", 12, 0, 0)))
for iova in (0x1000, 0x2000):
    try:
        fcntl.ioctl(iommufd, 0x3b86, bytearray(struct.pack("2I2Q", 24, 0, iova, 4096)))
    except OSError:
        pass
os.isatty(0)
"""


@pytest.fixture
def recording(tmp_path):
    return Recording(tmp_path / "ioctls")


def test_each_request_is_recorded_with_its_result(recording):
    status, output = attempt(*recording.before, "python3", "-c", THREE_REQUESTS)
    assert status == 0, output
    calls = recording.calls()
    assert [(call.name, call.iova, call.length) for call in calls] == [
        ("IOMMU_IOAS_ALLOC", 0, 0),
        ("IOMMU_IOAS_UNMAP", 0x1000, 4096),
        ("IOMMU_IOAS_UNMAP", 0x2000, 4096)]
    assert [call.error for call in calls] == [0, errno.ENOENT, errno.ENOENT]
    assert recording.succeeded(*UNMAPS) == []
    assert all(call.nanoseconds > 0 and call.node == 0 for call in calls)


@pytest.mark.parametrize("options", [(), (IOMMUFD,)], ids=["type1", "iommufd"])
def test_what_was_mapped_is_what_the_application_has(nics, recording, options):
    with Memory(nics, *options, before=recording.before) as app:
        app.command(f"alloc {3 * MIB}")
        mapped = sum(call.length for call in recording.succeeded(*MAPS))
        assert mapped == sum(segment.length for segment in segments(app))
