# SPDX-License-Identifier: BSD-3-Clause
"""The hypervisor, asked from inside the guest: QEMU's QMP monitor at a port of the machine."""
import contextlib
import time

from support.machine import Nic, wait_until
from support.port import Port

PORT = "lab.hypervisor"
ANSWER_SECONDS = 60


class HypervisorError(AssertionError):
    """The hypervisor refused a command."""


class Hypervisor:
    """A QMP client: commands, and the events that came so far."""

    def __init__(self):
        self.port = Port(PORT)
        self.events: list[dict] = []
        self._number = 0
        # Refused where somebody who had the port before has done it
        with contextlib.suppress(HypervisorError):
            self.execute("qmp_capabilities")

    def _message(self, deadline: float, what: str) -> dict:
        """The next message."""
        message = self.port.receive(deadline, what)
        if "event" in message:
            self.events.append(message)
        return message

    def execute(self, command: str, **arguments):
        """Has a command carried out; returns its result."""
        self._number += 1
        request = {"execute": command, "arguments": arguments, "id": self._number}
        self.port.send(request)
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
        self.port.close()
