# SPDX-License-Identifier: BSD-3-Clause
"""The page tables of an Intel IOMMU, as they are in memory.

The kernel's debugfs prints, for each entry that maps something, its I/O page frame and the entries
on the way to it, topmost first. Both formats of tables (first and second stage) have what is
needed in the same bits.
"""
import re
from dataclasses import dataclass
from pathlib import Path

from support.machine import Nic
from support.translation import Piece

DEBUGFS = Path("/sys/kernel/debug/iommu/intel")
ROOT = re.compile(r"^Device \S+ (?:with pasid \w+ )?@(0x[0-9a-f]+)$", re.MULTILINE)
ADDRESS = 0x000f_ffff_ffff_f000
READ_WRITE = 3
# By the number of entries on the way: PML5E, PML4E, PDPE, then PDE, then PTE
LEAF_SIZES = {3: 1 << 30, 4: 2 << 20, 5: 4 << 10}


@dataclass(frozen=True)
class PageTable:
    """What a device's DMA goes through. Equal roots mean one table, not two alike."""
    root: int | None
    pieces: list[Piece]

    @property
    def ranges(self) -> list[tuple[int, int]]:
        """(IOVA, length) of all that can be reached, neighbours joined."""
        ranges: list[tuple[int, int]] = []
        for piece in sorted(self.pieces, key=lambda piece: piece.iova):
            if ranges and sum(ranges[-1]) == piece.iova:
                ranges[-1] = (ranges[-1][0], ranges[-1][1] + piece.length)
            else:
                ranges.append((piece.iova, piece.length))
        return ranges


def _leaf(line: str) -> Piece:
    frame, _, entries = line.partition("|")
    way = [int(entry, 16) for entry in entries.split()]
    length = LEAF_SIZES[len(way)]
    assert way[-1] & READ_WRITE == READ_WRITE, f"not readable and writable: {line}"
    return Piece(int(frame, 16) << 12, way[-1] & ADDRESS & ~(length - 1), length)


def page_table(nic: Nic, pasid: int | None = None) -> PageTable:
    """The page table that the IOMMU now uses for a device, or for one of its PASIDs."""
    directory = DEBUGFS / nic.pci / ("" if pasid is None else f"{pasid:x}")
    if not directory.exists():
        return PageTable(None, [])
    text = (directory / "domain_translation_struct").read_text()
    root = ROOT.search(text)
    return PageTable(int(root[1], 16) if root else None,
                     [_leaf(line) for line in text.splitlines() if "|" in line])
