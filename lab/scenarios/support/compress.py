# SPDX-License-Identifier: BSD-3-Clause
"""compressdev applications on the ZIPs: Debian's, and lab/apps/compress.c."""
import contextlib
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from support.application import (BUILD, EXAMPLES, IOMMUFD, Prompted, UNDER_LAUNCHER, allowed,
                                 forget_hugepages)
from support.machine import Nic
from support.spaces import owned

DRIVER = "compress_hisi_zip"
PLUGINS = [word for library in ("librte_bus_iommufd.so", "librte_compress_hisi_zip.so")
           for word in ("-d", str(BUILD / "install/lib" / library))]
SECONDS = 240


@dataclass(frozen=True)
class Device:
    """One for EAL, and what EAL needs for it."""
    name: str               # "hisi_zip-0", or a PCI address
    address_space: str      # "sva", "shared", "private"

    @property
    def full_name(self) -> str:
        return f"iommufd:{self.name}"

    @property
    def devargs(self) -> str:
        return f"{self.full_name},as={self.address_space}"

    @property
    def before(self) -> tuple[str, ...]:
        return () if self.address_space == "sva" else UNDER_LAUNCHER

    @property
    def eal(self) -> list[str]:
        flag = [] if self.address_space == "sva" else [IOMMUFD]
        return [*PLUGINS, *flag]


@contextlib.contextmanager
def device(zip_, address_space: str):
    """A ZIP, for a driver in user space."""
    if address_space == "sva":
        yield Device(zip_.name, address_space)
    else:
        pci = zip_.pci
        with owned(Nic(pci, "")):
            yield Device(pci, address_space)


def stock(used: Device, program: str, *application: str, **environment: str) -> str:
    """Runs a program of DPDK's, which must succeed; returns all it said."""
    argv = [*used.before, program, "-l", "0-1", "--no-pci", *used.eal, "-a", used.devargs,
            *application]
    result = subprocess.run(argv, env={**os.environ, **environment}, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, timeout=SECONDS)
    forget_hugepages(argv)
    assert result.returncode == 0, result.stdout
    return result.stdout


class Compress(Prompted):
    """A running lab/apps/compress.c."""
    prompt = "compress> "

    def __init__(self, used: Device, *arguments: str, probe: bool = True,
                 nics: tuple[Nic, ...] = (), eal: tuple[str, ...] = ()):
        pci = allowed(*nics) if nics else ["--no-pci"]
        which = ["-a", ",".join([used.devargs, *arguments])] if probe else \
            ["-b", used.full_name]
        super().__init__([*used.before, EXAMPLES / "compress", "-l", "0", *pci, *used.eal,
                          *eal, *which])

    def buffer(self, kind: str, size: int, segments: int = 1) -> "Buffer":
        answer = self.command(f"buffer {kind} {size} {segments}")
        found = re.search(r"^buffer (\d+) at (\w+)$", answer, re.MULTILINE)
        assert found, answer
        return Buffer(int(found[1]), int(found[2], 16), size)

    def text(self, size: int, kind: str = "eal", segments: int = 1) -> "Buffer":
        """A buffer with text in it."""
        made = self.buffer(kind, size, segments)
        self.done(f"text {made.number} 1")
        return made

    def pair(self, number: int) -> None:
        """Chooses the queue pair that is meant from now on."""
        self.done(f"pair {number}")

    def share(self, *buffers: "Buffer", access: str = "rw") -> None:
        """Puts buffers into the address spaces of the pair's queues."""
        for buffer in buffers:
            self.done(f"share {buffer.number} {access}")

    def unshare(self, *buffers: "Buffer") -> None:
        for buffer in buffers:
            self.done(f"unshare {buffer.number}")

    def request(self, what: str, source: "Buffer", destination: "Buffer",
                length: int | None = None) -> tuple[str, int, int]:
        """Has an operation done: its status, what was consumed and produced."""
        answer = self.command(f"request {what} {source.number} "
                              f"{source.size if length is None else length} "
                              f"{destination.number}").splitlines()[-1]
        found = re.fullmatch(r"(\w+): consumed (\d+) produced (\d+)", answer)
        assert found, answer
        return found[1], int(found[2]), int(found[3])

    def repeat(self, what: str, source: "Buffer", destination: "Buffer") -> None:
        """Has an operation done again and again, until stop()."""
        self.child.sendline(f"repeat {what} {source.number} {source.size} {destination.number}")

    def stop(self) -> int:
        """How often; all were successes."""
        self.child.sendline("")
        answer = self.expect(self.prompt)
        self.expect(self.prompt)    # the empty line is no command
        found = re.search(r"^repeated (\d+)$", answer, re.MULTILINE)
        assert found, answer
        return int(found[1])

    def refused(self, what: str, source: "Buffer", destination: "Buffer", length: int) -> str:
        """Hands in an operation that isn't taken: its status."""
        answer = self.command(f"enqueue {what} {source.number} {length} {destination.number}")
        found = re.fullmatch(r"refused: (\w+)", answer.splitlines()[-1])
        assert found, answer
        return found[1]

    def round_trip(self, source: "Buffer", kind: str = "eal", segments: int = 1) -> None:
        """Compresses a buffer and decompresses that, which must give the same."""
        packed, unpacked = (self.buffer(kind, source.size, segments) for _ in range(2))
        status, consumed, produced = self.request("compress", source, packed)
        assert (status, consumed) == ("SUCCESS", source.size)
        assert 0 < produced < source.size
        assert self.request("decompress", packed, unpacked, produced) == (
            "SUCCESS", produced, source.size)
        answer = self.command(f"same {source.number} {unpacked.number} {source.size}")
        assert answer.splitlines()[-1] == "same"

    def saved(self, buffer: "Buffer", size: int, path: Path) -> bytes:
        """What a buffer begins with."""
        self.done(f"save {buffer.number} {size} {path}")
        return path.read_bytes()

    @property
    def sum(self) -> int:
        """The checksum that came with the last operation."""
        return self.number("sum", "sum")

    def stats(self) -> dict[str, int]:
        return {name: int(value) for name, value in
                re.findall(r"(\w+) (\d+)", self.command("stats").splitlines()[-1])}


@dataclass(frozen=True)
class Buffer:
    """Memory of lab/apps/compress.c."""
    number: int
    address: int
    size: int
