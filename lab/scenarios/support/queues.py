# SPDX-License-Identifier: BSD-3-Clause
"""`bench queue` of dpdk-test-iommufd: bursts of work for an accelerator, and what they take."""
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from support.application import TEST_IOMMUFD, forget_hugepages

BURST = 32
RESULT = Path("/tmp/queue.json")    # in memory: a file of the host's would be waited for
COPIES = ("--udma",)    # by a ZIP of the iommufd bus, which else compresses


@dataclass(frozen=True)
class Bursts:
    """What the application says. A cycle of the CPU is an instruction in a machine that counts."""
    number: int     # with those that were not done in time, and aren't counted
    enqueue: float  # cycles for one piece of a burst; medians
    dequeue: float
    pasid: int      # 0: the queue has none, or the application doesn't know

    @property
    def each(self) -> float:
        """For one piece of a burst: handing in and getting back."""
        return self.enqueue + self.dequeue


def parsed(report: dict) -> Bursts:
    found = {figure["name"]: figure for figure in report["figures"] if figure["bench"] == "queue"}
    return Bursts(int(found["bursts"]["value"]), found["enqueue"]["p50"], found["dequeue"]["p50"],
                  int(found["PASID"]["value"]))


def run(name: str, rounds: int, device: str, *eal: str, options: tuple[str, ...] = ()) -> Bursts:
    """Has bursts done by a device, as DPDK and EAL name it. All of what was done must be right."""
    argv = [str(TEST_IOMMUFD), "-l", "0", "--no-pci", *eal, "-a", device, "--", *options,
            f"--json={RESULT}", "--exec", f"bench queue {name} {rounds}"]
    RESULT.unlink(missing_ok=True)
    # No time limit: where the guest waits, its clock may be ahead by any time
    done = subprocess.run(argv, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    forget_hugepages(argv)
    if done.returncode:
        raise RuntimeError(f"{' '.join(argv)}: exit {done.returncode}\n{done.stdout}")
    return parsed(json.loads(RESULT.read_text()))
