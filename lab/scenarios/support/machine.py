# SPDX-License-Identifier: BSD-3-Clause
"""The guest: its NICs, drivers, interrupts, kernel log, and waiting for something to happen."""
import contextlib
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path

NICS = Path("/run/lab/nics")
PCI = Path("/sys/bus/pci")
CDEVS = Path("/dev/vfio/devices")
IOMMU = Path("/dev/iommu")

# What a kernel says when a device was led astray, or when the kernel itself was.
COMPLAINTS = re.compile(
    r"DMAR: .*fault|DMA (Read|Write).*fault|AMD-Vi: Event|IO_PAGE_FAULT|viommu.*fault"
    r"|WARNING:|BUG:|Oops|general protection|blocked for more than|rcu.*stall")


class DeadlineError(AssertionError):
    """What was waited for did not happen."""


def wait_until(condition, what: str, seconds: float = 60):
    """Calls condition until it returns something true, and returns that."""
    deadline = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise DeadlineError(f"{what}: not within {seconds:g} s")
        time.sleep(0.1)


@dataclass(frozen=True)
class Nic:
    """A NIC for DPDK."""
    pci: str
    mac: str

    @property
    def sysfs(self) -> Path:
        return PCI / "devices" / self.pci

    @property
    def driver(self) -> str:
        """The kernel driver it is bound to, or "none"."""
        link = self.sysfs / "driver"
        return link.resolve().name if link.exists() else "none"

    @property
    def cdev(self) -> Path:
        """Its VFIO character device."""
        return CDEVS / next((self.sysfs / "vfio-dev").iterdir()).name

    @property
    def group(self) -> Path:
        """Its VFIO group."""
        return Path("/dev/vfio") / (self.sysfs / "iommu_group").resolve().name

    def unbind(self) -> None:
        """Takes it from its kernel driver, as soon as that lets it go."""
        (self.sysfs / "driver/unbind").write_text(self.pci)

    def reset(self) -> None:
        """Has the kernel reset it."""
        (self.sysfs / "reset").write_text("1")

    def bind(self, driver: str) -> None:
        """Gives it to another kernel driver."""
        if self.driver != "none":
            self.unbind()
        (self.sysfs / "driver_override").write_text(driver)
        (PCI / "drivers_probe").write_text(self.pci)
        if self.driver != driver:
            raise OSError(f"{self.pci} is bound to {self.driver}, not to {driver}")


def nics() -> list[Nic]:
    """The NICs for DPDK, in the order of their segments."""
    return [Nic(*line.split()) for line in NICS.read_text().splitlines()]


@contextlib.contextmanager
def bound_to(driver: str, *devices: Nic):
    """Gives NICs to a driver for a while."""
    try:
        for nic in devices:
            nic.bind(driver)
        yield
    finally:
        for nic in devices:
            nic.bind("vfio-pci")


@contextlib.contextmanager
def open_to(uid: int, *nodes: Path):
    """Gives device nodes to a user for a while."""
    owners = [(node, node.stat().st_uid) for node in nodes]
    try:
        for node in nodes:
            os.chown(node, uid, -1)
        yield
    finally:
        for node, owner in owners:
            os.chown(node, owner, -1)


@contextlib.contextmanager
def hidden(node: Path):
    """Takes a device node away for a while."""
    aside = node.with_name(f"{node.name}.hidden")
    node.rename(aside)
    try:
        yield
    finally:
        aside.rename(node)


def interrupts(kind: str, nic: Nic) -> int:
    """How often vfio's interrupts of a kind ("msix", "intx") came from a NIC so far."""
    name = re.compile(rf"vfio-{kind}(\[\d+\])?\({re.escape(nic.pci)}\)")
    total = 0
    for line in Path("/proc/interrupts").read_text().splitlines():
        if name.search(line):
            counts = line.partition(":")[2].split()
            total += sum(int(count) for count in counts[:os.cpu_count()])
    return total


def open_files(pid: int) -> list[str]:
    """What the descriptors of a process refer to."""
    found = []
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            found.append(os.readlink(link))
    return sorted(found)


class KernelLog:
    """The kernel's messages from now on."""

    def __init__(self):
        self.file = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
        os.lseek(self.file, 0, os.SEEK_END)
        self.lines: list[str] = []

    def read(self) -> list[str]:
        """What is new since the last time."""
        new = []
        with contextlib.suppress(BlockingIOError):
            while True:
                record = os.read(self.file, 8192).decode(errors="replace")
                new.append(record.partition(";")[2].partition("\n")[0])
        self.lines += new
        return new

    def read_complaints(self) -> list[str]:
        """The new lines that tell of a fault."""
        return [line for line in self.read() if COMPLAINTS.search(line)]

    def close(self) -> None:
        os.close(self.file)
