# SPDX-License-Identifier: BSD-3-Clause
"""What zlib takes for itself, for the same files as the ZIP model, on the same host and in the same
run (lab/hisi_zip_model/zlib_blocks.c)."""
import json
import subprocess

from labvm.errors import LabError
from labvm.figures import Found
from labvm.sandbox import Bind, chrooted
from labvm.vm import Parts

# Of the guest: code and text, 22 MiB
FILES = (
    "/usr/bin/perl", "/usr/bin/python3", "/usr/lib/x86_64-linux-gnu/libc.so.6",
    "/usr/lib/x86_64-linux-gnu/libcrypto.so.3", "/usr/share/misc/pci.ids",
)
PROGRAM = "/build/project/zlib-blocks"
GUEST = "/mnt"      # its root, in the model's tree
ROUNDS = 3
MIB = 1 << 20


def _round(parts: Parts) -> dict[str, int]:
    tree = parts.image.parent / "root"
    argv = [PROGRAM, *(f"{GUEST}{file}" for file in FILES)]
    done = subprocess.run(chrooted(parts.tools, [Bind(parts.model, "/build"), Bind(tree, GUEST)],
                                   argv), capture_output=True, text=True, check=False)
    if done.returncode:
        raise LabError(f"{PROGRAM}: exit status {done.returncode}: {done.stderr}")
    return json.loads(done.stdout)


def figures(parts: Parts) -> Found:
    """ms of CPU time for a MiB; the least of some rounds: a disturbance adds."""
    rounds = [_round(parts) for _ in range(ROUNDS)]
    mebibytes = rounds[0]["bytes"] / MIB
    compression, decompression = (min(one[f"{step}_us"] for one in rounds) / 1000 / mebibytes
                                  for step in ("compress", "decompress"))
    return {"zlib": {"zip-model: compression": compression,
                     "zip-model: decompression": decompression,
                     "zip-model": compression + decompression}}
