# SPDX-License-Identifier: BSD-3-Clause
"""`lab test`: the unit tests in root trees, then the scenarios in machines."""
import os
import re
import sys
from pathlib import Path
from xml.etree.ElementTree import ParseError

from labvm import boots, junit, kernels, parallel, trees, vm
from labvm.boots import Boot
from labvm.errors import LabError, tail
from labvm.junit import Results
from labvm.project import Build, MesonBuild, ModelBuild

NOTHING_COLLECTED = 5  # pytest's exit status
GUEST_GIB = 4          # a machine's memory and what QEMU needs itself
# What a sanitizer says in the log of a ZIP's model
SANITIZER = re.compile(r"ERROR: \w+Sanitizer|runtime error:")


def unit_tests(clone: Path) -> Results:
    """The project's for every DPDK, and the ZIP model's; as it is used, and with the sanitizers."""
    results = Results()
    for sanitize in (False, True):
        sanitized = " asan" if sanitize else ""
        for dpdk in trees.TREES:
            results.add(_unit_tests(f"unit {dpdk}{sanitized}", Build, clone, dpdk, sanitize))
        results.add(_unit_tests(f"unit model{sanitized}", ModelBuild, clone, sanitize))
    return results


def _unit_tests(where: str, kind: type[MesonBuild], *what) -> Results:
    try:
        build = kind(*what)
        build.run()
        return junit.read(build.unit_tests(), where)
    except LabError as error:
        return Results(failures=[(where, str(error))])
    except (OSError, ParseError) as error:
        return Results(failures=[(where, f"no report of the unit tests: {error}")])


class Scenarios:
    """One machine and the scenarios that run in it."""

    def __init__(self, boot: Boot, clone: Path, keyword: str, timeout: float):
        self.boot = boot
        self.keyword = keyword
        self.timeout = timeout
        build = Build(clone, boot.dpdk)
        self.parts = vm.Parts(trees.tree(trees.TOOLS), trees.image(boot.dpdk),
                              kernels.kernel(boot.kernel), clone, build.run(),
                              ModelBuild(clone, boot.sanitize).run() if boot.options.zip else None)
        build.examples()
        self.directory = vm.new_run(boot.name)
        self.log = self.directory / "output.log"
        self.machine: vm.Machine | None = None

    def command(self) -> list[str]:
        command = ["python3", "-B", "-m", "pytest", "-p", "no:cacheprovider", "-v",
                   "/src/lab/scenarios", "-m", self.boot.marker, "--junitxml=/out/junit.xml"]
        return command + (["-k", self.keyword] if self.keyword else [])

    def run(self) -> Results:
        try:
            with self.log.open("wb") as log, \
                    vm.booted(self.boot.options, self.parts, self.directory,
                              self.command()) as self.machine:
                self.machine.relay_output(log, self.timeout)
                return self._results(self.machine.status())
        except LabError as error:
            return Results(failures=[(self.boot.name, f"{error}\nEnd of the tests' output "
                                      f"({self.log}):\n{tail(self.log)}")])
        finally:
            self.machine = None

    def _results(self, status: int) -> Results:
        if status == NOTHING_COLLECTED and self.keyword:
            return Results()
        report = self.directory / "out/junit.xml"
        try:
            results = junit.read(report, self.boot.name)
        except (OSError, ParseError) as error:
            raise LabError(f"pytest (exit status {status}) left no report: {error}")
        if status and not results.failures:
            raise LabError(f"pytest ended with status {status}: no scenario ran to its end")
        results.failures += self._model_failures()
        return results

    def _model_failures(self) -> list[tuple[str, str]]:
        """What the sanitizers found while the ZIPs were used."""
        logs = ((log, log.read_text(errors="replace"))
                for log in sorted(self.directory.glob("zip*.log")))
        return [(f"{self.boot.name}: {log.name}", f"{log}:\n{text[found.start():]}")
                for log, text in logs if (found := SANITIZER.search(text))]

    def state(self) -> str:
        """For the progress line; empty while no machine is running."""
        if not self.machine:
            return ""
        try:
            return f"{self.boot.name} {self.log.read_bytes().count(b' PASSED')} passed"
        except OSError:
            return self.boot.name

    def stop(self) -> None:
        if self.machine:
            self.machine.process.kill()


def _workers() -> int:
    """As many machines at once as there are CPUs and memory for.

    More only get in each other's way: threads that poll keep a CPU busy, whatever there is to do.
    """
    available = re.search(r"MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text())
    gib = int(available.group(1)) // 2**20
    return max(1, min(os.cpu_count() or 1, gib // GUEST_GIB))


def scenarios(selection: list[Boot], clone: Path, keyword: str, timeout: float) -> Results:
    runs = [Scenarios(boot, clone, keyword, timeout) for boot in selection]
    results = Results()
    for result in parallel.each("scenarios", runs, _workers(), Scenarios.run):
        results.add(result)
    return results


def run(clone: Path, patterns: list[str], keyword: str, timeout: float) -> int:
    """Runs what is selected; the last line alone is the totals."""
    selection, unit = boots.selected(patterns)
    results = Results()
    if unit:
        results.add(unit_tests(clone))
    if selection:
        results.add(scenarios(selection, clone, keyword, timeout))
    for name, text in results.failures:
        print(f"\n===== FAILED {name}\n{text}")
    if not results.ran:
        print("lab: no test was run: does -k match any? lab test --list shows the machines",
              file=sys.stderr)
    if results.skipped:
        print(f"lab: {results.skipped} tests were skipped", file=sys.stderr)
    sys.stdout.flush()
    print(results.summary())
    return 0 if results.ran and not results.failures else 1
