# SPDX-License-Identifier: BSD-3-Clause
"""Engines zip and dma in software: DPDK's compress_zlib and dma_skeleton.

pytest runs it; the program is in TEST_IOMMUFD_PROGRAM. TEST_IOMMUFD_ZIP_PACKETS says how many
packets zip is to carry: zlib takes its time.
"""
import json
import os
import re
import socket
import zlib

import pytest

from application_test import IPV4, MILLION, ONE, OTHER, frame, read_pcap, write_pcap
from program import EAL, ELSEWHERE, Interactive, run, verified

ZIP_PACKETS = int(os.environ.get("TEST_IOMMUFD_ZIP_PACKETS", MILLION))
ZLIB = "--vdev=compress_zlib"
SKELETONS = tuple(f"--vdev=dma_skeleton{number}" for number in range(2))
ACCELERATORS = {"zip": (ZLIB,), "dma": SKELETONS}
PACKED = bytes.fromhex("88b5")
BURST = 32


def cables(role, directory):
    return [f"--vdev=net_memif{number},role={role},id={number},socket={directory}/{number},"
            "socket-abstract=no"
            for number in range(2)]


class Mempools:
    """How many buffers nobody has, by DPDK's telemetry."""

    def __init__(self, runtime):
        path = next(runtime.glob("dpdk/rte/dpdk_telemetry.v2*"))
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.connect(str(path))
        self.socket.recv(1 << 16)

    def unused(self):
        self.socket.send(b"/mempool/info,mbufs_of_node_0")
        info = json.loads(self.socket.recv(1 << 16))["/mempool/info"]
        return info["common_pool_count"] + info["total_cache_count"]


@pytest.fixture(params=ACCELERATORS)
def engine(request):
    return request.param


def devices(engine, directory, role="server"):
    return [*cables(role, directory), *ACCELERATORS[engine]]


def assert_faultless(said, packets):
    found = verified(said)
    assert found.pop("good") >= packets
    assert not any(found.values()), repr(said)


class TestRefusals:
    """What is missing is said, with what to do about it."""

    @pytest.mark.parametrize("options, complaint", [
        (("--forward-mode=zip",), "zip: no compressdev: give EAL one"),
        (("--forward-mode=dma",), "dma: no dmadev: give EAL one"),
        (("--forward-mode=zip", "--accelerator=nothing"),
         "--accelerator=nothing: there is no such compressdev"),
        (("--forward-mode=dma", "--accelerator=nothing"),
         "--accelerator=nothing: there is no such dmadev"),
    ])
    def test_no_device(self, options, complaint):
        status, said = run(*options, "--exec", "start")
        assert status == 1 and complaint in said, said

    def test_no_queue_for_each_stream(self):
        status, said = run("--forward-mode=dma", "--rxq=3", "--txq=3", "--exec", "start",
                           devices=("--vdev=net_ring0", *SKELETONS))
        assert status == 1
        assert "dma: 3 streams want a queue each, there are 2: start fewer" in said

    def test_the_only_device_has_to_have_enough(self):
        status, said = run("--forward-mode=dma", "--rxq=2", "--txq=2", "--accelerator=dma_skeleton1",
                           "--exec", "start", devices=("--vdev=net_ring0", *SKELETONS))
        assert status == 1 and "dma: 2 streams want a queue each, the device has 1" in said

    @pytest.mark.parametrize("option, complaint", [
        ("--zip=up", "--zip=up: it takes both, compress or decompress"),
        ("--accelerator=", "--accelerator=: it takes the name of a compressdev or dmadev"),
        ("--udma=1", "--udma: it takes no value"),
    ])
    def test_a_wrong_option(self, option, complaint):
        status, said = run(option)
        assert status == 2 and complaint in said

    def test_a_wrong_mode_at_the_prompt(self):
        status, said = run("--exec", "set zip up")
        assert status == 1 and "up: not both, compress or decompress" in said


class TestTraffic:
    """Packets go by way of an accelerator, from one application to another and back."""

    def carry(self, engine, directory, packets):
        """All come back, and neither application finds anything wrong."""
        with Interactive(EAL, devices(engine, directory), "--verify", "--disable-link-check",
                         f"--forward-mode={engine}") as other:
            # It waits for both links: what is sent before is lost
            with Interactive(ELSEWHERE, cables("client", directory), "--verify",
                             "--forward-mode=flowgen", "--in-flight=500") as own:
                other.command("start")
                own.command("start")
                own.command(f"wait packets {packets}")
                # memif must not be polled while its peer goes away
                for said in [app.command("stop") for app in (own, other)]:
                    assert_faultless(said, packets)

    def test_a_million_packets_come_back_as_they_left(self, engine, tmp_path):
        self.carry(engine, tmp_path, MILLION if engine == "dma" else ZIP_PACKETS)

    def test_a_stop_with_packets_under_way_leaves_no_buffer_behind(self, engine, tmp_path):
        with Interactive(EAL, devices(engine, tmp_path), "--disable-link-check",
                         f"--forward-mode={engine}") as other:
            mempools = Mempools(tmp_path)
            with Interactive(ELSEWHERE, cables("client", tmp_path), "--disable-link-check",
                             "--forward-mode=txonly") as own:
                before = mempools.unused()
                own.command("start")
                for _ in range(5):
                    other.command("start")
                    other.command("wait packets 1000")
                    said = other.command("stop")
                    assert mempools.unused() == before
                    received, sent, dropped = map(int, re.findall(
                        r"RX-packets: (\d+) +TX-packets: (\d+) +TX-dropped: (\d+)", said)[-1])
                    assert received == sent + dropped
                own.command("stop")


class TestFrames:
    """What is sent, bit by bit."""

    def through(self, frames, directory, *options):
        write_pcap(directory / "in.pcap", frames)
        status, said = run(
            "--port-topology=loop", *options, "--exec",
            f"start; wait packets {len(frames)}; stop",
            devices=(f"--vdev=net_pcap0,rx_pcap={directory}/in.pcap,tx_pcap={directory}/out.pcap",
                     ZLIB, SKELETONS[0]))
        assert status == 0, said
        return read_pcap(directory / "out.pcap"), said

    @pytest.fixture
    def frames(self):
        """Of all lengths, which can be compressed and can't, in turn."""
        return [frame(IPV4, text) for length in range(46, 1501, 97)
                for text in (b"more of the same " * (length // 17 + 1), os.urandom(length))]

    def test_frames_leave_as_they_came(self, engine, frames, tmp_path):
        assert self.through(frames, tmp_path, f"--forward-mode={engine}")[0] == frames

    def test_frames_of_several_buffers_are_copied(self, frames, tmp_path):
        """Of 256 bytes each."""
        assert self.through(frames, tmp_path, "--forward-mode=dma", "--mbuf-size=384")[0] == frames

    def test_compressed_frames_are_shorter_and_tell_their_length(self, frames, tmp_path):
        sent = self.through(frames, tmp_path, "--forward-mode=zip", "--zip=compress")[0]
        assert len(sent) == len(frames)
        for number, (left, came) in enumerate(zip(sent, frames)):
            if number % 2 == 1:
                assert left == came  # noise would only get longer
                continue
            assert len(left) < len(came) and left[:14] == OTHER + ONE + PACKED
            assert int.from_bytes(left[14:16], "big") == len(came) - 12
            assert zlib.decompress(left[16:], -15) == came[12:]

    def test_what_one_compressed_the_other_decompresses(self, frames, tmp_path):
        """With what a NIC adds to a short frame."""
        packed = self.through(frames, tmp_path, "--forward-mode=zip", "--zip=compress")[0]
        padded = [packet.ljust(60, b"\0") for packet in packed]
        sent = self.through(padded, tmp_path, "--forward-mode=zip", "--zip=decompress")[0]
        assert sent == frames

    def test_packets_of_several_buffers_are_not_for_zlib(self, frames, tmp_path):
        short = [frame for frame in frames if len(frame) < 128]
        long = [frame for frame in frames if len(frame) > 256]
        sent, said = self.through(long + short, tmp_path, "--forward-mode=zip", "--mbuf-size=384")
        assert sent == short
        assert "it takes no packets of several buffers" in said
        assert f"dropped because the accelerator failed at them: {len(long)}" in said

    def test_what_cannot_be_decompressed_is_dropped_and_counted(self, frames, tmp_path):
        packed = self.through(frames[:2], tmp_path, "--forward-mode=zip", "--zip=compress")[0]
        broken = bytearray(packed[0])
        broken[16:] = b"\xff" * 60
        lying = bytearray(packed[0])
        lying[15] += 1  # the length
        sent, said = self.through([packed[0], broken, lying, packed[1]], tmp_path,
                                  "--forward-mode=zip", "--zip=decompress")
        assert sent == frames[:2]
        assert "dropped because the accelerator failed at them: 2" in said
        assert len(re.findall("zip: stream 0: compress_zlib, queue pair 0: it .*; further ones are "
                              "only counted", said)) == 1


class TestBench:
    """bench queue."""

    @pytest.mark.parametrize("device, unit", [
        ("dma_skeleton0", "cycles/copy"), ("compress_zlib", "cycles/operation")])
    def test_bursts_are_counted(self, device, unit, tmp_path):
        report = tmp_path / "report.json"
        status, said = run(f"--json={report}", "--burst=16", "--exec", f"bench queue {device} 20",
                           devices=(ZLIB, SKELETONS[0]))
        assert status == 0, said
        found = {figure["name"]: figure for figure in json.loads(report.read_text())["figures"]}
        for name in ("enqueue", "dequeue", "both"):
            assert found[name]["unit"] == unit and found[name]["count"] == 20
            assert 0 < found[name]["least"] <= found[name]["p50"]
        assert found["bursts"]["value"] >= 20
        assert found["both"]["least"] > found["enqueue"]["least"]

    def test_a_device_that_is_not_there_is_named(self):
        status, said = run("--exec", "bench queue nothing0 1")
        assert status == 1 and "nothing0: no compressdev, no dmadev" in said
