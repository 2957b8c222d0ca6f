# SPDX-License-Identifier: BSD-3-Clause
"""The application's benches, where they need no device, and the file of their figures.

pytest runs it; the program is in TEST_IOMMUFD_PROGRAM.
"""
import json
import platform
import re

import pytest

from program import run, succeeds


@pytest.fixture
def report(tmp_path):
    return tmp_path / "report.json"


def figures(path):
    """Those of a file, by bench and name."""
    found = json.loads(path.read_text())["figures"]
    assert all(figure["unit"] for figure in found)
    return {(figure["bench"], figure["name"]): figure for figure in found}


class TestReport:
    """The table, and the file of --json."""

    def test_a_table_has_aligned_columns(self):
        said = succeeds("--exec", "bench startup")
        heading, row = re.search(r"^( +unit +value)\n(  eal_init +ns +[\d.]+)$", said,
                                 re.MULTILINE).groups()
        assert heading.index("unit") == row.index("ns") and len(heading) == len(row)

    def test_the_file_has_all_figures_and_where_they_are_from(self, report):
        succeeds(f"--json={report}", "--exec", "bench startup; bench startup")
        found = json.loads(report.read_text())
        assert found["application"] == "dpdk-test-iommufd" and found["iommufd"] is False
        assert found["dpdk"].startswith("DPDK ") and found["version"] and found["cpu"]
        assert found["kernel"] == platform.release() and found["tsc_hz"] > 0
        assert [(figure["bench"], figure["name"], figure["unit"])
                for figure in found["figures"]] == 2 * [("startup", "eal_init", "ns")]
        assert found["figures"][0]["value"] > 0
        assert list(report.parent.glob("report.json*")) == [report]

    def test_the_file_is_written_after_each_bench(self, report):
        succeeds(f"--json={report}", "--exec", "bench startup")
        first = report.read_text()
        status, _ = run(f"--json={report}", "--exec", "bench startup; bench startup; nothing")
        assert status == 1
        assert len(json.loads(report.read_text())["figures"]) == 2
        assert len(json.loads(first)["figures"]) == 1

    def test_without_a_bench_the_file_stays_as_it_was(self, report):
        report.write_text("precious")
        succeeds(f"--json={report}", "--exec", "show config")
        assert report.read_text() == "precious"

    @pytest.mark.parametrize("path, complaint", [
        ("/nowhere/report", "can't be written: No such file or directory"),
        ("/proc/report", "can't be written: "),
        ("/dev/null", "is there and is no regular file"),
        ("/", "is there and is no regular file"),
        (f"/tmp/{'x' * 256}", "can't be written: File name too long"),
    ])
    def test_what_cannot_be_written_is_said_before_anything_is_started(self, path, complaint):
        status, said = run(f"--json={path}", "--exec", "bench startup")
        assert status == 1 and f"--json={path} {complaint}" in said
        assert "EAL" not in said and "bench" not in said


class TestRefusals:
    """What a bench can't do is said, and nothing is measured."""

    @pytest.mark.parametrize("line, complaint", [
        ("bench", "bench: wrong arguments"),
        ("bench nothing", "bench nothing: wrong arguments"),
        ("bench startup now", "bench startup now: wrong arguments"),
        ("bench grow", "bench grow: wrong arguments"),
        ("bench grow 0", "0: not a number from 1 to 65536"),
        ("bench grow 65537", "65537: not a number from 1 to 65536"),
        ("bench grow 99999999999999999999", "99999999999999999999: not a number from 1"),
        ("bench grow -1", "-1: not a number from 1"),
        ("bench grow 1", "EAL has no hugepages (--no-huge)"),
    ])
    def test_refused(self, line, complaint, report):
        status, said = run(f"--json={report}", "--exec", line)
        assert status == 1 and complaint in said, said
        assert not report.exists()
