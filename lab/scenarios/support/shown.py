# SPDX-License-Identifier: BSD-3-Clause
"""What `show iommufd` of dpdk-test-iommufd says, as numbers."""
import re
from dataclasses import dataclass, field

UNITS = {"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
SPACE = re.compile(r"address space (\d+), (\w+): (\d+) mappings?, (.*)")
MAPPING = re.compile(r"  (0x\w{16})  (0x\w{16}) +(\d+ \w+) +(\d+ \w+|\?)  (.*)")
TABLE = re.compile(r"  page table (\d+) of (\w+): (\d+) devices?, (\d+) PASIDs?")
USER = re.compile(r"    device ([\w:.]+)(?:, PASID (\d+))?")
SUMS = re.compile(r"in all: (\d+) address spaces?, (\d+) page tables?, (\d+) devices?, "
                  r"(\d+) PASIDs?, (\d+) mappings?, (.*)")


def in_bytes(size: str) -> int:
    """As 2 MiB."""
    number, unit = size.split()
    return int(number) * UNITS[unit]


@dataclass
class Mapping:
    first: int
    last: int
    length: int
    page: int | None
    origin: str


@dataclass
class Table:
    number: int
    iommu: str
    n_devices: int
    n_pasids: int
    users: list[tuple[str, int | None]] = field(default_factory=list)  # device, PASID


@dataclass
class Space:
    number: int
    kind: str
    n_mappings: int
    length: int
    mappings: list[Mapping] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)

    @property
    def runs(self) -> list[tuple[int, int]]:
        """(first address, length) of what is mapped, neighbours joined."""
        found: list[tuple[int, int]] = []
        for one in sorted(self.mappings, key=lambda one: one.first):
            if found and sum(found[-1]) == one.first:
                found[-1] = (found[-1][0], found[-1][1] + one.length)
            else:
                found.append((one.first, one.length))
        return found


@dataclass
class Shown:
    spaces: dict[int, Space]
    sums: tuple[int, ...]  # address spaces, page tables, devices, PASIDs, mappings, bytes


def read(text: str) -> Shown:
    """Takes it apart; each line must be one that is known."""
    spaces: list[Space] = []
    sums: tuple[int, ...] = ()
    for line in text.replace("\r", "").splitlines():
        if found := SPACE.fullmatch(line):
            spaces.append(Space(int(found[1]), found[2], int(found[3]), in_bytes(found[4])))
        elif found := MAPPING.fullmatch(line):
            spaces[-1].mappings.append(Mapping(
                int(found[1], 0), int(found[2], 0), in_bytes(found[3]),
                None if found[4] == "?" else in_bytes(found[4]), found[5]))
        elif found := TABLE.fullmatch(line):
            spaces[-1].tables.append(Table(int(found[1]), found[2], int(found[3]), int(found[4])))
        elif found := USER.fullmatch(line):
            spaces[-1].tables[-1].users.append((found[1], int(found[2]) if found[2] else None))
        elif found := SUMS.fullmatch(line):
            sums = (*map(int, found.groups()[:5]), in_bytes(found[6]))
        else:
            assert not line or re.match(r"show |/dev/iommu is open|  first address ", line), line
    return Shown({space.number: space for space in spaces}, sums)
