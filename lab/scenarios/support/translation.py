# SPDX-License-Identifier: BSD-3-Clause
"""Two ways to translate addresses, compared."""
from typing import NamedTuple

SHOWN = 20


class Piece(NamedTuple):
    """A contiguous range of I/O addresses and the physical memory behind it."""
    iova: int
    physical: int
    length: int

    @property
    def end(self) -> int:
        return self.iova + self.length


def merged(pieces) -> list[Piece]:
    """The same translation in as few pieces as possible: what page sizes made it doesn't matter."""
    runs: list[Piece] = []
    for piece in sorted(pieces):
        last = runs[-1] if runs else None
        if last and last.end == piece.iova and last.physical + last.length == piece.physical:
            runs[-1] = last._replace(length=last.length + piece.length)
        else:
            runs.append(piece)
    return runs


def _behind(runs: list[Piece], points: list[int]) -> list[int | None]:
    """The physical address behind each of the sorted points, None where there is none."""
    found, index = [], 0
    for point in points:
        while index < len(runs) and runs[index].end <= point:
            index += 1
        inside = index < len(runs) and runs[index].iova <= point
        found.append(runs[index].physical + point - runs[index].iova if inside else None)
    return found


def differences(expected, actual) -> list[str]:
    """What is missing, extra or wrong in the second translation, a line for each range."""
    expected, actual = merged(expected), merged(actual)
    if expected == actual:
        return []
    points = sorted({edge for run in expected + actual for edge in (run.iova, run.end)})
    lines = []
    pairs = zip(points, points[1:], _behind(expected, points), _behind(actual, points))
    for start, end, right, found in pairs:
        if right == found:
            continue
        what = f"{start:#x}-{end - 1:#x} ({(end - start) // 1024} KiB)"
        if found is None:
            lines.append(f"missing: {what}, should be at {right:#x}")
        elif right is None:
            lines.append(f"extra: {what}, is at {found:#x}")
        else:
            lines.append(f"wrong: {what}, is at {found:#x}, should be at {right:#x}")
    return lines


def assert_same(expected, actual, what: str) -> None:
    """Fails with the differences."""
    lines = differences(expected, actual)
    more = f"\n... and {len(lines) - SHOWN} more" if len(lines) > SHOWN else ""
    assert not lines, f"{what}: {len(lines)} ranges differ\n" + "\n".join(lines[:SHOWN]) + more
