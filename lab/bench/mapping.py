# SPDX-License-Identifier: BSD-3-Clause
"""Memory that is mapped one way or another, by benches of dpdk-test-iommufd."""
from collections import defaultdict
from dataclasses import dataclass, field
from statistics import median

from bench.application import mean_of, measured, median_of, said
from labvm.figures import SAID
from support.application import EXAMPLES, IOMMUFD, allowed
from support.machine import nics

GROWN = 64           # hugepages
EXTERNAL = 256       # MiB
ROUNDS = 3           # of what is timed, not counted

Figures = dict[str, float]


@dataclass(frozen=True)
class Way:
    """How an application's memory gets mapped."""
    eal: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    cdevs: bool = False     # devices are opened by lab/apps/mapping_cdev.c, not by EAL


WAYS = {
    "type1": Way(),
    "compat": Way(),
    "iommufd": Way((IOMMUFD,)),
    "cdev": Way(("--no-pci",), {"LD_PRELOAD": str(EXAMPLES / "mapping_cdev.so")}, cdevs=True),
}
# What the bench calls it, by row
MAPPED = {
    "a further NIC": "a further device",
    "a further NIC: maps": "a further device: maps",
    "growth": "growth",
    "shrinking": "shrinking",
}
# How DPDK 26.11 registers external memory is not looked at
REGISTERED = [f"external {kind}, {EXTERNAL} MiB" for kind in ("anonymous", "file", "heap")]
BY_ADDRESS = f"external file by address, {EXTERNAL} MiB"


def _run(name: str, mebibytes: int, commands: str) -> dict[str, dict]:
    way = WAYS[name]
    environment = dict(way.environment)
    if way.cdevs:
        environment["LAB_CDEVS"] = " ".join(nic.cdev.name for nic in nics())
    devices = () if way.cdevs else allowed(*nics())
    return measured(commands, "-m", str(mebibytes), *devices, *way.eal, environment=environment,
                    options=("--disable-device-start",))


def counted(way: str, mebibytes: int = 1024) -> dict[str, dict]:
    """The instructions that mapping takes one way, and what the other choice for a file does."""
    rows = {"start-up, 1 GiB": f"start-up, {mebibytes} MiB", **MAPPED}
    external = [] if WAYS[way].cdevs else REGISTERED
    commands = ["bench startup", f"bench grow {GROWN}",
                *([f"bench map {EXTERNAL}"] if external else [])]
    found = _run(way, mebibytes, "; ".join(commands))
    figures = {way: {**{row: mean_of(found[name]) for row, name in rows.items()},
                     **{row: median_of(found[row]) for row in external}}}
    if way == "iommufd":
        figures["address"] = {f"external file, {EXTERNAL} MiB": median_of(found[BY_ADDRESS])}
        figures[SAID] = said({row: found[rows.get(row, row)] for row in figures[way]})
    return figures


def timed(ways: list[str]) -> dict[str, Figures]:
    """The milliseconds that mapping at the start takes, the ways by turns."""
    times = defaultdict(list)
    for _ in range(ROUNDS):
        for way in ways:
            found = _run(way, 4096, "bench startup")
            times[way].append(mean_of(found["start-up, 4096 MiB"]) / 1e6)
    return {way: {"start-up, 4 GiB": median(found)} for way, found in times.items()}
