# SPDX-License-Identifier: BSD-3-Clause
"""Frames at the kernel's ends of the segments, as they are: AF_PACKET sockets."""
import contextlib
import errno
import select
import socket
import struct
import threading
import time
from dataclasses import dataclass

from support.datagrams import PORT, SO_RCVBUFFORCE, socket_in
from support.network import Namespace

ETH_P_ALL = 0x0003
ETH_P_IP = 0x0800
SOL_PACKET = 263
PACKET_ADD_MEMBERSHIP = 1
PACKET_MR_PROMISC = 1
ROOM = 64 << 20
FRAME = 65536
SHORTEST = 60
POLL_SECONDS = 0.1

# app/test-iommufd/stamp.h: where in a frame, and what
STAMP_AT = 42
STAMP = struct.Struct(">HIHHIQ")
MAGIC = 0x494F
SUMMED_FROM = 6


class Wire:
    """The end of a segment: sends frames and receives whatever arrives there."""

    def __init__(self, end: Namespace):
        self.end = end
        self.socket = socket_in(end.name, socket.AF_PACKET, socket.SOCK_RAW,
                                socket.htons(ETH_P_ALL))
        self.socket.bind(("eth0", ETH_P_ALL))
        index = int(end.run("cat", "/sys/class/net/eth0/ifindex"))
        self.socket.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP,
                               struct.pack("iHH8s", index, PACKET_MR_PROMISC, 0, b""))
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, ROOM)

    def send(self, frame: bytes) -> None:
        self.socket.send(frame)

    def send_or_lose(self, frame: bytes) -> None:
        """As links do, whose queue may be full."""
        try:
            self.socket.send(frame, socket.MSG_DONTWAIT)
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.ENOBUFS):
                raise

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


def _ignore(_wire: Wire, _frame: bytes) -> None:
    """For a cable that nobody looks at."""


@contextlib.contextmanager
def joined(one: Wire, other: Wire, saw=_ignore, send=Wire.send):
    """What arrives at an end leaves by the other, both ways, for a while: a cable.

    saw(wire, frame) is told of each frame, and where it came from; send(wire, frame) may lose some.
    The kernel of the lab has no bridge.
    """
    ended = threading.Event()

    def carry() -> None:
        across = {one.socket: (one, other), other.socket: (other, one)}
        while not ended.is_set():
            for ready in select.select(list(across), [], [], POLL_SECONDS)[0]:
                source, target = across[ready]
                frame = source.receive()
                if frame:
                    saw(source, frame)
                    send(target, frame)

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


def _ones_complement(data: bytes) -> int:
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def udp_frame(sender: Namespace, receiver: Namespace, payload: bytes = b"",
              checksum: int = 0) -> bytes:
    """A frame with a datagram whose checksum is whatever is said."""
    addresses = socket.inet_aton(sender.address) + socket.inet_aton(receiver.address)
    length = 28 + len(payload)
    ip = struct.pack(">BBHHHBBH", 0x45, 0, length, 0, 0, 64, socket.IPPROTO_UDP, 0) + addresses
    ip = ip[:10] + struct.pack(">H", _ones_complement(ip)) + ip[12:]
    macs = b"".join(bytes.fromhex(end.mac.replace(":", "")) for end in (receiver, sender))
    udp = struct.pack(">HHHH", PORT, PORT, 8 + len(payload), checksum)
    return (macs + struct.pack(">H", ETH_P_IP) + ip + udp + payload).ljust(SHORTEST, b"\0")


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
