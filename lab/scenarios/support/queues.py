# SPDX-License-Identifier: BSD-3-Clause
"""lab/apps/queue.c: bursts of work for an accelerator, one way or another, and what they take."""
import re
import subprocess
from dataclasses import dataclass

from support.application import EXAMPLES, IOMMUFD, UNDER_LAUNCHER, forget_hugepages

BURST = 32
FIGURES = re.compile(r"^\w+: (\d+) bursts, enqueue (\d+) dequeue (\d+)$", re.MULTILINE)
PASID = re.compile(r"^pasid (\d+)$", re.MULTILINE)


@dataclass(frozen=True)
class Bursts:
    """What the application says. A cycle of the CPU is an instruction in a machine that counts."""
    number: int     # with those that were not done in time, and aren't counted
    enqueue: int    # cycles for one
    dequeue: int
    pasid: int      # 0: the queue has none, or the application doesn't know

    @property
    def each(self) -> float:
        """For one piece of a burst: handing in and getting back."""
        return (self.enqueue + self.dequeue) / BURST


def parsed(text: str) -> Bursts:
    found, pasid = FIGURES.search(text), PASID.search(text)
    if not found:
        raise ValueError(f"no figures in:\n{text}")
    return Bursts(*map(int, found.groups()), int(pasid[1]) if pasid else 0)


def run(way: str, rounds: int, device: str, *eal: str) -> Bursts:
    """Has bursts done by a device, as EAL names it. All of what was done must be right."""
    before = UNDER_LAUNCHER if IOMMUFD in eal else ()
    argv = [*map(str, (*before, EXAMPLES / "queue", way, rounds, "-l", "0", "--no-pci", *eal,
                       "-a", device))]
    # No time limit: where the guest waits, its clock may be ahead by any time
    done = subprocess.run(argv, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    forget_hugepages(argv)
    if done.returncode:
        raise RuntimeError(f"{' '.join(argv)}: exit {done.returncode}\n{done.stdout}")
    return parsed(done.stdout)
