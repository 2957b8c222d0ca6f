# SPDX-License-Identifier: BSD-3-Clause
"""lab/apps/bus.c: an application with a driver of its own on the iommufd bus."""
import re

from support.application import EXAMPLES, Prompted, UNDER_LAUNCHER

BUS_PREFIX = "IOMMUFD_BUS: "


def said_by_bus(text: str) -> list[str]:
    """Its lines in an output."""
    return [line.partition(BUS_PREFIX)[2] for line in text.splitlines() if BUS_PREFIX in line]


class Bus(Prompted):
    """A running one. Devices are named without "iommufd:"."""
    prompt = "bus> "

    def __init__(self, *devices: str, eal: tuple[str, ...] = (), before: tuple[str, ...] = (),
                 launcher: tuple[str, ...] = UNDER_LAUNCHER):
        allowed = [word for device in devices for word in ("-a", f"iommufd:{device}")]
        super().__init__([*before, *launcher, EXAMPLES / "bus", "-l", "0", "--no-pci", *allowed,
                          *eal])

    @property
    def said_at_start(self) -> list[str]:
        return said_by_bus(self.greeting)

    def error(self, line: str) -> tuple[str, list[str]]:
        """Has a command carried out that must fail: the error's symbol, and the bus's lines."""
        symbol, answer = self.failure(line)
        return symbol, said_by_bus(answer)

    def devices(self) -> dict[str, str]:
        """Those that are listed, each with its driver or "-"."""
        return dict(re.findall(r"^device iommufd:(\S+) (\S+)$", self.command("devices"),
                               re.MULTILINE))

    def open(self, device: str, queue: int = 0) -> int:
        """Opens a queue; its PASID, 0 where it has none."""
        answer = self.command(f"open {device} {queue}")
        found = re.search(r"^pasid (\d+) areas", answer, re.MULTILINE)
        assert found, f"open {device} {queue}: {answer}"
        return int(found[1])

    def available(self, device: str) -> int:
        return self.number(f"available {device}", "available")

    def space(self, device: str, queue: int) -> int:
        """The number of the address space of a queue."""
        return self.number(f"space {device} {queue}", "space")

    def memory(self, size: int) -> int:
        """Memory of EAL's: its address."""
        return int(self.command(f"alloc {size}").splitlines()[-1], 0)

    def transfer(self, device: str, queue: int, address: int) -> bool:
        """Has a queue copy 4 KiB to an address from what is behind it: whether it could."""
        answer = self.command(f"copy {device} {queue} {address:#x} {address + 4096:#x} 4096")
        if answer.splitlines()[-1] == "ok":
            return True
        assert "EFAULT" in answer, f"queue {queue} does not answer: {answer}"
        return False
