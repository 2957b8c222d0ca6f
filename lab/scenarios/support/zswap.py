# SPDX-License-Identifier: BSD-3-Clause
"""What the kernel compresses with the ZIP for itself: pages that it swaps."""
import contextlib
import re
import subprocess
from pathlib import Path

ALGORITHM = "hisi-deflate-acomp"
PAGE = 4096
MADV_PAGEOUT = 21
SWAP = Path("/dev/ram0")
ZSWAP = Path("/sys/module/zswap/parameters")
ZSWAP_COUNTERS = Path("/sys/kernel/debug/zswap")
LIBRARIES = Path("/usr/lib/x86_64-linux-gnu")


def real_files(size: int) -> bytes:
    """So much of this machine's own libraries."""
    data = bytearray()
    for path in sorted(LIBRARIES.rglob("*.so*")):
        if path.is_file() and not path.is_symlink():
            data += path.read_bytes()
            if len(data) >= size:
                return bytes(data[:size])
    raise AssertionError(f"{LIBRARIES} has {len(data)} bytes only")


@contextlib.contextmanager
def compressed_swap():
    """Swap in memory, in front of which the kernel compresses with the ZIP. As long as it does, it
    has queues, and its driver can't be unbound.
    """
    before = (ZSWAP / "compressor").read_text()
    (ZSWAP / "compressor").write_text(ALGORITHM)
    (ZSWAP / "enabled").write_text("Y")
    subprocess.run(["mkswap", SWAP], check=True, capture_output=True)
    subprocess.run(["swapon", SWAP], check=True)
    try:
        yield
    finally:
        subprocess.run(["swapoff", SWAP], check=True)
        (ZSWAP / "compressor").write_text(before)
        (ZSWAP / "enabled").write_text("N")


def swapped() -> int:
    """Bytes of this process that are in swap."""
    text = Path("/proc/self/smaps_rollup").read_text()
    return int(re.search(r"^Swap: +(\d+) kB$", text, re.MULTILINE)[1]) << 10


def zswap(counter: str) -> int:
    return int((ZSWAP_COUNTERS / counter).read_text())


def own_requests(zips) -> int:
    """Requests of the kernel to all ZIPs."""
    return sum(zip_.model.counters()["pasids"].get("none", {"requests": 0})["requests"]
               for zip_ in zips)
