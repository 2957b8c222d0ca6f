# SPDX-License-Identifier: BSD-3-Clause
"""A link between two of the kernel's NICs, on which one can look at what goes over it."""
import errno
import select
import socket
import struct
import threading
from dataclasses import dataclass

from support.datagrams import BUFFER, SO_RCVBUFFORCE, socket_in
from support.network import Namespace

ETHERNET_ALL = 3
# Of <linux/if_packet.h>
SOL_PACKET = 263
PACKET_ADD_MEMBERSHIP = 1
PACKET_MR_PROMISC = 1
PACKET_OUTGOING = 4
LONGEST = 2048
POLL_MS = 100


@dataclass(frozen=True)
class Packet:
    """An IPv4 packet that went over the link."""
    side: str       # the namespace it came from
    protocol: int
    payload: bytes  # behind the IPv4 header


class Link:
    """Frames from the interface of each namespace to that of the other one, for a while.

    The kernel of the lab has no bridge.
    """

    def __init__(self, one: Namespace, other: Namespace):
        self.packets: list[Packet] = []
        self.ends = {end.name: self._open(end) for end in (one, other)}
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._run)

    @staticmethod
    def _open(end: Namespace) -> socket.socket:
        # What GRO puts together no link takes
        end.run("ethtool", "-K", "eth0", "gro", "off")
        made = socket_in(end.name, socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETHERNET_ALL))
        made.bind(("eth0", ETHERNET_ALL))
        index = int(end.run("cat", "/sys/class/net/eth0/ifindex"))
        made.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP,
                        struct.pack("IHH8s", index, PACKET_MR_PROMISC, 0, b""))
        made.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER)
        made.setblocking(False)
        return made

    def _remember(self, side: str, frame: bytes) -> None:
        if frame[12:14] == b"\x08\x00":
            header = 4 * (frame[14] & 0xf)
            length = int.from_bytes(frame[16:18], "big")
            self.packets.append(Packet(side, frame[23], frame[14 + header:14 + length]))

    @staticmethod
    def _send(target: socket.socket, frame: bytes) -> None:
        """A link whose queue is full loses what comes."""
        try:
            target.send(frame)
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.ENOBUFS):
                raise

    def _run(self) -> None:
        names = list(self.ends)
        poll = select.poll()
        sides = {}
        for side, other in zip(names, reversed(names)):
            poll.register(self.ends[side], select.POLLIN)
            sides[self.ends[side].fileno()] = side, self.ends[side], self.ends[other]
        while not self.stopping.is_set():
            for descriptor, _ in poll.poll(POLL_MS):
                side, source, target = sides[descriptor]
                frame, address = source.recvfrom(LONGEST)
                if address[2] != PACKET_OUTGOING:
                    self._remember(side, frame)
                    self._send(target, frame)

    def of(self, side: str, protocol: int) -> list[Packet]:
        """What came from one of the namespaces."""
        return [packet for packet in self.packets
                if (packet.side, packet.protocol) == (side, protocol)]

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.stopping.set()
        self.thread.join()
        for end in self.ends.values():
            end.close()
