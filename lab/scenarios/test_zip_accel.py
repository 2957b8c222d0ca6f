# SPDX-License-Identifier: BSD-3-Clause
"""examples/zip_accel between two NICs: packets are compressed on an accelerator, without copies."""
import os
import re
import zlib

import pytest

from support.compress import Device, device
from support.datagrams import SEQUENCE, Datagrams, counter, pieces, wait_for_counter
from support.frames import Wire, udp_frame
from support.machine import nics as all_nics
from support.network import LEFT, RIGHT, assert_reachable
from support.zip_accel import DEBUG, Forwarder, Summary

pytestmark = pytest.mark.accel

BYTES = 8 << 20
FEW = 16
OPERATION = re.compile(
    r"compress (0x\w+), (\d+) bytes, to (0x\w+), (\d+) bytes: status 0, (\d+) bytes")


@pytest.fixture(scope="module")
def nics():
    """Of left, right, left2, right2."""
    return all_nics()


@pytest.fixture(scope="module", params=["shared", "private", "sva"])
def accelerator(zips, request):
    with device(zips[0], request.param) as found:
        yield found


@pytest.fixture(scope="module")
def data(payload):
    return payload.read_bytes()[:BYTES]


def compressor(nics, accelerator, *options, **how):
    """What left sends to right is compressed; back it passes."""
    return Forwarder(nics[0], nics[1], accelerator, "--framing", "payload",
                     "--operation", "compress", *options, **how)


def inflated(datagrams):
    return [zlib.decompress(datagram, -15) for datagram in datagrams]


def deflated(data):
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


def numbered(payloads):
    return [SEQUENCE.pack(number) + payload for number, payload in enumerate(payloads)]


class TestPayload:
    def test_8_mib_of_files_arrive_compressed(self, nics, zips, accelerator, data):
        """In order though several queues work at them, byte for byte, with checksums that the
        receiving kernel has verified.
        """
        model, sent = zips[0].model, pieces(data)
        errors = counter(RIGHT, "Udp", "InCsumErrors")
        with compressor(nics, accelerator, "--queues", "2",
                        "--as", accelerator.address_space) as app:
            assert_reachable()
            before = model.counters()
            with Datagrams(LEFT, RIGHT) as datagrams:
                arrived = datagrams.transfer(sent)
            after = model.counters()
            said = app.stop()
        assert inflated(arrived) == numbered(sent)
        assert counter(RIGHT, "Udp", "InCsumErrors") == errors
        packets, bytes_in, bytes_out = said.converted("compressed")
        assert packets == len(sent) == said.operations
        assert after["requests"] - before["requests"] == packets
        assert after["faults"] == before["faults"]
        assert bytes_in == len(data) + len(sent) * SEQUENCE.size
        assert bytes_out == sum(len(datagram) for datagram in arrived) < bytes_in
        assert said.copied == 0

    def test_the_device_works_at_the_addresses_of_the_mbufs(self, nics, zips, accelerator, data):
        model, sent = zips[0].model, pieces(data)[:FEW]
        with compressor(nics, accelerator, eal=(DEBUG,)) as app:
            assert_reachable()
            since = model.next_serial("requests")
            with Datagrams(LEFT, RIGHT) as datagrams:
                assert inflated(datagrams.transfer(sent)) == numbered(sent)
            requests = model.last("requests", since)
            said = app.stop()
        assert [(int(request["source"]["address"], 16), request["consumed"],
                 int(request["destination"]["address"], 16), request["destination"]["length"],
                 request["produced"]) for request in requests] == [
            tuple(int(number, 0) for number in found.groups())
            for found in OPERATION.finditer(said.text)]
        assert len(requests) == FEW


class TestLosses:
    """What can't be done is dropped and counted, and what comes after it gets through."""

    def test_what_is_no_deflate_data_or_gets_too_long(self, nics, sva):
        """By two lcores, each with queues of its own."""
        good = deflated(b"some text " * 100)
        with Forwarder(nics[1], nics[0], sva, "--framing", "payload", "--operation", "decompress",
                       lcores="0-1") as app, Datagrams(LEFT, RIGHT) as datagrams:
            assert_reachable()
            for payload in (b"\xff" * 100, good[:-5], good + b"more", deflated(bytes(1473)), good):
                datagrams.send(payload)
            assert datagrams.receive() == b"some text " * 100
            said = app.stop()
        assert said.dropped("not DEFLATE data") == 3
        assert said.dropped("too long for the MTU") == 1
        assert said.converted("decompressed") == (1, len(good), 1000)

    def test_noise_of_the_longest_kind_has_no_room_to_get_longer(self, nics, sva):
        with compressor(nics, sva) as app, Datagrams(LEFT, RIGHT) as datagrams:
            assert_reachable()
            datagrams.send(os.urandom(1472))
            datagrams.send(bytes(1472))
            assert zlib.decompress(datagrams.receive(), -15) == bytes(1472)
            said = app.stop()
        assert said.dropped("too long for the MTU") == 1

    def test_a_queue_that_does_not_answer_ends_it(self, nics, zips):
        silent = Device(zips[1].name, "sva")
        with compressor(nics, silent, "--timeout", "1") as app, \
                Datagrams(LEFT, RIGHT) as datagrams:
            assert_reachable()
            zips[1].model.misbehave("silence")
            datagrams.send(bytes(1000))
            assert app.wait() == 1
        said = Summary(app.output())
        assert f"{silent.full_name}: queue pair 0 hasn't done an operation for 1 s" in said.text
        assert said.number("without an answer") == 1
        # What came behind it, if only the kernel's own packets, had to wait
        assert said.number("not sent before the end") >= 1


class TestChecksums:
    """In software, as no accelerator has a part in it."""

    def test_a_datagram_with_a_wrong_one_gets_no_right_one(self, nics):
        with compressor(nics, None) as app, Wire(LEFT) as left:
            assert_reachable()
            errors = counter(RIGHT, "Udp", "InCsumErrors")
            left.send(udp_frame(LEFT, RIGHT, bytes(1000), 0x1234))
            wait_for_counter(RIGHT, "Udp", "InCsumErrors", errors + 1)
            said = app.stop()
        assert said.passed("with a wrong checksum") == 1
        assert said.converted("compressed")[0] == 0

    def test_a_datagram_without_one_stays_without(self, nics):
        with compressor(nics, None) as app, Wire(LEFT) as left, \
                Datagrams(LEFT, RIGHT) as datagrams:
            assert_reachable()
            left.send(udp_frame(LEFT, RIGHT, bytes(1000), 0))
            assert zlib.decompress(datagrams.receive(), -15) == bytes(1000)
            assert app.stop().converted("compressed")[:2] == (1, 1000)
