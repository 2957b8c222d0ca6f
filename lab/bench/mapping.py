# SPDX-License-Identifier: BSD-3-Clause
"""lab/apps/mapping.c, run so that memory is mapped one way or another."""
import subprocess
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench import sums
from support.application import EXAMPLES, IOMMUFD, UNDER_LAUNCHER, allowed, forget_hugepages
from support.ioctls import MAPS, Recording
from support.machine import nics

MIB = 1 << 20
HUGEPAGE = 2 * MIB
GROWN = 64           # hugepages
EXTERNAL = 256       # MiB
ROUNDS = 3           # of what is timed, not counted
RECORDS = Path("/tmp/requests")  # in memory: a file of the host's would be waited for

Figures = dict[str, float]


@dataclass(frozen=True)
class Way:
    """How an application's memory gets mapped."""
    before: tuple[str, ...] = ()
    eal: tuple[str, ...] = ()
    cdevs: bool = False     # devices are opened by the application, not by EAL


WAYS = {
    "type1": Way(),
    "compat": Way(),
    "iommufd": Way(UNDER_LAUNCHER, (IOMMUFD,)),
    "cdev": Way(eal=("--no-pci",), cdevs=True),
}


class Run:
    """One run of the application; the requests of each phase are in a file of their own."""

    def __init__(self, way: str, memory: int, commands: list[str]):
        self.way = WAYS[way]
        self.directory = RECORDS / way
        self.directory.mkdir(parents=True, exist_ok=True)
        for file in self.directory.iterdir():
            file.unlink()
        devices = () if self.way.cdevs else allowed(*nics())
        argv = [*self.way.before, EXAMPLES / "mapping", "-l", "0", "-m", str(memory), *devices,
                *self.way.eal]
        self._run([str(word) for word in argv], commands)

    def _run(self, argv: list[str], commands: list[str]) -> None:
        if self.way.cdevs:
            commands = [f"cdev {' '.join(nic.cdev.name for nic in nics())}", *commands]
        start = self._recording("start")
        done = subprocess.run([*start.before, *argv], text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, input="\n".join(commands) + "\n")
        forget_hugepages(argv)
        if done.returncode:
            raise RuntimeError(f"{' '.join(argv)}: exit {done.returncode}\n{done.stdout}")

    def _recording(self, phase: str) -> Recording:
        return Recording(self.directory / phase)

    def calls(self, phase: str):
        return self._recording(phase).calls()


def _phase(way: str, name: str, *commands: str) -> list[str]:
    return [f"requests {RECORDS / way / name}", *commands]


def _commands(way: str) -> list[str]:
    commands = ["fill", *_phase(way, "growth", f"grow {GROWN}"),
                *_phase(way, "shrinking", "shrink")]
    # How DPDK 26.11 registers external memory is not looked at
    if not WAYS[way].cdevs:
        for kind in ("anonymous", "shared", "file", "heap"):
            commands += _phase(way, kind, f"{kind} {EXTERNAL}")
    return [*commands, *_phase(way, "end")]


def _registering(run: Run, kind: str) -> int:
    return sums.of_range(run.calls(kind), MAPS, EXTERNAL * MIB)


def counted(way: str) -> dict[str, Figures]:
    """The instructions that mapping takes one way, and what the other choice for a file does."""
    run = Run(way, 1024, _commands(way))
    start = run.calls("start")
    figures = {
        "start-up, 1 GiB": sums.start_up(start),
        "a further NIC": sums.further_device(start),
        "a further NIC: maps": sums.maps_for_further_devices(start),
        "growth": sums.per_page(run.calls("growth"), GROWN, HUGEPAGE),
        "shrinking": sums.per_page(run.calls("shrinking"), GROWN, HUGEPAGE),
    }
    if WAYS[way].cdevs:
        return {way: figures}
    for kind in ("anonymous", "file", "heap"):
        figures[f"external {kind}, 256 MiB"] = _registering(run, kind)
    if way != "iommufd":
        return {way: figures}
    return {way: figures, "address": {"external file, 256 MiB": _registering(run, "shared")}}


def timed(ways: list[str]) -> dict[str, Figures]:
    """The milliseconds that mapping at the start takes, the ways by turns."""
    times = defaultdict(list)
    for _ in range(ROUNDS):
        for way in ways:
            start = Run(way, 4096, _phase(way, "end")).calls("start")
            times[way].append(sums.total(sums.about_address_spaces(start)) / 1e6)
    return {way: {"start-up, 4 GiB": median(found)} for way, found in times.items()}
