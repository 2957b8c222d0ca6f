# SPDX-License-Identifier: BSD-3-Clause
"""UDP between the namespaces, datagram by datagram."""
import os
import socket
import struct
import threading
import time

from support.network import Namespace

PORT = 5001
SEQUENCE = struct.Struct(">I")
SIZE = 1400
WINDOW = 64         # datagrams on their way: a NIC's and a socket's queues take more
SECONDS = 60        # for one to arrive
BUFFER = 4 << 20
SO_RCVBUFFORCE = 33     # of <asm/socket.h>; Python has no name for it


def socket_in(name: str, *kind: int) -> socket.socket:
    """A socket in a network namespace: one is in that of the thread which makes it."""
    made = []

    def make():
        with open(f"/run/netns/{name}", encoding="ascii") as namespace:
            os.setns(namespace.fileno(), os.CLONE_NEWNET)
        made.append(socket.socket(*kind))

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    return made[0]


class Datagrams:
    """From one namespace to another one, each with a number, none of them lost."""

    def __init__(self, sender: Namespace, receiver: Namespace):
        self.sender, self.receiver = sender, receiver
        self.out = socket_in(sender.name, socket.AF_INET, socket.SOCK_DGRAM)
        self.out.bind((sender.address, PORT))
        self.arrivals = socket_in(receiver.name, socket.AF_INET, socket.SOCK_DGRAM)
        self.arrivals.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER)
        self.arrivals.bind((receiver.address, PORT))
        self.arrivals.settimeout(SECONDS)

    def send(self, payload: bytes) -> None:
        self.out.sendto(payload, (self.receiver.address, PORT))

    def receive(self) -> bytes:
        return self.arrivals.recv(65536)

    def transfer(self, payloads: list[bytes]) -> list[bytes]:
        """Sends them with numbers; returns what arrives, in the order of arrival."""
        arrived: list[bytes] = []
        for number, payload in enumerate(payloads):
            self.send(SEQUENCE.pack(number) + payload)
            if number - len(arrived) >= WINDOW:
                arrived.append(self.receive())
        while len(arrived) < len(payloads):
            arrived.append(self.receive())
        return arrived

    def close(self) -> None:
        self.out.close()
        self.arrivals.close()

    def __enter__(self):
        return self

    def __exit__(self, *_) -> None:
        self.close()


def pieces(data: bytes, size: int = SIZE) -> list[bytes]:
    return [data[at:at + size] for at in range(0, len(data), size)]


def counter(end: Namespace, protocol: str, name: str) -> int:
    """One of a namespace's, as ("Udp", "InCsumErrors")."""
    names, values = [line.split() for line in
                     end.run("cat", "/proc/net/snmp").splitlines()
                     if line.startswith(f"{protocol}:")]
    return int(dict(zip(names, values))[name])


def wait_for_counter(end: Namespace, protocol: str, name: str, value: int) -> None:
    """Until it is at least that."""
    deadline = time.monotonic() + SECONDS
    while counter(end, protocol, name) < value:
        assert time.monotonic() < deadline, f"{protocol} {name} in {end.name} is below {value}"
        time.sleep(0.05)
