# SPDX-License-Identifier: BSD-3-Clause
"""A port of the machine, at whose other end is a program of the host's that talks in JSON lines."""
import json
import os
import select
import time
from pathlib import Path

from support.machine import DeadlineError

PORTS = Path("/sys/class/virtio-ports")
CHUNK = 65536


class NoPortError(AssertionError):
    """The machine has no such port."""


def port_names() -> dict[str, Path]:
    """The machine's ports: their names and device nodes."""
    return {(port / "name").read_text().strip(): Path("/dev") / port.name
            for port in PORTS.iterdir()}


def _device(name: str) -> Path:
    """The port's device node."""
    names = port_names()
    if name not in names:
        raise NoPortError(f"this machine has no port {name}")
    return names[name]


class Port:
    """Messages to and from the other end."""

    def __init__(self, name: str):
        self.name = name
        self.file = os.open(_device(name), os.O_RDWR | os.O_NONBLOCK)
        self._rest = b""

    def send(self, message: dict) -> None:
        os.write(self.file, json.dumps(message).encode() + b"\n")

    def receive(self, deadline: float, what: str) -> dict:
        """The next message; what it is waited for."""
        while b"\n" not in self._rest:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.file], [], [], left)[0]:
                raise DeadlineError(f"{self.name}: no {what}")
            data = os.read(self.file, CHUNK)
            if not data:
                raise ConnectionResetError(f"{self.name}: nobody is there any more")
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\n")
        return json.loads(line)

    def close(self) -> None:
        os.close(self.file)
