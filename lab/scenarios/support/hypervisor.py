# SPDX-License-Identifier: BSD-3-Clause
"""The hypervisor, asked from inside the guest: QEMU's QMP monitor at a port of the machine."""
import contextlib
import json
import os
import select
import time
from pathlib import Path

from support.machine import DeadlineError, Nic, wait_until

PORT = "lab.hypervisor"
PORTS = Path("/sys/class/virtio-ports")
ANSWER_SECONDS = 60
CHUNK = 65536


class HypervisorError(AssertionError):
    """The hypervisor refused a command."""


def _port() -> Path:
    """The port's device node."""
    for port in PORTS.iterdir():
        if (port / "name").read_text().strip() == PORT:
            return Path("/dev") / port.name
    raise HypervisorError(f"this machine has no port {PORT}")


class Hypervisor:
    """A QMP client: commands, and the events that came so far."""

    def __init__(self):
        self.file = os.open(_port(), os.O_RDWR | os.O_NONBLOCK)
        self.events: list[dict] = []
        self._rest = b""
        self._number = 0
        # Refused where somebody who had the port before has done it
        with contextlib.suppress(HypervisorError):
            self.execute("qmp_capabilities")

    def _message(self, deadline: float, what: str) -> dict:
        """The next message, a line of JSON."""
        while b"\n" not in self._rest:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.file], [], [], left)[0]:
                raise DeadlineError(f"the hypervisor: no {what}")
            self._rest += os.read(self.file, CHUNK)
        line, _, self._rest = self._rest.partition(b"\n")
        message = json.loads(line)
        if "event" in message:
            self.events.append(message)
        return message

    def execute(self, command: str, **arguments):
        """Has a command carried out; returns its result."""
        self._number += 1
        request = {"execute": command, "arguments": arguments, "id": self._number}
        os.write(self.file, json.dumps(request).encode() + b"\n")
        deadline = time.monotonic() + ANSWER_SECONDS
        while True:
            answer = self._message(deadline, f"answer to {command}")
            if answer.get("id") == self._number:
                break
        if "error" in answer:
            raise HypervisorError(f"{command}: {answer['error']['desc']}")
        return answer["return"]

    def wait_for(self, event: str, seconds: float = ANSWER_SECONDS, **data) -> None:
        """Waits for an event with such data; it and those before it are then forgotten."""
        deadline = time.monotonic() + seconds
        while True:
            while self.events:
                seen = self.events.pop(0)
                if seen["event"] == event and data.items() <= seen.get("data", {}).items():
                    return
            self._message(deadline, f"event {event}")

    def unplug(self, pair: int) -> None:
        """Takes a NIC out of the machine, and waits until the guest has let it go."""
        self.execute("device_del", id=f"nic{pair}")
        self.wait_for("DEVICE_DELETED", device=f"nic{pair}")

    def plug(self, pair: int, nic: Nic) -> None:
        """Puts a NIC that was taken out in again; the guest's own driver gets it first."""
        self.execute("device_add", driver="igb", id=f"nic{pair}", netdev=f"dpdk{pair}",
                     bus=f"port{pair}", mac=nic.mac, romfile="")
        wait_until(lambda: nic.driver == "igb", f"{nic.pci} is back")

    def close(self) -> None:
        os.close(self.file)
