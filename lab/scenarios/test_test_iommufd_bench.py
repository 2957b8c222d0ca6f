# SPDX-License-Identifier: BSD-3-Clause
"""dpdk-test-iommufd's benches: what they say of requests is what a recorder in front of the C
library saw of the same run, over type1 and over iommufd."""
import json
from collections import Counter

import pytest

from support.application import IOMMUFD, START_SECONDS
from support.forwarder import Forwarder
from support.ioctls import MAPS, UNMAPS, Recording
from support.spaces import HUGE_PAGE, PAGE

MIB = 1 << 20
MEMORY, EXTERNAL, PIECES = 256, 4, 2
GROWN, ROUNDS, SMALL_ROUNDS, TABLES = 5, 3, 15, 3
# A device's first request, those that open it, and those that are about its address space
FIRST = ("VFIO_GROUP_GET_STATUS", "VFIO_DEVICE_BIND_IOMMUFD")
OPENING = ("VFIO_GROUP_GET_DEVICE_FD", "VFIO_DEVICE_BIND_IOMMUFD")
PLACING = ("VFIO_DEVICE_ATTACH_IOMMUFD_PT", "VFIO_DEVICE_DETACH_IOMMUFD_PT")
TAKEN_BACK = ": taken back"


class Benched(Forwarder):
    """It, with its requests recorded, and its figures in a file."""

    def __init__(self, nics, directory, *eal):
        self.recording = Recording(directory / "requests")
        self.report = directory / "report.json"
        super().__init__(nics, "-m", str(MEMORY), *eal, environment=self.recording.environment,
                         app=("--disable-link-check", f"--json={self.report}"))

    def figures(self, bench):
        """By name."""
        return {figure["name"]: figure for figure in json.loads(self.report.read_text())["figures"]
                if figure["bench"] == bench}

    def bench(self, name, *arguments):
        """Runs one: its figures, and the requests that were recorded meanwhile."""
        self.recording.forget()
        said = self.command(f"bench {name} {' '.join(map(str, arguments))}")
        assert "requests" in said, said
        calls = self.recording.calls()
        assert not any(call.error for call in calls)
        return self.figures(name), calls


def of_kind(calls, names):
    return [call for call in calls if call.name in names]


def about_address_spaces(calls):
    """Without those that are about a device itself: its opening, regions, interrupts, resets."""
    return [call for call in calls if call.name in PLACING
            or not (call.name in OPENING or call.name.startswith("VFIO_DEVICE_"))]


def of_further_devices(calls):
    """From the second device's first request on."""
    first = [number for number, call in enumerate(calls) if call.name in FIRST]
    return calls[first[1]:]


def counted(figures):
    """Requests of all samples of figures together."""
    return sum(figure["requests"] * figure["count"] for figure in figures)


@pytest.mark.intel
@pytest.mark.parametrize("way", ["type1", "iommufd"], scope="class")
class TestRequests:
    """One run of each way."""

    @pytest.fixture(scope="class")
    def app(self, way, nics, tmp_path_factory):
        with Benched(nics, tmp_path_factory.mktemp(way),
                     *((IOMMUFD,) if way == "iommufd" else ())) as app:
            yield app

    def test_startup_is_the_requests_about_address_spaces(self, app, way):
        calls = app.recording.calls()
        assert "start-up" in app.command("bench startup")
        figures = app.figures("startup")
        maps = of_kind(calls, MAPS)
        assert figures[f"start-up, {MEMORY} MiB"]["requests"] == len(
            about_address_spaces(calls))
        assert figures["start-up: mapped"]["requests"] == len(maps)
        assert figures["start-up: mapped"]["value"] == MEMORY == sum(
            call.length for call in maps) / MIB
        assert figures["a further device: maps"]["value"] == len(
            of_kind(of_further_devices(calls), MAPS))
        assert figures["a further device"]["value"] > 0 < figures["eal_init"]["value"]
        assert json.loads(app.report.read_text())["iommufd"] is (way == "iommufd")

    def test_each_hugepage_is_mapped_and_unmapped_for_itself(self, app):
        figures, calls = app.bench("grow", GROWN)
        for name, kinds in (("growth", MAPS), ("shrinking", UNMAPS)):
            assert [call.length for call in of_kind(calls, kinds)] == GROWN * [HUGE_PAGE]
            assert figures[name]["count"] == GROWN and figures[name]["requests"] == 1
            assert figures[name]["least"] > 0
        assert len(calls) == 2 * GROWN

    def test_external_memory_is_registered_in_each_way(self, app, way):
        figures, calls = app.bench("map", EXTERNAL)
        names = [f"external {kind}, {EXTERNAL} MiB"
                 for kind in ("anonymous", "file", "file by address", "heap")]
        assert list(figures) == [name + end for name in names for end in ("", TAKEN_BACK)]
        for end, kinds in (("", MAPS), (TAKEN_BACK, UNMAPS)):
            of_end = [figures[name + end] for name in names]
            assert {figure["count"] for figure in of_end} == {ROUNDS}
            found = of_kind(calls, kinds)
            assert counted(of_end) == len(found)
            assert sum(call.length for call in found) == len(names) * ROUNDS * EXTERNAL * MIB
        by_file = Counter(call.name for call in calls)["IOMMU_IOAS_MAP_FILE"]
        assert by_file == (ROUNDS if way == "iommufd" else 0)

    def test_it_gives_its_devices_back_to_the_start_behind_it(self, app):
        app.child.sendline("bench restart 1")
        assert app.wait(START_SECONDS) == 0
        figures = app.figures("restart")
        assert {figure["count"] for figure in figures.values()} == {1}
        assert figures["from exec to ready"]["least"] < figures["from exec to gone"]["least"]
        # Those that were found before are not forgotten
        assert app.figures("grow") and app.figures("map")


@pytest.mark.accel
class TestAddressSpaces:
    """`bench as`."""

    @pytest.fixture(scope="class")
    def app(self, zips_of_vfio, nics, tmp_path_factory):
        with Benched(nics[:1], tmp_path_factory.mktemp("as"), IOMMUFD) as app:
            yield app

    def test_memory_is_mapped_in_each_way_and_pasids_are_bound(self, app, pci):
        size = PIECES * HUGE_PAGE
        figures, calls = app.bench("as", pci, size // MIB)
        assert counted(figure for name, figure in figures.items() if ": map" in name) == len(
            of_kind(calls, MAPS)) - 1  # the shared space got it first
        lengths = {name: Counter(call.length for call in of_kind(calls, (name,)))
                   for name in MAPS}
        assert lengths["IOMMU_IOAS_COPY"] == {size: ROUNDS, PAGE: SMALL_ROUNDS, HUGE_PAGE: PIECES}
        assert lengths["IOMMU_IOAS_MAP_FILE"] == {size: ROUNDS + 1, PAGE: SMALL_ROUNDS}
        assert lengths["IOMMU_IOAS_MAP"] == {size: ROUNDS, PAGE: SMALL_ROUNDS}
        counts = {name: figure["count"] for name, figure in figures.items()}
        assert counts["as bind"] == counts["as unbind"] == SMALL_ROUNDS
        assert counts["as bind, own table"] == counts["as unbind, own table"] == TABLES
        assert counts["as rebind"] == counts["as rebind, anew"] == 2 * SMALL_ROUNDS
        assert figures["as bind"]["requests"] == figures["as rebind"]["requests"] == 1
        assert figures["as rebind, anew"]["requests"] == 2

    def test_nothing_of_it_is_left(self, app, pci):
        before = app.command("show iommufd")
        app.bench("as", pci, 2)
        assert app.command("show iommufd") == before

    def test_a_device_without_pasids_is_refused(self, app, nics):
        said = app.command(f"bench as {nics[0].pci} 2")
        assert "a PASID can't be bound: Operation not supported" in said
        assert "as bind" not in said
