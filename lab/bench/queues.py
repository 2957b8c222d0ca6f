# SPDX-License-Identifier: BSD-3-Clause
"""Instructions that a queue of an accelerator takes for each piece of a burst (lab/apps/queue.c).

The first ZIP has PASIDs and the second has none; otherwise they are the same. Both are of version
5, which copies.
"""
import re
import subprocess

from support.application import EXAMPLES, IOMMUFD, UNDER_LAUNCHER, forget_hugepages
from support.compress import PLUGINS
from support.spaces import accelerators, owned

ROUNDS = 101
BURST = 32
FIGURE = re.compile(r"^\w+: \d+ bursts, enqueue (\d+) dequeue (\d+)$", re.MULTILINE)

LAYER = "queue: ring layer"
PROCESS = "queue: ring layer, as=sva"
PASID = "queue: with a PASID"
OPERATION = "queue: compressdev operation"


def per_piece(text: str) -> float:
    """From what the application says: handing in and getting back, for one of the burst."""
    found = FIGURE.search(text)
    if not found:
        raise ValueError(f"no figures in:\n{text}")
    return (int(found[1]) + int(found[2])) / BURST


def _count(way: str, device: str, *eal: str) -> float:
    """Counts with a device, as EAL names it."""
    before = UNDER_LAUNCHER if IOMMUFD in eal else ()
    argv = [*before, EXAMPLES / "queue", way, ROUNDS, "-l", "0", "--no-pci", *eal, "-a", device]
    argv = [str(word) for word in argv]
    done = subprocess.run(argv, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    forget_hugepages(argv)
    if done.returncode:
        raise RuntimeError(f"{' '.join(argv)}: exit {done.returncode}\n{done.stdout}")
    return per_piece(done.stdout)


def figures() -> dict[str, dict[str, float]]:
    """Instructions for a copy, and for an operation."""
    with_pasids, without = (device.pci for device in accelerators())
    stock = _count("dmadev", "uacce:hisi_zip-0,queues=1")
    process = _count("ring", "iommufd:hisi_zip-0,as=sva")
    with owned(*accelerators()):
        layer = _count("ring", f"iommufd:{with_pasids}", IOMMUFD)
        plain = _count("ring", f"iommufd:{without}", IOMMUFD)
        operation = _count("compressdev", f"iommufd:{with_pasids}", IOMMUFD, *PLUGINS)
    return {
        "iommufd": {LAYER: layer, PROCESS: process, PASID: layer, OPERATION: operation},
        "dmadev": {LAYER: stock, PROCESS: stock, OPERATION: stock},
        "no pasid": {PASID: plain},
    }
