# SPDX-License-Identifier: BSD-3-Clause
"""A link between two of the kernel's NICs, on which one can look at what goes over it."""
from contextlib import ExitStack
from dataclasses import dataclass

from support.frames import Wire, joined
from support.network import Namespace


@dataclass(frozen=True)
class Packet:
    """An IPv4 packet that went over the link."""
    side: str       # the namespace it came from
    protocol: int
    payload: bytes  # behind the IPv4 header


class Link:
    """Frames from the interface of each namespace to that of the other one, for a while."""

    def __init__(self, one: Namespace, other: Namespace):
        self.sides = one, other
        self.packets: list[Packet] = []
        self.open = ExitStack()

    def _remember(self, wire: Wire, frame: bytes) -> None:
        if frame[12:14] == b"\x08\x00":
            header = 4 * (frame[14] & 0xf)
            length = int.from_bytes(frame[16:18], "big")
            self.packets.append(Packet(wire.end.name, frame[23], frame[14 + header:14 + length]))

    def of(self, side: str, protocol: int) -> list[Packet]:
        """What came from one of the namespaces."""
        return [packet for packet in self.packets
                if (packet.side, packet.protocol) == (side, protocol)]

    def __enter__(self):
        for side in self.sides:
            # What GRO puts together no link takes
            side.run("ethtool", "-K", "eth0", "gro", "off")
        wires = [self.open.enter_context(Wire(side)) for side in self.sides]
        self.open.enter_context(joined(*wires, self._remember, Wire.send_or_lose))
        return self

    def __exit__(self, *_) -> None:
        self.open.close()
