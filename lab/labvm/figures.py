# SPDX-License-Identifier: BSD-3-Clause
"""The rows of `lab bench`: what is compared with what, and what is to be reached.

Pure functions.
"""
from dataclasses import dataclass
from fnmatch import fnmatch

OURS = "iommufd"
PEERS = {
    "type1": "stock type1",
    "compat": "stock DPDK, compatibility container",
    "cdev": "an IOAS_MAP for each hugepage",
    "address": "ours by address, not by file",
    "not loaded": "without the library",
    "testpmd": "dpdk-testpmd, on iommufd too",
    "zlib": "zlib alone",
    "by file": "rte_iommufd_as_map_file()",
    "by address": "rte_iommufd_as_map()",
    "in one piece": "in one piece",
    "own table": "with a page table of its own",
    "anew": "unbound and bound",
    "copying": "payload copied in and out",
    "software": "compress_zlib, level 1",
    "dmadev": "a copy by stock dma_hisi_acc",
    "no pasid": "without a PASID",
}
SAID = "said"    # beside the ways: what the application says of a figure, with percentiles
INSTRUCTIONS = "instructions"
STOCK_COPIES = "25.11"  # the first release with dma_hisi_acc

# By way ("iommufd", "type1", ...) and name of the figure
Found = dict[str, dict]


@dataclass(frozen=True)
class Target:
    """What ours has to be: by ratio to the peer, or in itself."""
    most: float
    least: float = 0
    of_ratio: bool = True

    def __str__(self) -> str:
        if self.least:
            exactly = self.least == self.most
            return f"{self.most:g}" if exactly else f"{self.least:g} to {self.most:g}"
        return f"at most {self.most:g}" + ("" if self.of_ratio else " in all")

    def is_met(self, row: dict) -> bool:
        value = row["ratio"] if self.of_ratio else row["ours"]
        return value is not None and self.least <= value <= self.most


@dataclass(frozen=True)
class Row:
    job: str        # what measures it, in lab/bench
    name: str
    peer: str
    target: Target | None = None
    unit: str = INSTRUCTIONS
    dpdk: str = ""  # the only release that has the peer; empty: all have


ROWS = (
    Row("mapping", "start-up, 1 GiB", "type1", Target(0.10)),
    Row("mapping", "start-up, 1 GiB", "compat"),
    Row("mapping", "start-up, 1 GiB", "cdev", Target(0.06)),
    Row("mapping", "growth", "type1", Target(0.5)),
    Row("mapping", "growth", "compat"),
    Row("mapping", "growth", "cdev"),
    Row("mapping", "shrinking", "type1", Target(1.2)),
    Row("mapping", "shrinking", "compat"),
    Row("mapping", "shrinking", "cdev"),
    Row("mapping", "external anonymous, 256 MiB", "type1"),
    Row("mapping", "external anonymous, 256 MiB", "compat"),
    Row("mapping", "external file, 256 MiB", "type1"),
    Row("mapping", "external file, 256 MiB", "compat"),
    Row("mapping", "external file, 256 MiB", "address"),
    Row("mapping", "external heap, 256 MiB", "type1"),
    Row("mapping", "external heap, 256 MiB", "compat"),
    Row("mapping", "a further NIC", "type1"),
    Row("mapping", "a further NIC", "compat"),
    Row("mapping", "a further NIC: maps", "type1", Target(0, of_ratio=False), "calls"),
    Row("forwarding", "forwarding", "type1", Target(1.002, 0.998), "instructions/packet"),
    Row("forwarding", "forwarding, loaded only", "not loaded", Target(1.001, 0.999),
        "instructions/packet"),
    Row("forwarding", "forwarding, test-iommufd", "testpmd", Target(0.95), "instructions/packet"),
    Row("loading", "loaded only: start and end", "not loaded"),
    Row("loading", "loaded only: constructor, calls", "not loaded",
        Target(200_000, of_ratio=False)),
    Row("timed", "start-up, 4 GiB", "type1", unit="ms"),
    Row("timed", "start-up, 4 GiB", "cdev", unit="ms"),
    Row("spaces", "as 512 MiB: map", "by file"),
    Row("spaces", "as 512 MiB: map", "by address"),
    Row("spaces", "as 512 MiB: unmap", "by file"),
    Row("spaces", "as 512 MiB: unmap", "by address"),
    Row("spaces", "as 512 MiB: both", "by file"),
    Row("spaces", "as 512 MiB: both", "by address"),
    Row("spaces", "as 4 KiB: map", "by file"),
    Row("spaces", "as 4 KiB: map", "by address"),
    Row("spaces", "as 4 KiB: unmap", "by file"),
    Row("spaces", "as 4 KiB: unmap", "by address"),
    Row("spaces", "as 4 KiB: both", "by file"),
    Row("spaces", "as 4 KiB: both", "by address"),
    Row("spaces", "as 512 MiB in 256 pieces: map", "in one piece"),
    Row("spaces", "as bind", "own table", Target(20_000, of_ratio=False)),
    Row("spaces", "as unbind", "own table"),
    Row("spaces", "as rebind", "anew"),
    Row("queue", "queue: ring layer", "dmadev", Target(1.0), "instructions/copy", STOCK_COPIES),
    Row("queue", "queue: ring layer, as=sva", "dmadev", Target(1.0), "instructions/copy",
        STOCK_COPIES),
    Row("queue", "queue: with a PASID", "no pasid", Target(1.0, 1.0), "instructions/copy",
        STOCK_COPIES),
    Row("queue", "queue: compressdev operation", "dmadev", Target(1.6),
        "instructions/operation", STOCK_COPIES),
    *(Row("zip", f"zip {size}", peer, unit="instructions/block")
      for size in ("1 KiB", "4 KiB", "16 KiB", "64 KiB") for peer in ("copying", "software")),
    Row("compression", "zip-model", "zlib", Target(3.0), "ms/MiB"),
    Row("compression", "zip-model: compression", "zlib", unit="ms/MiB"),
    Row("compression", "zip-model: decompression", "zlib", unit="ms/MiB"),
)


def selected(pattern: str, dpdk: str) -> list[Row]:
    """By name, or all that a job measures; without what a release of DPDK has no peer of."""
    return [row for row in ROWS if row.dpdk in ("", dpdk)
            and (row.job == pattern or fnmatch(row.name, pattern))]


def result(row: Row, found: Found) -> dict:
    """A row of the results, as it is in the JSON file."""
    ours, peer = found[OURS][row.name], found[row.peer][row.name]
    shown = {"job": row.job, "name": row.name, "unit": row.unit, "ours": ours, "peer": peer,
             "peer_name": PEERS[row.peer], "ratio": ours / peer if peer else None,
             "target": str(row.target) if row.target else None}
    return {**shown, "met": row.target.is_met(shown) if row.target else None,
            "application": found.get(SAID, {}).get(row.name)}


def _number(value: float) -> str:
    """Digits as they say something: 15,339 and 254.40"""
    return f"{value:,.0f}" if value >= 1000 or value == int(value) else f"{value:.2f}"


def _verdict(row: Row, figures: dict) -> str:
    if not row.target:
        return ""
    return f"{row.target}: {'met' if figures['met'] else 'NOT MET'}"


def table(rows: list[Row], results: list[dict]) -> str:
    """Columns as wide as they need to be; numbers to the right."""
    lines = [("", "unit", "ours", "peer", "ratio", "peer is", "target")]
    for row, figures in zip(rows, results):
        ratio = "" if figures["ratio"] is None else f"{figures['ratio']:.4f}"
        lines.append((row.name, row.unit, _number(figures["ours"]), _number(figures["peer"]),
                      ratio, figures["peer_name"], _verdict(row, figures)))
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    right = ("ours", "peer", "ratio")
    return "\n".join("  ".join(
        text.rjust(width) if title in right else text.ljust(width)
        for text, width, title in zip(line, widths, lines[0])).rstrip() for line in lines)


def unmet(results: list[dict]) -> int:
    """How many targets were missed."""
    return sum(figures["met"] is False for figures in results)
