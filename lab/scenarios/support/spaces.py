# SPDX-License-Identifier: BSD-3-Clause
"""lab/apps/spaces.c: an application that does with address spaces, and with queues of a ZIP, what
it is told."""
import contextlib
import re

from support.application import EXAMPLES, IOMMUFD, Prompted, UNDER_LAUNCHER, allowed
from support.machine import PCI, Nic

ZIP = ("0x19e5", "0xa251")
HUGE_PAGE = 2 << 20
PAGE = 4096


class Spaces(Prompted):
    """A running one."""
    prompt = "spaces> "

    def __init__(self, nics: list[Nic], *eal: str, before: tuple[str, ...] = ()):
        super().__init__([*before, *UNDER_LAUNCHER, EXAMPLES / "spaces", "-l", "0",
                          *(allowed(*nics) if nics else ("--no-pci",)), IOMMUFD, *eal])

    def space(self) -> int:
        """A new address space: the number of its IOAS."""
        return self.number("space create", "space")

    def buffer(self, byte: int, length: int = HUGE_PAGE) -> int:
        """New memory, filled: its address."""
        address = self.number(f"buffer {length}", "buffer")
        self.fill(address, byte, length)
        return address

    def alloc(self, length: int) -> int:
        """Memory of EAL's heap: its address."""
        return int(self.command(f"alloc {length}").splitlines()[-1], 0)

    def fill(self, address: int, byte: int, length: int = HUGE_PAGE) -> None:
        self.done(f"fill {address:#x} {length} {byte}")

    def look(self, address: int, length: int = HUGE_PAGE) -> str:
        """What the process itself sees there: "all 0x61", or "mixed"."""
        return self.command(f"look {address:#x} {length}").splitlines()[-1]

    def map_file(self, space, address: int, access: str = "rw", iova: int | None = None,
                 length: int = HUGE_PAGE) -> None:
        where = address if iova is None else iova
        self.done(f"map_file {space} {address:#x} {length} {where:#x} {access}")

    def copy(self, space, source: int, access: str = "rw", of: str | int = "shared",
             length: int = HUGE_PAGE) -> None:
        """Puts what another space has also into this one, at the same address."""
        self.done(f"copy {space} {source:#x} {of} {source:#x} {length} {access}")

    def bind(self, pci: str, space, pasid: str | int = "any", pt: str | int = "auto") -> int:
        return self.number(f"bind {pci} {space} {pasid} {pt}", "pasid")

    def start_queue(self, pci: str, number: int, space, **how) -> int:
        """A queue whose data is in an address space: its PASID."""
        pasid = self.bind(pci, space, **how)
        self.done(f"queue open {number} {pasid}")
        return pasid

    def transfer(self, queue: int, to: int, source: int, length: int = 4096) -> bool:
        """Has a queue copy: whether it could."""
        answer = self.command(f"queue copy {queue} {to:#x} {source:#x} {length}").splitlines()[-1]
        if answer == "ok":
            return True
        assert "EFAULT" in answer, f"queue {queue} does not answer: {answer}"
        return False


def accelerators() -> list[Nic]:
    """All ZIPs, in the order of their slots, whatever driver they have."""
    found = [device.name for device in sorted((PCI / "devices").iterdir())
             if ((device / "vendor").read_text().strip(),
                 (device / "device").read_text().strip()) == ZIP]
    return [Nic(pci, "") for pci in found]


@contextlib.contextmanager
def owned(*devices: Nic):
    """Gives ZIPs to vfio-pci for a while, and back to the kernel's driver."""
    try:
        for device in devices:
            device.bind("vfio-pci")
        yield
    finally:
        for device in devices:
            device.bind("hisi_zip")


def pinned(pid: int) -> int:
    """KiB of memory that iommufd has counted as a process's."""
    text = open(f"/proc/{pid}/status", encoding="utf-8").read()
    return int(re.search(r"VmPin:\s+(\d+) kB", text)[1])
