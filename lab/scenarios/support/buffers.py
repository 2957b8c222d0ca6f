# SPDX-License-Identifier: BSD-3-Clause
"""Memory that isn't EAL's, in lab/apps/vfio.c, and how its commands name what is mapped where."""
from support.application import Vfio
from support.memsegs import PAGE, Segment

KIB = 1 << 10
MIB = 1 << 20
GIB = 1 << 30

# Far from EAL's own, which are its addresses
IOVA = 64 * GIB
LENGTH = 64 * KIB


def buffer(app: Vfio, iova: int = IOVA, length: int = LENGTH, kind: str = "anonymous",
           page: int = PAGE) -> Segment:
    """Memory of the application's own, and where it is to be mapped."""
    va, _ = app.buffer(kind, length)
    return Segment(va, iova, length, page)


def part(whole: Segment, offset: int, length: int, va: int | None = None) -> Segment:
    """A range inside of what is mapped, or the same IOVAs with another address."""
    return Segment(whole.va + offset if va is None else va, whole.iova + offset, length,
                   whole.page)


def words(mapped: Segment) -> str:
    """A mapping's address, IOVA and length for a command."""
    return f"{mapped.va:#x} {mapped.iova:#x} {mapped.length:#x}"


def blocked(nics) -> list[str]:
    """EAL's arguments that leave it without these NICs until it is told to attach them."""
    return [word for nic in nics for word in ("-b", nic.pci)]
