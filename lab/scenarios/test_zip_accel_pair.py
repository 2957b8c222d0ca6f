# SPDX-License-Identifier: BSD-3-Clause
"""Two of examples/zip_accel around a link, by IPComp: nobody outside sees that they are there."""
import contextlib
import socket
import zlib

import pytest

from support.compress import device
from support.link import Link
from support.machine import nics as all_nics
from support.network import LEFT, RIGHT, Namespace, assert_reachable, send_file, sha256
from support.zip_accel import Forwarder

pytestmark = pytest.mark.accel

LEFT2 = Namespace("left2", "10.0.2.1")
RIGHT2 = Namespace("right2", "10.0.2.2")
BYTES = 1 << 20
IPPROTO_COMP = 108
IPCOMP = 4      # bytes of its header
DEFLATE = 2     # RFC 2394: the number that stands for it
SHORTEST = 90   # is compressed


@contextlib.contextmanager
def pair(accelerators):
    """One at each end of the link: yields the link and them."""
    near_left, near_right, link_left, link_right = all_nics()
    with Forwarder(near_left, link_left, accelerators[0],
                   eal=("--file-prefix=left",)) as left, \
            Forwarder(near_right, link_right, accelerators[1],
                      eal=("--file-prefix=right",)) as right, \
            Link(LEFT2, RIGHT2) as link:
        assert_reachable()
        yield link, left, right


@pytest.fixture
def file(tmp_path, payload):
    path = tmp_path / "file"
    path.write_bytes(payload.read_bytes()[:BYTES])
    return path


def assert_ipcomp(link):
    """What went from left to right is TCP again when it is decompressed, as the RFCs have it."""
    packed = link.of("left2", IPPROTO_COMP)
    plain = link.of("left2", socket.IPPROTO_TCP)
    for packet in packed:
        following, flags, number = packet.payload[0], packet.payload[1], packet.payload[2:IPCOMP]
        assert (following, flags) == (socket.IPPROTO_TCP, 0)
        assert int.from_bytes(number, "big") == DEFLATE
        segment = zlib.decompress(packet.payload[IPCOMP:], -15)
        assert len(segment) > len(packet.payload)
    full = [packet for packet in plain if len(packet.payload) >= SHORTEST]
    assert len(packed) > len(full)
    assert sum(len(packet.payload) for packet in packed + plain) < BYTES


def assert_transparent(accelerators, file):
    with pair(accelerators) as (link, left, right):
        assert send_file(LEFT, RIGHT, file) == sha256(file)
        ended = left.stop(), right.stop()
    assert_ipcomp(link)
    # A link may lose some, which TCP sends again
    compressed, decompressed = ended[0].converted("compressed"), ended[1].converted("decompressed")
    assert decompressed[0] <= len(link.of("left2", IPPROTO_COMP)) <= compressed[0]
    assert decompressed[2] <= compressed[1] and decompressed[2] >= BYTES // 2
    for summary in ended:
        assert "dropped" not in summary.text
        assert summary.copied == 0


@pytest.mark.parametrize("address_space", ["shared", "private", "sva"])
def test_a_file_gets_through_and_the_link_carries_less(zips, file, address_space):
    with device(zips[0], address_space) as one, device(zips[1], address_space) as other:
        assert_transparent((one, other), file)


def test_an_accelerator_and_software_understand_each_other(zips, file):
    with device(zips[0], "shared") as one:
        assert_transparent((one, None), file)
