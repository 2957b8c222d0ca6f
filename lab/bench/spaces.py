# SPDX-License-Identifier: BSD-3-Clause
"""lab/apps/spaces.c, run so that memory gets into an address space one way or another, and PASIDs
are bound to one.

The shared space has the memory all the time, and devices reach it there: it is pinned already.
"""
import itertools
from pathlib import Path
from statistics import median

import pexpect

from bench import sums
from support.ioctls import MAPS, UNMAPS, Recording
from support.spaces import Spaces, accelerators, owned

MIB = 1 << 20
SIZE = 512 * MIB
PAGE = 4096
PIECE = 2 * MIB
# In all spaces. Its gigabyte has no border inside of SIZE, at which a mapping would be cut
IOVA = 1 << 38
# An interrupt more or less is 70 thousand instructions
ROUNDS = {SIZE: 3, PAGE: 15}
BINDINGS = 15
TABLES = 3
RECORD = Path("/tmp/requests")  # in memory: a file of the host's would be waited for

Figures = dict[str, dict[str, float]]


class Unhurried(Spaces):
    """Without time limits: where the guest waits, its clock is ahead by any time."""

    def expect(self, pattern: str, seconds: float | None = None) -> str:
        return super().expect(pattern, None)

    def expect_end(self, seconds: float | None = None) -> None:
        self.child.expect(pexpect.EOF, timeout=None)


class Measured:
    """The application, a ZIP, and a space with a PASID beside the shared one."""

    def __init__(self, app: Spaces, pci: str, recording: Recording):
        self.app = app
        self.pci = pci
        self.recording = recording
        app.done(f"device open {pci}")
        self.memory = app.buffer(1, SIZE)
        app.done(f"map_file shared {self.memory:#x} {SIZE} {IOVA:#x} rw")
        self.space = app.space()
        app.bind(pci, self.space)
        self.pasid = app.bind(pci, "shared")

    def counted(self, command, *arguments) -> list:
        """The requests of a command."""
        self.recording.forget()
        command(*arguments)
        calls = self.recording.calls()
        if any(call.error for call in calls):
            raise RuntimeError(f"{arguments}: a request was refused")
        return calls

    def line_of(self, way: str, length: int, offset: int = 0) -> str:
        """The command that maps what is at an offset in the memory."""
        iova, memory = IOVA + offset, self.memory + offset
        if way == "iommufd":
            return f"copy {self.space} {iova:#x} shared {iova:#x} {length} rw"
        command = {"by file": "map_file", "by address": "map"}[way]
        return f"{command} {self.space} {memory:#x} {length} {iova:#x} rw"

    def map(self, way: str, length: int, piece: int | None = None) -> int:
        piece = piece or length

        def in_pieces():
            for offset in range(0, length, piece):
                self.app.done(self.line_of(way, piece, offset))

        return sums.of_range(self.counted(in_pieces), MAPS, length)

    def unmap(self, length: int) -> int:
        line = f"unmap {self.space} {IOVA:#x} {length}"
        return sums.of_range(self.counted(self.app.done, line), UNMAPS, length)

    def bind(self) -> tuple[int, int]:
        """One PASID more for the shared space, which is unbound again: both."""
        bound = []
        binding = sums.total(self.counted(lambda: bound.append(self.app.bind(self.pci, "shared"))))
        return binding, sums.total(self.counted(self.app.done, f"unbind {self.pci} {bound[0]}"))

    def bind_with_a_table(self) -> tuple[int, int]:
        """The same, on a page table of its own."""
        made = []

        def bind():
            table = self.app.number(f"pt create shared {self.pci}", "pt")
            made.extend([table, self.app.bind(self.pci, "shared", pt=table)])

        def unbind():
            self.app.done(f"unbind {self.pci} {made[1]}")
            self.app.done(f"pt destroy shared {made[0]}")

        return sums.total(self.counted(bind)), sums.total(self.counted(unbind))

    def rebind(self, space) -> int:
        line = f"rebind {self.pci} {space} {self.pasid} auto"
        return sums.total(self.counted(self.app.done, line))

    def unbind_and_bind(self, space) -> int:
        def move():
            self.app.done(f"unbind {self.pci} {self.pasid}")
            self.app.bind(self.pci, space, self.pasid)

        return sums.total(self.counted(move))


def _mapping(measured: Measured, way: str, length: int, name: str) -> dict[str, float]:
    rounds = [(measured.map(way, length), measured.unmap(length)) for _ in range(ROUNDS[length])]
    mapped, unmapped = (median(column) for column in zip(*rounds))
    return {f"as {name}: map": mapped, f"as {name}: unmap": unmapped,
            f"as {name}: both": mapped + unmapped}


def _in_pieces(measured: Measured) -> float:
    figure = measured.map("iommufd", SIZE, PIECE)
    measured.unmap(SIZE)
    return figure


def _medians(rounds: list[tuple[int, int]]) -> dict[str, float]:
    return dict(zip(("as bind", "as unbind"), (median(column) for column in zip(*rounds))))


def _moving(measured: Measured, move) -> float:
    spaces = itertools.islice(itertools.cycle([measured.space, "shared"]), 2 * BINDINGS)
    return median([move(space) for space in spaces])


def _measure(measured: Measured) -> Figures:
    found: Figures = {}
    for way in ("iommufd", "by file", "by address"):
        found[way] = {**_mapping(measured, way, SIZE, "512 MiB"),
                      **_mapping(measured, way, PAGE, "4 KiB")}
    found["iommufd"]["as 512 MiB in 256 pieces: map"] = _in_pieces(measured)
    found["in one piece"] = {"as 512 MiB in 256 pieces: map": found["iommufd"]["as 512 MiB: map"]}
    found["iommufd"].update(_medians([measured.bind() for _ in range(BINDINGS)]))
    found["own table"] = _medians([measured.bind_with_a_table() for _ in range(TABLES)])
    found["iommufd"]["as rebind"] = _moving(measured, measured.rebind)
    found["anew"] = {"as rebind": _moving(measured, measured.unbind_and_bind)}
    return found


def figures() -> Figures:
    """Instructions of requests, by way."""
    recording = Recording(RECORD)
    with owned(*accelerators()), Unhurried([], before=recording.before) as app:
        return _measure(Measured(app, accelerators()[0].pci, recording))
