# SPDX-License-Identifier: BSD-3-Clause
"""The arithmetic of `lab bench`, from recorded requests to the table and its verdicts."""
import pytest

from bench import forwarding, loading, sums
from labvm import figures
from labvm.figures import Row, Target
from support.application import IOMMUFD
from support.ioctls import MAPS, Call
from support.queues import parsed
from support.refusal import attempt

pytestmark = pytest.mark.intel

MIB = 1 << 20


def call(name, nanoseconds, length=0, error=0):
    return Call(name, 1, 0, 0, nanoseconds, error, 0, length)


TYPE1_CALLS = [
    call("VFIO_GET_API_VERSION", 1),
    call("VFIO_GROUP_GET_STATUS", 2),
    call("VFIO_GROUP_SET_CONTAINER", 4),
    call("VFIO_IOMMU_MAP_DMA", 8),
    call("VFIO_GROUP_GET_DEVICE_FD", 1600),
    call("VFIO_DEVICE_GET_INFO", 32),
    call("VFIO_GROUP_GET_STATUS", 64),
    call("VFIO_GROUP_SET_CONTAINER", 128),
    call("VFIO_GROUP_GET_DEVICE_FD", 1000),
    call("VFIO_DEVICE_SET_IRQS", 256),
]
IOMMUFD_CALLS = [
    call("IOMMU_IOAS_ALLOC", 1),
    call("VFIO_DEVICE_BIND_IOMMUFD", 1000),
    call("IOMMU_IOAS_MAP_FILE", 2),
    call("VFIO_DEVICE_ATTACH_IOMMUFD_PT", 4),
    call("VFIO_DEVICE_BIND_IOMMUFD", 1000),
    call("VFIO_DEVICE_ATTACH_IOMMUFD_PT", 8),
    call("VFIO_DEVICE_BIND_IOMMUFD", 1000),
    call("VFIO_DEVICE_ATTACH_IOMMUFD_PT", 16),
]


def test_start_up_is_what_concerns_address_spaces_and_what_an_opening_was_left_with():
    assert sums.start_up(TYPE1_CALLS) == 1 + 2 + 4 + 8 + 64 + 128 + (1600 - 1000)
    assert sums.start_up(IOMMUFD_CALLS) == 1 + 2 + 4 + 8 + 16


def test_a_further_device_is_opened_and_placed():
    assert sums.further_device(TYPE1_CALLS) == 64 + 128 + 1000
    assert sums.further_device(IOMMUFD_CALLS) == (1000 + 8 + 1000 + 16) / 2


def test_maps_are_counted_from_the_second_device_on():
    assert sums.maps_for_further_devices(TYPE1_CALLS) == 0
    assert sums.maps_for_further_devices([*TYPE1_CALLS, call("VFIO_IOMMU_MAP_DMA", 1)]) == 1


def test_pages_are_averaged_when_all_were_mapped():
    calls = [call("IOMMU_IOAS_MAP", 10, 2 * MIB), call("IOMMU_IOAS_MAP", 30, 2 * MIB)]
    assert sums.per_page(calls, 2, 2 * MIB) == 20
    for wrong in (calls[:1], [calls[0], call("IOMMU_IOAS_MAP", 30, 2 * MIB, error=12)]):
        with pytest.raises(ValueError):
            sums.per_page(wrong, 2, 2 * MIB)


def test_only_maps_of_the_whole_range_are_a_registration():
    calls = [call("IOMMU_IOAS_MAP", 10, MIB), call("IOMMU_IOAS_UNMAP", 30, MIB)]
    assert sums.of_range(calls, MAPS, MIB) == 10
    with pytest.raises(ValueError):
        sums.of_range(calls, MAPS, 2 * MIB)


def test_testpmd_tells_instructions_and_packets():
    said = "  CPU cycles/packet=254.42 (busy cycles=50524904 / total io packets=198592) at 1000 MHz"
    assert forwarding.per_packet(said) == pytest.approx(254.42, abs=0.01)
    for nothing in ("", said.replace("198592", "0")):
        with pytest.raises(ValueError):
            forwarding.per_packet(nothing)


def test_a_burst_is_counted_for_each_piece_of_it():
    bursts = parsed("EAL: 1 lcore\npasid 3\nring: 102 bursts, enqueue 1335 dequeue 1001\n")
    assert (bursts.number, bursts.pasid) == (102, 3)
    assert bursts.each == (1335 + 1001) / 32
    with pytest.raises(ValueError):
        parsed("ring: 102 bursts\n")


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
