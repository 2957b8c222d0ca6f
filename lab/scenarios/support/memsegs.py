# SPDX-License-Identifier: BSD-3-Clause
"""An application's memory: EAL's segments, and where they are in physical memory."""
import os
import re
import struct
from dataclasses import dataclass

from support.application import Interactive, Testpmd
from support.translation import Piece

PAGE = 4096
PRESENT = 1 << 63
FRAME = (1 << 55) - 1

TESTPMD_LINE = re.compile(
    r"IOVA:(?P<iova>0x[0-9a-f]+), len:(?P<length>\d+), virt:(?P<va>0x[0-9a-f]+), "
    r"socket_id:-?\d+, hugepage_sz:(?P<page>\d+)")
MEMORY_LINE = re.compile(
    r"segment (?P<va>0x[0-9a-f]+) (?P<iova>0x[0-9a-f]+) (?P<length>\d+) (?P<page>\d+)")


@dataclass(frozen=True)
class Segment:
    """One of EAL's memory segments."""
    va: int
    iova: int
    length: int
    page: int

    @property
    def end(self) -> int:
        return self.iova + self.length


def segments(app: Interactive) -> list[Segment]:
    """The segments that an application says it has."""
    if isinstance(app, Testpmd):
        text, line = app.command("dump_physmem"), TESTPMD_LINE
    else:
        text, line = app.command("segments"), MEMORY_LINE
    found = [Segment(**{name: int(value, 0) for name, value in match.groupdict().items()})
             for match in line.finditer(text)]
    assert found, f"no memory segments in:\n{text}"
    return found


def size(found: list[Segment]) -> int:
    """Bytes in all."""
    return sum(segment.length for segment in found)


def in_physical_memory(pid: int, found: list[Segment]) -> list[Piece]:
    """Where each page of the segments really is, by the IOVA that devices know it by."""
    pieces = []
    pagemap = os.open(f"/proc/{pid}/pagemap", os.O_RDONLY)
    try:
        for segment in found:
            for offset in range(0, segment.length, segment.page):
                entry, = struct.unpack("Q", os.pread(
                    pagemap, 8, (segment.va + offset) // PAGE * 8))
                assert entry & PRESENT, f"{segment.va + offset:#x} is not in memory"
                pieces.append(Piece(segment.iova + offset, (entry & FRAME) * PAGE, segment.page))
    finally:
        os.close(pagemap)
    return pieces
