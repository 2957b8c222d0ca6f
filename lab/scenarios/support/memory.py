# SPDX-License-Identifier: BSD-3-Clause
"""What the kernel counts of memory."""
import re
from pathlib import Path

VMSTAT = Path("/proc/vmstat")


def vmstat() -> dict[str, int]:
    """The kernel's counters, most of them in pages."""
    return {name: int(value) for name, value in map(str.split, VMSTAT.read_text().splitlines())}


def pinned_pages() -> int:
    """Pages of 4 KiB that are pinned for devices now, in the whole machine."""
    counters = vmstat()
    return counters["nr_foll_pin_acquired"] - counters["nr_foll_pin_released"]


def status(pid: int) -> dict[str, int]:
    """The sizes that the kernel has for a process, in bytes: VmRSS, VmPin, VmLck, ..."""
    text = Path(f"/proc/{pid}/status").read_text()
    return {name: int(kib) << 10 for name, kib in re.findall(r"^(\w+):\s+(\d+) kB$", text, re.M)}
