# SPDX-License-Identifier: BSD-3-Clause
"""Memory that gets into an address space one way or another, and PASIDs that are bound to one, by
`bench as` of dpdk-test-iommufd."""
from bench.application import measured, median_of, said
from labvm.figures import SAID
from support.application import IOMMUFD
from support.spaces import accelerators, owned

SIZE = 512  # MiB
MAPPINGS = [f"as {size}: {what}" for size in (f"{SIZE} MiB", "4 KiB")
            for what in ("map", "unmap", "both")]
IN_PIECES = f"as {SIZE} MiB in 256 pieces: map"
BINDINGS = ["as bind", "as unbind", "as rebind"]
# What the bench calls the peers: by way, what is behind the row's name
PEERS = {
    "by file": (MAPPINGS, "by file"),
    "by address": (MAPPINGS, "by address"),
    "own table": (["as bind", "as unbind"], "own table"),
    "anew": (["as rebind"], "anew"),
}


def figures() -> dict[str, dict]:
    """Instructions of requests, by way."""
    with owned(*accelerators()):
        found = measured(f"bench as {accelerators()[0].pci} {SIZE}", "--no-pci", IOMMUFD)
    ours = {row: found[row] for row in (*MAPPINGS, IN_PIECES, *BINDINGS)}
    peers = {way: {row: median_of(found[f"{row}, {behind}"]) for row in rows}
             for way, (rows, behind) in PEERS.items()}
    return {
        **peers,
        "iommufd": {row: median_of(figure) for row, figure in ours.items()},
        "in one piece": {IN_PIECES: median_of(found[f"as {SIZE} MiB: map"])},
        SAID: said(ours),
    }
