# SPDX-License-Identifier: BSD-3-Clause
"""`lab bench`: boots machines in which lab/bench measures, and shows the figures."""
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Callable

from labvm import figures, kernels, parallel, trees, vm, zlib_alone
from labvm.errors import USAGE, LabError, tail
from labvm.figures import Found
from labvm.machine import Options
from labvm.progress import last_line
from labvm.project import Build, ModelBuild

SECONDS = 1800  # for each machine: a guard, on a host that others use as well
AT_ONCE = 2     # machines that count: the host's load changes nothing there

# type1 takes 65535 mappings unless told otherwise. A device that sleeps takes its time to wake up,
# which would count as instructions
APPEND = "vfio_iommu_type1.dma_entry_limit=200000 vfio_pci.disable_idle_d3=1"
COUNTED = Options(counted=True, joined=True, nics=4, hugepages=640, append=APPEND)


@dataclass(frozen=True)
class Bench:
    """A machine, and what is measured on it: by the job of its rows, lab/bench's argument."""
    name: str
    kernel: str
    options: Options
    jobs: dict[str, str]
    beside: Callable[[vm.Parts], Found] = lambda parts: {}  # what is measured on the host itself


# Longest first
BENCHES = (
    Bench("counted", "measure", COUNTED, {"mapping": "counted:iommufd,type1,cdev"}),
    Bench("forwarding", "measure", replace(COUNTED, nics=2),
          {"forwarding": "forwarding", "loading": "loading"}),
    Bench("spaces", "measure", replace(COUNTED, nics=0, zip=1, zip_opts="version=5"),
          {"spaces": "spaces"}),
    Bench("queue", "measure", replace(COUNTED, nics=0, zip=2,
                                      zip_opts="version=5/version=5,no-pasid"),
          {"queue": "queues"}),
    Bench("zip", "measure", replace(COUNTED, nics=0, zip=1, zip_opts="synchronous"),
          {"zip": "zip"}),
    Bench("compat", "compat", COUNTED, {"mapping": "counted:compat"}),
    Bench("timed", "measure", Options(joined=True, memory="6G", hugepages=2100),
          {"timed": "timed:iommufd,type1,cdev"}),
    Bench("compression", "measure", Options(nics=1, hugepages=0, zip=1),
          {"compression": f"compression:{','.join(zlib_alone.FILES)}"}, zlib_alone.figures),
)


class Run:
    """One machine of the bench."""

    def __init__(self, bench: Bench, clone: Path, dpdk: str, jobs: set[str]):
        self.bench = bench
        self.arguments = [argument for job, argument in bench.jobs.items() if job in jobs]
        build = Build(clone, dpdk)
        model = ModelBuild(clone).run() if bench.options.zip else None
        self.parts = vm.Parts(trees.tree(trees.TOOLS), trees.image(dpdk),
                              kernels.kernel(bench.kernel), clone, build.run(), model)
        build.examples()
        self.directory = vm.new_run(f"bench-{bench.name}")
        self.log = self.directory / "output.log"
        self.machine: vm.Machine | None = None

    def measure(self) -> Found:
        """Boots the machine; returns its figures, and the host's."""
        command = ["env", "PYTHONPATH=/src/lab:/src/lab/scenarios",
                   "python3", "-B", "-m", "bench", *self.arguments]
        try:
            with self.log.open("wb") as log, \
                    vm.booted(self.bench.options, self.parts, self.directory,
                              command) as self.machine:
                self.machine.relay_output(log, SECONDS)
                status = self.machine.status()
        finally:
            self.machine = None
        if status:
            raise LabError(f"bench {self.bench.name}: exit status {status} in the guest. End of "
                           f"the output ({self.log}):\n{tail(self.log)}")
        found = json.loads((self.directory / "out/figures.json").read_text())
        return _together(found, self.bench.beside(self.parts))

    def state(self) -> str:
        """For the progress line; empty while the machine isn't running."""
        return f"{self.bench.name}: {last_line(self.log)}" if self.machine else ""

    def stop(self) -> None:
        if self.machine:
            self.machine.process.kill()


def _measure(runs: list[Run], at_once: int) -> Found:
    """The figures of several machines, together."""
    found: Found = {}
    for figures_of_one in parallel.each("bench", runs, at_once, Run.measure):
        found = _together(found, figures_of_one)
    return found


def _together(one: Found, other: Found) -> Found:
    return {way: {**one.get(way, {}), **other.get(way, {})} for way in {**one, **other}}


def run(clone: Path, pattern: str, dpdk: str, report: Path | None) -> int:
    """Measures the rows that match; 1 when a target is missed."""
    rows = figures.selected(pattern, dpdk)
    if not rows:
        raise LabError(f"no row of the bench matches {pattern} with DPDK {dpdk}: they are\n"
                       + "\n".join(dict.fromkeys(row.name for row in figures.selected("*", dpdk))),
                       USAGE)
    jobs = {row.job for row in rows}
    runs = [Run(bench, clone, dpdk, jobs) for bench in BENCHES if jobs & bench.jobs.keys()]
    counted = [run for run in runs if run.bench.options.counted]
    # Where time is measured, nothing else runs
    timed = [run for run in runs if not run.bench.options.counted]
    found = _together(_measure(counted, AT_ONCE) if counted else {},
                      _measure(timed, 1) if timed else {})
    results = [figures.result(row, found) for row in rows]
    if report:
        report.write_text(json.dumps(results, indent=2) + "\n")
    print(figures.table(rows, results))
    missed = figures.unmet(results)
    print(f"{missed} target(s) missed" if missed else "all targets met")
    return 1 if missed else 0
