#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause

"""What DPDK's own dpdk-pmdinfo.py says of this driver's library."""

import json
import subprocess
import sys

EXPECTED = {
    "name": "compress_hisi_zip",
    "params": "as=shared|private|sva queues=1-65535 format=deflate|zlib|gzip touch=0|1",
    "kmod": "vfio-pci | hisi_zip",
    "pci_ids": [{"vendor": "19e5", "device": "a251"}],
    "uacce": [{"api": f"hisi_qm_v{version}", "algorithm": "deflate"} for version in (3, 4, 5)],
}


def main():
    """Entry point: the program, and the library."""
    program, library = sys.argv[1:]
    result = subprocess.run([program, library], capture_output=True, text=True)
    if result.returncode != 0 or result.stderr:
        sys.exit(f"{program} {library}: exit status {result.returncode}: {result.stderr}")
    found = [info for info in json.loads(result.stdout) if info["name"] == EXPECTED["name"]]
    if found != [EXPECTED]:
        sys.exit(f"{program} {library} says\n{json.dumps(found, indent=2)}\nexpected:\n"
                 f"{json.dumps([EXPECTED], indent=2)}")


if __name__ == "__main__":
    main()
