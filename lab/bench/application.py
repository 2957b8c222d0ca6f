# SPDX-License-Identifier: BSD-3-Clause
"""dpdk-test-iommufd, whose benches measure.

Its nanoseconds and cycles are instructions in a machine that counts.
"""
import json
import os
import subprocess
from pathlib import Path

from labvm.figures import INSTRUCTIONS
from support.application import TEST_IOMMUFD, forget_hugepages

# Both threads share the machine's only CPU, and all but one wait
LCORES = "--lcores=0@0,1@0"
RESULT = Path("/tmp/bench.json")    # in memory: a file of the host's would be waited for
TO_INSTRUCTIONS = {"ns": INSTRUCTIONS, "cycles": INSTRUCTIONS}


def measured(commands: str, *eal: str, options: tuple[str, ...] = (),
             environment: dict[str, str] | None = None) -> dict[str, dict]:
    """The figures of its benches, by name."""
    argv = [str(TEST_IOMMUFD), LCORES, *eal, "--", "--total-num-mbufs=8192", f"--json={RESULT}",
            *options, "--exec", commands]
    RESULT.unlink(missing_ok=True)
    # No time limit: where the guest waits, its clock may be ahead by any time
    done = subprocess.run(argv, env={**os.environ, **(environment or {})}, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    forget_hugepages(argv)
    if done.returncode:
        raise RuntimeError(f"{' '.join(argv)}: exit {done.returncode}\n{done.stdout}")
    return {figure["name"]: figure for figure in json.loads(RESULT.read_text())["figures"]}


def mean_of(figure: dict) -> float:
    """Of its samples; or its one value."""
    return figure["value"] if "value" in figure else figure["mean"]


def median_of(figure: dict) -> float:
    """The same, where some samples are disturbed: by an interrupt, for instance."""
    return figure["value"] if "value" in figure else figure["p50"]


def said(found: dict[str, dict]) -> dict[str, dict]:
    """What is said beside a row, of figures of more than one sample."""
    return {name: {**figure, "unit": TO_INSTRUCTIONS.get(figure["unit"], figure["unit"])}
            for name, figure in found.items() if figure.get("count", 0) > 1}
