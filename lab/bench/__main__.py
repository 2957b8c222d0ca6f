# SPDX-License-Identifier: BSD-3-Clause
"""Measures what its arguments name and writes the figures to /out/figures.json.

    python3 -m bench counted:type1 forwarding      by way and name: {"type1": {"growth": 15339.5}}
"""
import json
import sys
from collections import defaultdict
from pathlib import Path

from bench import compression, forwarding, loading, mapping, queues, spaces, zip_accel
from support.machine import nics

RESULT = Path("/out/figures.json")


def without_waits() -> None:
    """Resets by VFIO wait 100 ms, which would count as 100 million instructions."""
    for nic in nics():
        (nic.sysfs / "reset_method").write_text("\n")


def measure(job: str) -> dict[str, dict[str, float]]:
    kind, _, ways = job.partition(":")
    if kind == "counted":
        return {name: figures for way in ways.split(",")
                for name, figures in mapping.counted(way).items()}
    if kind == "timed":
        return mapping.timed(ways.split(","))
    if kind == "forwarding":
        return forwarding.figures()
    if kind == "loading":
        return loading.figures()
    if kind == "compression":
        return compression.figures(ways.split(","))
    if kind == "spaces":
        return spaces.figures()
    if kind == "queues":
        return queues.figures()
    if kind == "zip":
        return zip_accel.figures()
    raise ValueError(f"unknown job: {job}")


def main() -> None:
    without_waits()
    found = defaultdict(dict)
    for job in sys.argv[1:]:
        print(job, flush=True)
        for way, figures in measure(job).items():
            found[way].update(figures)
    RESULT.write_text(json.dumps(found))


main()
