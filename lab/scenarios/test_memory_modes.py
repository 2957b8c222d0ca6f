# SPDX-License-Identifier: BSD-3-Clause
"""EAL's memory in each of its modes is what devices reach, at start and as it grows and shrinks.

At start it is mapped in as few calls as it has pieces, where EAL keeps it in one file; what comes
later, by the page, which is what EAL frees.
"""
from dataclasses import dataclass

import pytest

from support.application import IOMMUFD, LOG_PREFIX, Memory, dpdk_release
from support.ioctls import MAPS, UNMAPS, Recording
from support.memsegs import areas, segments, size
from support.reachable import assert_nothing_reachable, assert_reachable_is_memory

MIB = 1 << 20
GIB = 1 << 30
GROWTH = 67 * MIB
ONE_FILE = "--single-file-segments"
SEGMENT_FILES_NO = f"{IOMMUFD},single-file-segments=no"


@dataclass(frozen=True)
class Mode:
    """How EAL is told to take its memory."""
    options: tuple[str, ...]
    one_file: bool = True    # it is in one file: neighbours take one call
    for_user: bool = True    # ... because the library says so to EAL, and to the user
    start: str = "-m {}"
    mib: int = 64            # at start
    flag: str = IOMMUFD

    @property
    def arguments(self) -> list[str]:
        return [*self.options, *self.start.format(self.mib).split(), self.flag]

    def __str__(self) -> str:
        return " ".join(self.arguments)


def of_user(*options, one_file=False, **other):
    """A mode in which the library leaves segment files as the user has them."""
    return Mode(options, one_file=one_file, for_user=False, **other)


GROWING = [
    Mode(()),
    Mode((), start="--socket-mem={}"),
    Mode(("--in-memory",)),
    Mode(("--match-allocations",)),
    of_user(flag=SEGMENT_FILES_NO),
    of_user(ONE_FILE, one_file=True),
    of_user("--huge-unlink"),
    of_user("--huge-unlink=existing"),
    of_user("--huge-unlink=always"),
    of_user("--huge-unlink=never"),
]
# Another name of --socket-mem
if dpdk_release() >= (25, 11):
    GROWING.append(Mode((), start="--numa-mem={}"))
STATIC = [of_user("--legacy-mem"), of_user("--no-huge", one_file=True, mib=16)]


@pytest.fixture(autouse=True)
def nothing_before_and_after(nics):
    """Devices can reach nothing before an application starts and after it has ended."""
    assert_nothing_reachable(nics)
    yield
    assert_nothing_reachable(nics)


@pytest.fixture
def recording(tmp_path):
    return Recording(tmp_path / "ioctls")


def started(nics, mode, recording):
    return Memory(nics, *mode.arguments, before=recording.before)


def assert_mapped_at_start(app, nics, mode, recording):
    """All of it is mapped, and in no more calls than it takes."""
    found = segments(app)
    assert size(found) >= mode.mib * MIB
    assert_reachable_is_memory(app, nics)
    calls = recording.succeeded(*MAPS)
    assert len(calls) == len(areas(found) if mode.one_file else found)
    assert {call.name for call in calls} == {"IOMMU_IOAS_MAP_FILE"}
    assert not recording.calls(*UNMAPS)
    said = [line for line in app.greeting.splitlines() if LOG_PREFIX in line and ONE_FILE in line]
    assert len(said) == (1 if mode.for_user else 0), app.greeting


@pytest.mark.intel
@pytest.mark.parametrize("mode", GROWING, ids=str)
def test_memory_that_grows_and_shrinks(nics, mode, recording):
    with started(nics, mode, recording) as app:
        assert_mapped_at_start(app, nics, mode, recording)
        at_start = segments(app)

        recording.forget()
        app.command(f"alloc {64 * MIB}")
        app.command(f"alloc {3 * MIB}")
        grown = set(segments(app)) - set(at_start)
        assert size(segments(app)) >= GROWTH
        assert_reachable_is_memory(app, nics)
        assert {(call.iova, call.length) for call in recording.succeeded(*MAPS)} == {
            (segment.iova, segment.length) for segment in grown}

        app.command("free")
        app.command("free")
        assert segments(app) == at_start
        assert_reachable_is_memory(app, nics)
        assert sum(call.length for call in recording.succeeded(*UNMAPS)) == size(grown)
        assert not [call for call in recording.calls(*MAPS, *UNMAPS) if call.error]


@pytest.mark.intel
@pytest.mark.parametrize("mode", STATIC, ids=str)
def test_memory_that_never_changes(nics, mode, recording):
    with started(nics, mode, recording) as app:
        assert_mapped_at_start(app, nics, mode, recording)
        before = segments(app)
        app.command(f"alloc {16 * MIB}")
        app.command("free")
        assert segments(app) == before
        assert_reachable_is_memory(app, nics)


@pytest.mark.intel
def test_memory_of_one_file_across_a_gib_boundary_takes_a_call_on_each_side(nics, recording):
    mode = Mode((f"--base-virtaddr={5 * GIB - 128 * MIB:#x}",), mib=256)
    with started(nics, mode, recording) as app:
        ends = {segment.end for segment in segments(app)}
        starts = {segment.iova for segment in segments(app)}
        assert 5 * GIB in starts & ends, "EAL has put no memory on both sides of 5 GiB"
        assert_mapped_at_start(app, nics, mode, recording)
        assert len(recording.succeeded(*MAPS)) == 2


@pytest.mark.intel
def test_another_device_takes_no_mapping_at_all(nics, recording):
    with started(nics, Mode(()), recording) as app:
        first, second = (index for index, call in enumerate(recording.succeeded())
                         if call.name == "VFIO_DEVICE_ATTACH_IOMMUFD_PT")
        names = [call.name for call in recording.succeeded()]
        assert len([name for name in names[:first] if name in MAPS]) == len(areas(segments(app)))
        assert not {*names[first:second]} & {*MAPS, "IOMMU_HWPT_ALLOC"}
        assert_reachable_is_memory(app, nics)


def assert_mapped_on_its_node(app, calls):
    """The thread that had memory mapped was on a CPU of that memory's node."""
    nodes = {}
    for segment in segments(app):
        for iova in range(segment.iova, segment.end, segment.page):
            nodes[iova] = segment.node
    assert {call.node for call in calls} == set(nodes.values())
    assert [call.node for call in calls] == [nodes[call.iova] for call in calls]


@pytest.mark.numa
@pytest.mark.parametrize("directory, page, start, growth", [
    ("/dev/hugepages", 2 * MIB, 64, 60 * MIB), ("/dev/hugepages1G", GIB, 1024, 900 * MIB)],
    ids=["2 MiB pages", "1 GiB pages"])
def test_two_nodes(nics, recording, directory, page, start, growth):
    with Memory(nics, IOMMUFD, f"--huge-dir={directory}", f"--socket-mem={start},{start}",
                before=recording.before) as app:
        at_start = segments(app)
        assert {segment.page for segment in at_start} == {page}
        for node in (0, 1):
            assert size(segment for segment in at_start if segment.node == node) == start * MIB
        assert_reachable_is_memory(app, nics)
        assert_mapped_on_its_node(app, recording.succeeded(*MAPS))
        assert len(recording.succeeded(*MAPS)) == len(areas(at_start))

        recording.forget()
        for node in (1, 0, 1, 0):
            app.command(f"alloc {growth} on {node}")
        grown = set(segments(app)) - set(at_start)
        assert {segment.node for segment in grown} == {0, 1}
        assert_reachable_is_memory(app, nics)
        assert_mapped_on_its_node(app, recording.succeeded(*MAPS))

        for _ in range(4):
            app.command("free")
        assert segments(app) == at_start
        assert_reachable_is_memory(app, nics)


@pytest.mark.numa
def test_pages_of_both_sizes_on_both_nodes(nics):
    with Memory(nics, IOMMUFD, "--socket-mem=1088,1088") as app:
        assert {(segment.page, segment.node) for segment in segments(app)} >= {(GIB, 0), (GIB, 1)}
        assert_reachable_is_memory(app, nics)
