# SPDX-License-Identifier: BSD-3-Clause
"""Frames at the kernel's ends of the segments, as they are: AF_PACKET sockets."""
import contextlib
import os
import select
import socket
import struct
import threading
import time
from dataclasses import dataclass

from support.network import Namespace

ETH_P_ALL = 3
SOL_PACKET = 263
PACKET_ADD_MEMBERSHIP = 1
PACKET_MR_PROMISC = 1
ROOM = 64 << 20
FRAME = 65536

# app/test-iommufd/stamp.h: where in a frame, and what
STAMP_AT = 42
STAMP = struct.Struct(">HIHHIQ")
MAGIC = 0x494F
SUMMED_FROM = 6


@contextlib.contextmanager
def _inside(name: str):
    """This thread is in a network namespace for a while."""
    before = os.open("/proc/self/ns/net", os.O_RDONLY)
    there = os.open(f"/run/netns/{name}", os.O_RDONLY)
    try:
        os.setns(there, os.CLONE_NEWNET)
        yield
    finally:
        os.setns(before, os.CLONE_NEWNET)
        os.close(there)
        os.close(before)


class Wire:
    """The end of a segment: sends frames and receives whatever arrives there."""

    def __init__(self, end: Namespace):
        with _inside(end.name):
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
            self.socket.bind(("eth0", ETH_P_ALL))
            membership = struct.pack("iHH8s", socket.if_nametoindex("eth0"), PACKET_MR_PROMISC, 0,
                                     b"")
        self.socket.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP, membership)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, ROOM)

    def send(self, frame: bytes) -> None:
        self.socket.send(frame)

    def receive(self) -> bytes | None:
        """What comes next; None: it was the kernel's own that left."""
        frame, address = self.socket.recvfrom(FRAME)
        return None if address[2] == socket.PACKET_OUTGOING else frame

    def __enter__(self):
        return self

    def __exit__(self, *_) -> None:
        self.socket.close()


def arriving(wire: Wire, wanted, count: int, seconds: float = 60) -> list[bytes]:
    """The next frames that are wanted."""
    found, deadline = [], time.monotonic() + seconds
    while len(found) < count:
        left = deadline - time.monotonic()
        ready, _, _ = select.select([wire.socket], [], [], max(left, 0))
        assert ready, f"{len(found)} frames, not {count}, within {seconds:g} s"
        frame = wire.receive()
        if frame and wanted(frame):
            found.append(frame)
    return found


@contextlib.contextmanager
def joined(one: Wire, other: Wire):
    """What arrives at an end leaves by the other, both ways, for a while: a cable."""
    ended = threading.Event()

    def carry() -> None:
        across = {one.socket: (one, other), other.socket: (other, one)}
        while not ended.is_set():
            for ready in select.select(list(across), [], [], 0.1)[0]:
                source, target = across[ready]
                frame = source.receive()
                if frame:
                    target.send(frame)

    carrier = threading.Thread(target=carry)
    carrier.start()
    try:
        yield
    finally:
        ended.set()
        carrier.join()


@dataclass(frozen=True)
class Stamp:
    """What --verify writes into a packet, and whether the checksum is right."""
    run: int
    flow: int
    number: int
    whole: bool


def udp_frame(source: str) -> bytes:
    """An empty datagram from an address, to nobody."""
    udp = struct.pack(">HHHH", 9, 9, 8, 0)
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, socket.IPPROTO_UDP, 0,
                     socket.inet_aton(source), socket.inet_aton("198.18.128.1"))
    total = sum(struct.unpack(">10H", ip))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    ip = ip[:10] + struct.pack(">H", ~total & 0xFFFF) + ip[12:]
    return (b"\x02" + bytes(11) + b"\x08\x00" + ip + udp).ljust(60, b"\0")


def _table() -> list[int]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


CRC32C = _table()


def crc32c(data: bytes) -> int:
    """Without the last inversion, as DPDK has it."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ CRC32C[(crc ^ byte) & 0xFF]
    return crc


def is_stamped(frame: bytes) -> bool:
    return len(frame) >= STAMP_AT + STAMP.size and \
        frame[STAMP_AT:STAMP_AT + 2] == MAGIC.to_bytes(2, "big")


def stamp_of(frame: bytes) -> Stamp:
    _, crc, run, flow, number, _ = STAMP.unpack_from(frame, STAMP_AT)
    return Stamp(run, flow, number, crc == crc32c(frame[STAMP_AT + SUMMED_FROM:]))
