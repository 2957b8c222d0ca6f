# SPDX-License-Identifier: BSD-3-Clause
"""An application's memory: EAL's segments, and where they are in physical memory."""
import os
import re
import struct
from dataclasses import dataclass, replace

from support.application import Interactive, OwnApplication
from support.translation import Piece

PAGE = 4096
GIB = 1 << 30
PRESENT = 1 << 63
FRAME = (1 << 55) - 1

DUMP_LINE = re.compile(
    r"IOVA:(?P<iova>0x[0-9a-f]+), len:(?P<length>\d+), virt:(?P<va>0x[0-9a-f]+), "
    r"socket_id:(?P<node>-?\d+), hugepage_sz:(?P<page>\d+)")
OWN_LINE = re.compile(
    r"segment (?P<va>0x[0-9a-f]+) (?P<iova>0x[0-9a-f]+) (?P<length>\d+) (?P<page>\d+) "
    r"(?P<node>-?\d+) own")


@dataclass(frozen=True)
class Segment:
    """One of EAL's memory segments, or other memory that is mapped for devices."""
    va: int
    iova: int
    length: int
    page: int = PAGE
    node: int = 0

    @property
    def end(self) -> int:
        return self.iova + self.length


def segments(app: Interactive) -> list[Segment]:
    """EAL's own segments, as an application says that they are."""
    if isinstance(app, OwnApplication):
        texts, line = map(app.command, ("segments",)), OWN_LINE
    else:
        # The command's name in testpmd of DPDK 25.11, and everywhere before
        texts, line = map(app.command, ("dump physmem", "dump_physmem")), DUMP_LINE
    for text in texts:
        found = [Segment(**{name: int(value, 0) for name, value in match.groupdict().items()})
                 for match in line.finditer(text)]
        if found:
            return found
    raise AssertionError(f"{app} shows no memory segments")


def size(found: list[Segment]) -> int:
    """Bytes in all."""
    return sum(segment.length for segment in found)


def areas(found: list[Segment]) -> list[Segment]:
    """What one call each can map: neighbours together, but nothing across a 1 GiB boundary.

    That boundary is the library's; iommufd_ioas.c says why.
    """
    whole: list[Segment] = []
    for segment in sorted(found, key=lambda segment: segment.iova):
        last = whole[-1] if whole else None
        if last and (last.end, last.va + last.length, last.node) == (
                segment.iova, segment.va, segment.node) and segment.iova % GIB:
            whole[-1] = replace(last, length=last.length + segment.length)
        else:
            whole.append(segment)
    return whole


def _frame(pagemap: int, memory: int, address: int) -> int:
    """The physical page at an address of a process."""
    # What was never touched is in its file only, until it is looked at
    os.pread(memory, 1, address)
    entry, = struct.unpack("Q", os.pread(pagemap, 8, address // PAGE * 8))
    assert entry & PRESENT, f"{address:#x} is not in memory"
    return (entry & FRAME) * PAGE


def in_physical_memory(pid: int, found: list[Segment]) -> list[Piece]:
    """Where each page of the segments really is, by the IOVA that devices know it by."""
    pagemap = os.open(f"/proc/{pid}/pagemap", os.O_RDONLY)
    memory = os.open(f"/proc/{pid}/mem", os.O_RDONLY)
    try:
        return [Piece(segment.iova + offset, _frame(pagemap, memory, segment.va + offset),
                      segment.page)
                for segment in found for offset in range(0, segment.length, segment.page)]
    finally:
        os.close(memory)
        os.close(pagemap)
