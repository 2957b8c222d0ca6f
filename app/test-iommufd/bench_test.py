# SPDX-License-Identifier: BSD-3-Clause
"""The application's benches, where they need no device, and the file of their figures.

pytest runs it; the program is in TEST_IOMMUFD_PROGRAM.
"""
import json
import platform
import re
import signal
from pathlib import Path

import pexpect
import pytest

from program import (EAL, ELSEWHERE, OPTIONS, PROGRAM, PROMPT, RING, SECONDS, Interactive, run,
                     succeeds, verified)


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

    def test_wrong_arguments_are_refused_with_what_is_right(self, report):
        with Interactive(EAL, [RING], "--disable-link-check", f"--json={report}") as app:
            for line, complaint in (
                    ("bench", "Bad arguments"),
                    ("bench nothing", "Bad arguments"),
                    ("bench startup now", "Bad arguments"),
                    ("bench grow", "Bad arguments"),
                    ("bench grow 0", "0: not a number from 1 to 65536"),
                    ("bench grow 65537", "65537: not a number from 1 to 65536"),
                    ("bench grow 99999999999999999999", "999: not a number from 1 to 65536"),
                    ("bench grow -1", "-1: not a number from 1"),
                    ("bench map 0", "0: not a number from 1 to "),
                    ("bench map 4294967295", "4294967295: not a number from 1 to "),
                    ("bench as 0000:01:00.0 0", "0: not a number from 2 to "),
                    ("bench as 0000:01:00.0 3", "3: not a number of hugepages of 2 MiB"),
                    ("bench forward 0", "0: not a number from 1 to 65535"),
                    ("bench forward 65536", "65536: not a number from 1 to 65535"),
                    ("bench forward forever", "forever: not a number from 1 to 65535"),
                    ("bench restart 0", "0: not a number from 1 to 65536"),
                    ("bench restart many", "many: not a number from 1 to 65536")):
                assert complaint in app.command(line), line
        assert not report.exists()

    @pytest.mark.parametrize("line, complaint", [
        ("bench grow 1", "EAL has no hugepages (--no-huge)"),
        ("bench map 1", "external anonymous, 1 MiB: No such device (is a device of VFIO's open?"),
        ("bench as 0000:01:00.0 2", "address spaces are iommufd's: start with --iova-mode=iommufd"),
        ("port stop 0; bench forward 1", "no port is started"),
        ("start; bench forward 1", "io is running: stop it first"),
        ("bench restart none", "none: not a number from 1 to 65536"),
    ])
    def test_what_is_missing_fails_a_script(self, line, complaint, report):
        status, said = run(f"--json={report}", "--exec", line)
        assert status == 1 and complaint in said, said
        assert not report.exists()


class Terminal:
    """It at a terminal of its own."""

    def __init__(self, *options, eal=EAL, devices=(RING,)):
        self.child = pexpect.spawn(PROGRAM, [*eal, *devices, "--", "--disable-link-check",
                                             *options],
                                   encoding="utf-8", timeout=SECONDS, dimensions=(50, 200))
        self.child.delaybeforesend = None

    def end(self):
        """Waits for its end; returns the exit status."""
        self.child.expect_exact(pexpect.EOF)
        self.child.close()
        return self.child.exitstatus


def assert_ordered(figure):
    values = [figure[name] for name in ("least", "p50", "p90", "p99", "p99.9", "most")]
    assert values == sorted(values) and values[0] <= figure["mean"] <= values[-1]


class TestForward:
    """`bench forward`, and how long packets take."""

    def test_rates_cycles_and_latency_between_two_applications(self, report, tmp_path):
        def cable(role):
            return f"--vdev=net_memif0,role={role},socket={tmp_path}/cable"

        with Interactive(EAL, [cable("server")], "--disable-link-check") as other:
            with Interactive(ELSEWHERE, [cable("client")], "--verify", f"--json={report}",
                             "--forward-mode=flowgen", "--in-flight=900") as own:
                other.command("start")
                own.command("bench forward 1")
                checked = verified(own.command("show verify"))
                # memif must not be polled while its peer goes away
                other.command("stop")
        found = {name: figure for (_, name), figure in figures(report).items()}
        assert found["received"]["value"] > 0 and found["received"]["unit"] == "packets/s"
        assert found["sent"]["value"] >= found["received"]["value"]
        assert found["dropped"]["value"] >= 0 and found["forwarding"]["value"] > 0
        assert found["latency"]["count"] == checked["good"] > 0 and checked["lost"] == 0
        assert_ordered(found["latency"])

    def test_without_packets_there_are_neither_cycles_nor_latency(self, report):
        succeeds("--verify", f"--json={report}", "--exec", "bench forward 1")
        assert {name: figure["value"] for (_, name), figure in figures(report).items()} == {
            "received": 0, "sent": 0, "dropped": 0}

    def test_what_was_set_stays_set(self):
        said = succeeds("--exec", "set fwd macswap; bench forward 1; show config; start; stop")
        assert "--forward-mode=macswap" in said and "record-core-cycles off" in said

    def test_it_needs_an_lcore_to_forward(self):
        eal = (*OPTIONS, "--lcores=0@0")
        terminal = Terminal("--exec", "bench forward 1", eal=eal)
        terminal.child.expect_exact("there is no lcore beside the main one")
        assert terminal.end() == 1

    def test_ctrl_c_ends_it_with_what_was_found_so_far(self, report):
        terminal = Terminal("--tx-first", f"--json={report}", "--exec", "bench forward 3600")
        terminal.child.expect(r"bench forward: \d+ of 3600")
        terminal.child.sendintr()
        terminal.child.expect(r"bench forward was ended at \d+ of 3600")
        terminal.child.expect(r"received +packets/s +[1-9]")
        assert terminal.end() == 0
        assert figures(report)[("forward", "received")]["value"] > 0

    def test_percentiles_are_shown_with_what_verify_found(self):
        said = succeeds("--verify", "--exec",
                        "set fwd flowgen; start; wait packets 10000; stop; show verify")
        found = re.findall(r"latency.*p50 ([\d.]+) us, p90 ([\d.]+) us, p99 ([\d.]+) us, "
                           r"p99.9 ([\d.]+) us, longest ([\d.]+) us", said)
        assert len(found) == 2 and found[0] == found[1]
        values = list(map(float, found[0]))
        assert values == sorted(values) and values[-1] > 0

    def test_statistics_now_and_then_have_rates_and_percentiles(self):
        # What is sent by the one comes back, and the other one's driver counts bytes
        terminal = Terminal("--verify", "--forward-mode=flowgen", "--stats-period=1",
                            devices=(RING, "--vdev=net_pcap0,tx_pcap=/dev/null"))
        terminal.child.expect(r"RX-packets: (\d+) .*?RX-pps: (\d+) ")
        packets, rate = map(int, terminal.child.match.groups())
        assert rate > 0 or packets < 1000  # from the first time on
        terminal.child.expect(r"TX-pps: [1-9]\d* +TX-bps: [1-9]")
        terminal.child.expect(r"verify: good [1-9]")
        terminal.child.expect(r"p99\.9 [\d.]+ us")
        terminal.child.sendintr()
        assert terminal.end() == 0


class TestRestart:
    """`bench restart`."""

    @staticmethod
    def running(word):
        """The processes that have a word on their command line."""
        found = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                if word in path.read_text():
                    found.append(path.parent.name)
            except (FileNotFoundError, ProcessLookupError):
                pass  # it has just ended
        return found

    def test_it_ends_and_is_started_so_often(self, report):
        said = succeeds(f"--json={report}", "--burst=17", "--exec",
                        "bench startup; bench restart 3; show config")
        assert "--burst" not in said  # what is behind it is not carried out
        found = figures(report)
        assert list(found) == [("startup", "eal_init"), ("restart", "from exec to ready"),
                               ("restart", "from exec to gone"), ("restart", "eal_init")]
        ready, gone, eal_init = list(found.values())[1:]
        for figure in (ready, gone, eal_init):
            assert figure["count"] == 3
            assert_ordered(figure)
        assert 0 < eal_init["least"] < ready["least"] < gone["least"]

    def test_it_is_asked_for_at_the_prompt(self):
        terminal = Terminal("-i")
        terminal.child.expect_exact(PROMPT)
        terminal.child.sendline("bench restart 1")
        terminal.child.expect(r"from exec to gone +ns +1")
        assert terminal.end() == 0

    def test_a_start_that_fails_is_shown(self, tmp_path):
        terminal = Terminal("-i")
        terminal.child.expect_exact(PROMPT)
        (tmp_path / "dpdk").rename(tmp_path / "moved")
        (tmp_path / "dpdk").write_text("not a directory")
        terminal.child.sendline("bench restart 3")
        terminal.child.expect_exact("bench restart: start 1 ended with exit status 1; it said:")
        terminal.child.expect_exact("Cannot create runtime directory")
        assert terminal.end() == 1

    def test_its_starts_get_all_options_but_those_for_one_run(self, report):
        terminal = Terminal("--nb-cores=1", "--burst", "19", "--verify", f"--json={report}",
                            "--exe=bench restart 1000", eal=(*EAL, "--file-prefix=passed-on"))
        terminal.child.expect(r"bench restart: [1-9]\d* of 1000")
        options = []
        while options[-1:] != ["--exec=bench startup"]:
            assert terminal.child.isalive()
            for pid in set(self.running("--file-prefix=passed-on")) - {str(terminal.child.pid)}:
                words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
                options = words[words.index("--") + 1:-1]
        terminal.child.sendintr()
        assert terminal.end() == 1
        assert options == ["--disable-link-check", "--nb-cores=1", "--burst=19", "--verify",
                           "--exec=bench startup"]

    @pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
    def test_a_signal_ends_the_start_that_is_running_too(self, how):
        """The signal is for the one alone, as a terminal's is not."""
        terminal = Terminal("--exec", "bench restart 1000", eal=(*EAL, "--file-prefix=interrupted"))
        terminal.child.expect(r"bench restart: [1-9]\d* of 1000")
        terminal.child.kill(how)
        terminal.child.expect(r"bench restart was ended at \d+ of 1000")
        assert terminal.end() == 1
        assert not self.running("--file-prefix=interrupted")
