# SPDX-License-Identifier: BSD-3-Clause
"""Instructions that examples/zip_accel takes for a block that is compressed, as the CPU sees it.

The same blocks again and again, in bursts of 32; looking for what isn't done yet isn't counted. The
accelerator has done a burst before its doorbell returns.
"""
import re
import subprocess
from pathlib import Path

from support.application import forget_hugepages
from support.compress import Device
from support.network import write_payload
from support.spaces import accelerators, owned
from support.zip_accel import command

KIB = 1024
LARGEST = 65280     # BGZF's, and nearly what an mbuf can have
SIZES = {"1 KiB": KIB, "4 KiB": 4 * KIB, "16 KiB": 16 * KIB, "64 KiB": LARGEST}
LENGTH = 32 * LARGEST
ROUNDS = 8
INPUT = Path("/tmp/input")      # in memory: a file of the host's would be waited for
FOUND = re.compile(r"([\d.]+) for each")

# Options, and how many rounds
WAYS = {
    "iommufd": ((), ROUNDS),
    "copying": (("--copy",), ROUNDS),
    "software": (("--level", "1"), 1),
}


def _per_block(way: str, pci: str, size: int) -> float:
    options, rounds = WAYS[way]
    device = None if way == "software" else Device(pci, "shared")
    argv = command(device, "--input", INPUT, "--block-size", size, "--repeat", rounds,
                   "--timeout", 3600, *options)
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    forget_hugepages(argv)
    found = FOUND.search(done.stdout)
    if done.returncode or not found:
        raise RuntimeError(f"{' '.join(argv)}: exit {done.returncode}\n{done.stdout}")
    return float(found[1])


def figures() -> dict[str, dict[str, float]]:
    """Instructions for a block, by way."""
    write_payload(INPUT, LENGTH)
    with owned(*accelerators()):
        pci = accelerators()[0].pci
        return {way: {f"zip {name}": _per_block(way, pci, size) for name, size in SIZES.items()}
                for way in WAYS}
