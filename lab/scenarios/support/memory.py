# SPDX-License-Identifier: BSD-3-Clause
"""What the kernel counts of memory."""
import re
from pathlib import Path

VMSTAT = Path("/proc/vmstat")
STAT_REFRESH = Path("/proc/sys/vm/stat_refresh")


def vmstat() -> dict[str, int]:
    """The kernel's counters, most of them in pages."""
    STAT_REFRESH.read_text()  # brings in what each CPU counts for itself
    return {name: int(value) for name, value in map(str.split, VMSTAT.read_text().splitlines())}


def forget_what_is_not_needed() -> None:
    """Has the kernel give back what it keeps only in case that it is wanted again."""
    Path("/proc/sys/vm/drop_caches").write_text("3")
    for shrink in Path("/sys/kernel/slab").glob("*/shrink"):
        shrink.write_text("1")


def pinned_pages() -> int:
    """Pages of 4 KiB that are pinned for devices now, in the whole machine."""
    counters = vmstat()
    return counters["nr_foll_pin_acquired"] - counters["nr_foll_pin_released"]


def status(pid: int) -> dict[str, int]:
    """The sizes that the kernel has for a process, in bytes: VmRSS, VmPin, VmLck, ..."""
    text = Path(f"/proc/{pid}/status").read_text()
    return {name: int(kib) << 10 for name, kib in re.findall(r"^(\w+):\s+(\d+) kB$", text, re.M)}
