# SPDX-License-Identifier: BSD-3-Clause
"""Totals and failures from JUnit reports (pytest's and meson's)."""
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Results:
    passed: int = 0
    skipped: int = 0
    failures: list[tuple[str, str]] = field(default_factory=list)   # name, text

    def add(self, other: "Results") -> None:
        self.passed += other.passed
        self.skipped += other.skipped
        self.failures += other.failures

    @property
    def ran(self) -> int:
        return self.passed + len(self.failures)

    def summary(self) -> str:
        """What CI reads; it knows no third kind."""
        return f"{self.passed} passed, {len(self.failures)} failed"


def _text(case: ElementTree.Element) -> str:
    """Everything a report says about a failed test."""
    return "\n".join(element.text.strip() for element in case.iter()
                     if element.text and element.text.strip())


def read(report: Path, where: str) -> Results:
    """The results in a report; `where` is put in front of the tests' names."""
    results = Results()
    for case in ElementTree.parse(report).iter("testcase"):
        name = f"{where}: {case.get('classname', '')}.{case.get('name')}"
        if case.find("failure") is not None or case.find("error") is not None:
            results.failures.append((name, _text(case)))
        elif case.find("skipped") is not None:
            results.skipped += 1
        else:
            results.passed += 1
    return results
