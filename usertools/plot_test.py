# SPDX-License-Identifier: BSD-3-Clause
"""`dpdk-iommufd.py plot`, on what benches wrote.

pytest runs it; BENCH_JSON is a file that `lab bench --json` wrote, DPDK_IOMMUFD the program, and
TEST_IOMMUFD_PROGRAM the application that measures.
"""
import importlib.util
import json
import os
import re
import resource
import struct
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

PROGRAM = os.environ["DPDK_IOMMUFD"]
APPLICATION = os.environ["TEST_IOMMUFD_PROGRAM"]
COMPARISON = Path(os.environ["BENCH_JSON"])
SVG = "{http://www.w3.org/2000/svg}"
PNG = b"\x89PNG\r\n\x1a\n"
NUMBER = re.compile(r"[\d,]+(?:\.\d+)?")
OURS, PEER = "#0072b2", "#e69f00"

HAS_MATPLOTLIB = importlib.util.find_spec("matplotlib") is not None
draws = pytest.mark.skipif(not HAS_MATPLOTLIB, reason="python3-matplotlib is not installed")


@pytest.fixture(scope="session")
def kept(tmp_path_factory):
    """Where matplotlib keeps what it finds out about fonts, which takes it a second."""
    return tmp_path_factory.mktemp("matplotlib")


@pytest.fixture(autouse=True)
def surroundings(tmp_path, kept, monkeypatch):
    """What programs write is the test's."""
    monkeypatch.setenv("MPLCONFIGDIR", str(kept))
    monkeypatch.chdir(tmp_path)


def plot(*arguments, **how):
    return subprocess.run([PROGRAM, "plot", *map(str, arguments)], capture_output=True, text=True,
                          **how)


def refused(*arguments, **how):
    """What is said of them, which is one line."""
    done = plot(*arguments, **how)
    assert done.returncode == 2 and done.stdout == ""
    line, = done.stderr.splitlines()
    assert line.startswith("dpdk-iommufd: ")
    return line


def written(found, name="bench.json"):
    Path(name).write_text(found if isinstance(found, str) else json.dumps(found))
    return name


def drawn(found):
    """The elements of the SVG file that is drawn of some figures."""
    done = plot(written(found), "-o", "drawn.svg")
    assert done.returncode == 0, done.stderr
    return ElementTree.parse("drawn.svg")


def texts(found):
    return ["".join(text.itertext()) for text in drawn(found).iter(f"{SVG}text")]


def row(**other):
    return {"job": "mapping", "name": "growth", "unit": "instructions", "ours": 6796.5,
            "peer": 15424, "peer_name": "stock type1", "ratio": 6796.5 / 15424,
            "target": "at most 0.5", "met": True, **other}


def samples(**other):
    return {"bench": "grow", "name": "growth", "unit": "ns", "count": 64, "mean": 7010.5,
            "least": 6500, "p50": 6796, "p90": 7123, "p99": 8234, "p99.9": 9345, "most": 9456,
            "requests": 1, **other}


def run(*figures):
    return {"application": "dpdk-test-iommufd", "dpdk": "DPDK 25.11.0", "iommufd": True,
            "kernel": "7.2.12", "cpu": "a CPU", "figures": figures}


@draws
def test_each_row_of_lab_bench_is_a_line_with_its_name_numbers_and_peer():
    rows = json.loads(COMPARISON.read_text())
    said = texts(rows)
    for each in rows:
        assert each["name"] in said and each["peer_name"] in said
    for value in {each[who] for each in rows for who in ("ours", "peer")}:
        digits = f"{value:,.0f}" if value >= 1000 or value == int(value) else f"{value:.2f}"
        assert digits in said
    assert said.count("ours") == len({(each["name"], each["unit"]) for each in rows})


@draws
def test_figures_of_a_run_are_drawn_with_what_they_are_of(tmp_path, monkeypatch):
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    monkeypatch.setenv("ASAN_OPTIONS", "detect_leaks=0")
    subprocess.run([APPLICATION, "--no-huge", "--no-pci", "-m", "256", "--lcores=0@0,1@0",
                    "--vdev=net_ring0", "--", "--disable-link-check", "--forward-mode=flowgen",
                    "--verify", "--in-flight=64", "--json=run.json",
                    "--exec", "bench startup; bench forward 1"], check=True)
    found = json.loads(Path("run.json").read_text())
    said = texts(found)
    assert {figure["name"] for figure in found["figures"]} <= set(said)
    assert any(found["dpdk"] in text and found["cpu"] in text for text in said)
    latency, = (figure for figure in found["figures"] if figure["name"] == "latency")
    numbers = [float(text.replace(",", "")) for text in said if NUMBER.fullmatch(text)]
    for name in ("p50", "p90", "p99", "p99.9", "most"):
        assert any(abs(number - latency[name]) < 1 for number in numbers), name


@draws
def test_ours_and_a_peer_have_a_bar_each_in_colours_of_their_own():
    styles = [path.get("style", "") for path in drawn([row()]).iter(f"{SVG}path")]
    assert [sum(f"fill: {colour}" in style for style in styles) for colour in (OURS, PEER)] \
        == [1, 1]


@draws
def test_ratios_and_targets_are_told_and_a_missed_one_stands_out():
    assert {"0.441", "at most 0.5: met"} <= set(texts([row()]))
    missed = drawn([row(ratio=1.25, met=False)])
    line = [text for text in missed.iter(f"{SVG}text") if text.text == "at most 0.5: MISSED"]
    assert len(line) == 1 and "#b03a00" in ElementTree.tostring(line[0], encoding="unicode")
    assert not any("target" in text for text in texts([row(target=None, met=None, ratio=None)]))


@draws
def test_magnitudes_that_differ_are_on_a_logarithmic_axis():
    assert "100M" in texts([row(peer=212_092_030)]) and "0" in texts([row()])
    assert "0" not in texts([row(peer=212_092_030)])


@draws
def test_figures_of_many_samples_are_drawn_by_percentile_too():
    said = texts(run(samples()))
    assert {"growth", "6,796", "7,123", "8,234", "9,345", "9,456"} <= set(said)
    assert "median of 64, 1 request" in said and "bench grow: percentiles, ns" in said
    assert said.count("growth") == 2
    assert any("DPDK 25.11.0" in text and "a CPU" in text for text in said)


@draws
def test_percentiles_of_few_samples_say_nothing_and_one_value_has_none():
    for few in (samples(count=3),
                {"bench": "startup", "name": "growth", "unit": "ns", "value": 1.5}):
        assert texts(run(few)).count("growth") == 1


@draws
def test_what_the_application_said_of_a_row_is_drawn_with_it():
    assert "mapping: percentiles, ns" in texts([row(application=samples())])


@draws
def test_a_figure_of_zero_has_a_line():
    assert "a further NIC: maps" in texts(
        [row(name="a further NIC: maps", unit="calls", ours=0, peer=0, ratio=None)])


@draws
def test_the_same_figures_give_the_same_file():
    for name in ("one.svg", "other.svg"):
        assert plot(written([row()]), "-o", name).returncode == 0
    assert Path("one.svg").read_bytes() == Path("other.svg").read_bytes()


@draws
def test_a_png_is_a_picture_of_a_size_to_be_read():
    assert plot(COMPARISON, "-o", "bench.png").returncode == 0
    head = Path("bench.png").read_bytes()[:24]
    assert head.startswith(PNG)
    width, height = struct.unpack(">2I", head[16:])
    assert width > 1000 and height > 500


@draws
def test_without_a_name_the_drawing_is_beside_the_figures():
    assert plot(written([row()])).returncode == 0
    assert ElementTree.parse("bench.svg").getroot().tag == f"{SVG}svg"
    assert sorted(os.listdir()) == ["bench.json", "bench.svg"]


@pytest.mark.skipif(HAS_MATPLOTLIB, reason="python3-matplotlib is installed")
def test_without_matplotlib_its_package_is_named():
    assert "apt-get install python3-matplotlib" in refused(COMPARISON)
    assert os.listdir() == []


def test_a_file_that_is_not_there():
    assert "none.json: No such file or directory" in refused("none.json")


@pytest.mark.parametrize("found, why", [
    ("growth: 6796", "bench.json is not JSON"),
    ("", "bench.json is not JSON"),
    ("7", "no figures of a bench"),
    ("{}", "no figures of a bench"),
    ('{"figures": 7}', "no figures of a bench"),
    ('{"figures": [{"bench": "map", "name": "x", "unit": "ns"}]}', "no figures of a bench"),
    ('["growth"]', "no figures of a bench"),
    ('[{"name": "growth"}]', "no figures of a bench"),
    (json.dumps([row(ours="many")]), "no figures of a bench"),
    (json.dumps([row(ours=None)]), "no figures of a bench"),
    ("[]", "nothing was measured"),
    ('{"figures": []}', "nothing was measured"),
    (json.dumps([row(peer=float("nan"))]), "peer is nan"),
], ids=str)
def test_a_file_with_something_else(found, why):
    line = refused(written(found))
    assert "bench.json" in line and why in line
    assert not Path("bench.svg").exists()


def test_a_name_that_says_of_no_format():
    for name in ("bench.pdf", "bench", "svg"):
        assert f"{name}: its name must end in .svg or .png" in refused(COMPARISON, "-o", name)


@draws
def test_where_nothing_can_be_written_nothing_is():
    name = written([row()])
    assert "none/x.svg: No such file or directory" in refused(name, "-o", "none/x.svg")
    Path("taken.svg").mkdir()
    assert "taken.svg: Is a directory" in refused(name, "-o", "taken.svg")
    assert sorted(os.listdir()) == [name, "taken.svg"]


@draws
def test_a_drawing_stays_when_there_is_no_room_for_all_of_the_next_one():
    name = written([row()])
    assert plot(name).returncode == 0
    before = Path("bench.svg").read_bytes()
    line = refused(written([row(), row(name="shrinking")]), preexec_fn=lambda: resource.setrlimit(
        resource.RLIMIT_FSIZE, (len(before) // 2, len(before) // 2)))
    assert "bench.svg: File too large" in line
    assert Path("bench.svg").read_bytes() == before
    assert sorted(os.listdir()) == [name, "bench.svg"]
