# SPDX-License-Identifier: BSD-3-Clause
"""The arithmetic of `lab bench`, from what applications say to the table and its verdicts."""
import pytest

from bench import forwarding, loading, mapping
from labvm import figures
from labvm.figures import Row, Target
from support.application import IOMMUFD
from support.queues import parsed
from support.refusal import attempt

pytestmark = pytest.mark.intel


def rows_of(job, way):
    """The rows that a way has figures for."""
    return {row.name for row in figures.selected(job, "25.11")
            if way in (figures.OURS, row.peer)}


# As iommufd, those of EAL's own VFIO have all of the benches
@pytest.mark.parametrize("way", ["iommufd", "cdev"])
def test_each_way_of_mapping_has_a_figure_for_each_of_its_rows(way):
    found = mapping.counted(way, 256)
    assert set(found[way]) >= rows_of("mapping", way)
    assert all(value > 0 or name == "a further NIC: maps" for name, value in found[way].items())
    if way == "iommufd":
        assert set(found["address"]) == rows_of("mapping", "address")
        growth = found[figures.SAID]["growth"]
        assert growth["count"] == mapping.GROWN and growth["unit"] == figures.INSTRUCTIONS
        assert growth["least"] <= growth["p50"] <= growth["p99.9"] <= growth["most"]


def test_testpmd_tells_instructions_and_packets():
    said = "  CPU cycles/packet=254.42 (busy cycles=50524904 / total io packets=198592) at 1000 MHz"
    assert forwarding.per_packet(said) == pytest.approx(254.42, abs=0.01)
    for nothing in ("", said.replace("198592", "0")):
        with pytest.raises(ValueError):
            forwarding.per_packet(nothing)


def test_a_burst_is_counted_for_each_piece_of_it():
    bursts = parsed({"figures": [
        {"bench": "queue", "name": "enqueue", "unit": "cycles/copy", "p50": 41.5},
        {"bench": "queue", "name": "dequeue", "unit": "cycles/copy", "p50": 31.25},
        {"bench": "queue", "name": "bursts", "unit": "bursts", "value": 102},
        {"bench": "queue", "name": "PASID", "unit": "number", "value": 3}]})
    assert (bursts.number, bursts.pasid) == (102, 3)
    assert bursts.each == 41.5 + 31.25


def test_the_library_without_effect_is_loaded_and_does_nothing():
    application, library, control = loading.copies()
    for preloaded, recognised in ((library, True), (control, False)):
        status, output = attempt("env", f"LD_PRELOAD={preloaded}", application, *loading.ARGUMENTS,
                                 f"{IOMMUFD},single-file-segments=maybe")
        assert status > 0 and ("IOMMUFD: " in output) == recognised, output


ROWS = [
    Row("mapping", "growth", "type1", Target(0.5)),
    Row("mapping", "a further NIC: maps", "type1", Target(0, of_ratio=False), "calls"),
    Row("forwarding", "forwarding", "type1", Target(1.002, 0.998), "instructions/packet"),
    Row("timed", "start-up, 4 GiB", "cdev", unit="ms"),
]


def results(growth=6753.0, maps=0, forwarded=254.4):
    found = {
        "iommufd": {"growth": growth, "a further NIC: maps": maps, "forwarding": forwarded,
                    "start-up, 4 GiB": 2.5},
        "type1": {"growth": 15339.0, "a further NIC: maps": 0, "forwarding": 254.42},
        "cdev": {"start-up, 4 GiB": 60.0},
        "said": {"growth": {"count": 64, "p50": 6700}},
    }
    return [figures.result(row, found) for row in ROWS]


def test_a_result_has_the_fields_of_the_json_file():
    assert results()[3] == {
        "job": "timed", "name": "start-up, 4 GiB", "unit": "ms", "ours": 2.5, "peer": 60.0,
        "peer_name": "an IOAS_MAP for each hugepage", "ratio": pytest.approx(2.5 / 60),
        "target": None, "met": None, "application": None}
    assert results()[1]["ratio"] is None
    assert (results()[0]["target"], results()[0]["met"]) == ("at most 0.5", True)
    assert results()[0]["application"] == {"count": 64, "p50": 6700}


def test_the_table_says_which_targets_are_met():
    assert figures.table(ROWS, results()).splitlines()[1:] == [
        "growth               instructions          6,753  15,339  0.4403  stock type1"
        "                    at most 0.5: met",
        "a further NIC: maps  calls                     0       0          stock type1"
        "                    at most 0 in all: met",
        "forwarding           instructions/packet  254.40  254.42  0.9999  stock type1"
        "                    0.998 to 1.002: met",
        "start-up, 4 GiB      ms                     2.50      60  0.0417  "
        "an IOAS_MAP for each hugepage",
    ]


@pytest.mark.parametrize("missed", [
    {"growth": 8000.0}, {"maps": 1}, {"forwarded": 256.0}, {"forwarded": 253.0}], ids=str)
def test_a_target_can_be_missed(missed):
    assert figures.unmet(results()) == 0
    assert figures.unmet(results(**missed)) == 1
    assert figures.table(ROWS, results(**missed)).count("NOT MET") == 1


def test_rows_are_chosen_by_name():
    assert {row.name for row in figures.selected("growth", "25.11")} == {"growth"}
    assert {row.job for row in figures.selected("queue", "25.11")} == {"queue"}
    assert figures.selected("*", "25.11") == list(figures.ROWS)
    assert figures.selected("nothing", "25.11") == []


def test_rows_without_a_peer_are_left_out():
    assert figures.selected("queue", "24.11") == []
    assert figures.selected("growth", "24.11") == figures.selected("growth", "25.11")
