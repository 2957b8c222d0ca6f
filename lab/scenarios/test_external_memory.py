# SPDX-License-Identifier: BSD-3-Clause
"""Memory that isn't EAL's: what an application maps for DMA is what devices reach, and no more."""
import pytest

from support.application import IOMMUFD, Testpmd, Vfio
from support.buffers import GIB, IOVA, LENGTH, MIB, blocked, buffer, part, words
from support.machine import open_files
from support.memsegs import PAGE, Segment, segments
from support.network import assert_forwarded
from support.reachable import assert_nothing_reachable, assert_reachable_is_memory

pytestmark = pytest.mark.intel


@pytest.fixture(scope="class")
def app(nics):
    """The application on both NICs over iommufd."""
    assert_nothing_reachable(nics)
    with Vfio(nics, IOMMUFD) as app:
        yield app
    assert_nothing_reachable(nics)


class TestMappedByHand:
    """rte_vfio_container_dma_map() and its counterpart, on the default container."""

    @pytest.fixture
    def mapped(self, app, nics):
        """Four neighbours of 64 KiB each, of one buffer, mapped one by one."""
        whole = buffer(app, length=4 * LENGTH)
        parts = [part(whole, index * LENGTH, LENGTH) for index in range(4)]
        for one in parts:
            app.done(f"map default {words(one)}")
        assert_reachable_is_memory(app, nics, whole)
        yield parts
        assert_reachable_is_memory(app, nics)

    def test_an_exact_unmap_leaves_the_neighbours(self, app, nics, mapped):
        for index in (1, 3, 0, 2):
            app.done(f"unmap default {words(mapped[index])}")
            mapped[index] = None
            assert_reachable_is_memory(app, nics, *filter(None, mapped))

    def test_whole_neighbours_go_in_one_unmap(self, app, nics, mapped):
        app.done(f"unmap default {words(part(mapped[0], LENGTH, 2 * LENGTH))}")
        assert_reachable_is_memory(app, nics, mapped[0], mapped[3])
        for one in (mapped[0], mapped[3]):
            app.done(f"unmap default {words(one)}")

    @pytest.mark.parametrize("offset, length", [
        (0, PAGE), (LENGTH - PAGE, PAGE), (PAGE, LENGTH - 2 * PAGE), (LENGTH, LENGTH + PAGE),
        (PAGE, LENGTH)], ids=["head", "tail", "middle", "one and a bit", "across"])
    def test_a_part_of_a_mapping_is_not_unmapped(self, app, nics, mapped, offset, length):
        symbol, said = app.error(f"unmap default {words(part(mapped[0], offset, length))}")
        assert symbol == "ENOTSUP"
        assert f"{length:#x} bytes at {IOVA + offset:#x}" in said and "part" in said
        assert_reachable_is_memory(app, nics, *mapped)
        app.done(f"unmap default {words(part(mapped[0], 0, 4 * LENGTH))}")

    def test_what_nobody_mapped_is_not_unmapped(self, app, nics, mapped):
        never = Segment(mapped[0].va, IOVA + GIB, LENGTH)
        beyond = part(mapped[0], 0, 5 * LENGTH)
        elsewhere = part(mapped[0], 0, LENGTH, va=mapped[1].va)
        for wrong in (never, beyond, elsewhere):
            symbol, said = app.error(f"unmap default {words(wrong)}")
            assert symbol == "EINVAL"
            assert f"{wrong.length:#x} bytes at {wrong.iova:#x}" in said
            assert_reachable_is_memory(app, nics, *mapped)
        app.done(f"unmap default {words(part(mapped[0], 0, 4 * LENGTH))}")

    def test_eals_memory_is_not_the_applications_to_unmap(self, app, nics):
        symbol, _ = app.error(f"unmap default {words(segments(app)[0])}")
        assert symbol == "EINVAL"
        assert_reachable_is_memory(app, nics)

    def test_what_is_mapped_again_in_the_same_way_wants_as_many_unmaps(self, app, nics):
        one = buffer(app)
        for _ in range(3):
            app.done(f"map default {words(one)}")
        for _ in range(2):
            app.done(f"unmap default {words(one)}")
            assert_reachable_is_memory(app, nics, one)
        app.done(f"unmap default {words(one)}")
        assert_reachable_is_memory(app, nics)
        assert app.error(f"unmap default {words(one)}")[0] == "EINVAL"

    def test_an_address_in_use_is_not_mapped_to_other_memory(self, app, nics, mapped):
        other = buffer(app, length=4 * LENGTH)
        eals = segments(app)[0]
        for iova, length in ((IOVA, LENGTH), (IOVA - PAGE, 2 * PAGE), (IOVA + PAGE, PAGE),
                             (IOVA + 3 * LENGTH, 2 * LENGTH), (eals.iova, LENGTH),
                             (eals.end - PAGE, 2 * PAGE)):
            symbol, said = app.error(f"map default {words(Segment(other.va, iova, length))}")
            assert symbol == "EEXIST"
            assert f"{length:#x} bytes at {iova:#x}" in said and "mapped" in said
            assert_reachable_is_memory(app, nics, *mapped)
        app.done(f"unmap default {words(part(mapped[0], 0, 4 * LENGTH))}")

    @pytest.mark.parametrize("kind, page", [("anonymous", PAGE), ("file", PAGE),
                                            ("hugefile", 2 * MIB)])
    def test_every_kind_of_memory(self, app, nics, kind, page):
        one = buffer(app, length=4 * MIB, kind=kind, page=page)
        app.done(f"map default {words(one)}")
        assert_reachable_is_memory(app, nics, one)
        app.done(f"unmap default {words(one)}")
        assert_reachable_is_memory(app, nics)

    def test_a_mapping_across_a_gib_boundary(self, app, nics):
        one = buffer(app, iova=IOVA + GIB - LENGTH, length=2 * LENGTH)
        app.done(f"map default {words(one)}")
        assert_reachable_is_memory(app, nics, one)
        half = part(one, 0, LENGTH)
        assert app.error(f"unmap default {words(half)}")[0] == "ENOTSUP"
        assert_reachable_is_memory(app, nics, one)
        app.done(f"unmap default {words(one)}")
        assert_reachable_is_memory(app, nics)

    def test_the_default_container_has_a_descriptor_too(self, app, nics):
        one, fd = buffer(app), app.descriptor("container fd")
        app.done(f"map {fd} {words(one)}")
        assert_reachable_is_memory(app, nics, one)
        app.done(f"unmap default {words(one)}")
        assert_reachable_is_memory(app, nics)

    def test_what_can_not_be_mapped(self, app, nics):
        one = buffer(app)
        assert app.error(f"map default {one.va:#x} {IOVA:#x} 0")[0] == "EINVAL"
        assert app.error(f"unmap default {one.va:#x} {IOVA:#x} 0")[0] == "EINVAL"
        assert app.error(f"map default {one.va:#x} {IOVA + 1:#x} {LENGTH:#x}")[0] == "EINVAL"
        assert app.error(f"map default {one.va:#x} {2**64 - PAGE:#x} {LENGTH:#x}")[0] == "EINVAL"
        assert app.error(f"map default 0x1000 {IOVA:#x} {LENGTH:#x}")[0] == "EFAULT"
        assert app.error(f"map 1000 {words(one)}")[0] == "EINVAL"
        assert_reachable_is_memory(app, nics)


class TestMappedFromItsFile:
    """rte_iommufd_dma_map_file(): the caller names the file that its memory is of."""

    @pytest.mark.parametrize("kind, page", [("file", PAGE), ("hugefile", 2 * MIB)])
    def test_pages_of_the_file_are_mapped(self, app, nics, kind, page):
        va, fd = app.buffer(kind, 8 * MIB)
        offset = 2 * MIB
        one = Segment(va + offset, IOVA, 4 * MIB, page)
        app.done(f"mapfile default {fd} {offset:#x} {words(one)}")
        assert_reachable_is_memory(app, nics, one)
        app.done(f"unmap default {words(one)}")
        assert_reachable_is_memory(app, nics)

    def test_it_obeys_the_rules_of_the_others(self, app, nics):
        va, fd = app.buffer("file", LENGTH)
        one = Segment(va, IOVA, LENGTH)
        app.done(f"mapfile default {fd} 0 {words(one)}")
        app.done(f"mapfile default {fd} 0 {words(one)}")
        other = buffer(app)
        assert app.error(f"map default {words(other)}")[0] == "EEXIST"
        assert app.error(f"mapfile default {fd} 0 {words(other)}")[0] == "EEXIST"
        symbol, _ = app.error(f"unmap default {words(part(one, 0, PAGE))}")
        assert symbol == "ENOTSUP"
        for _ in range(2):
            assert_reachable_is_memory(app, nics, one)
            app.done(f"unmap default {words(one)}")
        assert_reachable_is_memory(app, nics)

    def test_what_is_no_file_or_beyond_its_end(self, app, nics):
        va, fd = app.buffer("file", LENGTH)
        assert app.error(f"mapfile default 1000 0 {words(Segment(va, IOVA, LENGTH))}")[0] == "EBADF"
        app.error(f"mapfile default {fd} {LENGTH:#x} {words(Segment(va, IOVA, LENGTH))}")
        assert app.error(f"mapfile default {fd} 0 {va:#x} {IOVA:#x} 0")[0] == "EINVAL"
        assert_reachable_is_memory(app, nics)


class TestRegistered:
    """rte_extmem_register() and rte_dev_dma_map(), which is for each device."""

    def test_it_is_mapped_until_the_last_device_has_unmapped_it(self, app, nics):
        one = buffer(app)
        app.done(f"extmem register {one.va:#x} {one.length:#x}")
        assert_reachable_is_memory(app, nics)
        for nic in nics:
            app.done(f"dev map {nic.pci} {words(one)}")
            assert_reachable_is_memory(app, nics, one)
        app.done(f"dev unmap {nics[0].pci} {words(one)}")
        assert_reachable_is_memory(app, nics, one)
        app.done(f"dev unmap {nics[1].pci} {words(one)}")
        assert_reachable_is_memory(app, nics)
        app.done(f"extmem unregister {one.va:#x} {one.length:#x}")


class TestHeap:
    """Memory added to a heap of the application's is EAL's from there on, and mapped as such."""

    @pytest.mark.parametrize("kind, page", [("anonymous", PAGE), ("hugefile", 2 * MIB)])
    def test_it_is_mapped_while_it_is_in_the_heap(self, app, nics, kind, page):
        first, second = (buffer(app, IOVA + index * GIB, 4 * MIB, kind, page)
                         for index in range(2))
        app.done("heap create other")
        for one in (first, second):
            app.done(f"heap add other {one.va:#x} {one.length:#x} {one.iova:#x} {page:#x}")
        assert_reachable_is_memory(app, nics, first, second)
        app.done(f"heap remove other {first.va:#x} {first.length:#x}")
        assert_reachable_is_memory(app, nics, second)
        app.done(f"heap remove other {second.va:#x} {second.length:#x}")
        assert_reachable_is_memory(app, nics)
        app.done("heap destroy other")

    def test_it_is_not_the_applications_to_unmap(self, app, nics):
        one = buffer(app)
        app.done("heap create other")
        app.done(f"heap add other {one.va:#x} {one.length:#x} {one.iova:#x} {PAGE:#x}")
        assert app.error(f"unmap default {words(one)}")[0] == "EINVAL"
        assert_reachable_is_memory(app, nics, one)
        app.done(f"heap remove other {one.va:#x} {one.length:#x}")
        app.done("heap destroy other")
        assert_reachable_is_memory(app, nics)


def test_mapped_before_the_first_device_and_still_there_when_devices_return(nics):
    with Vfio([], *blocked(nics), IOMMUFD) as app:
        by_address, in_heap = buffer(app), buffer(app, IOVA + GIB)
        gone = buffer(app, IOVA + 2 * GIB)
        va, fd = app.buffer("file", LENGTH)
        of_file = Segment(va, IOVA + 3 * GIB, LENGTH)
        app.done(f"map default {words(by_address)}")
        app.done(f"map default {words(gone)}")
        app.done(f"unmap default {words(gone)}")
        app.done(f"mapfile default {fd} 0 {words(of_file)}")
        app.done("heap create other")
        app.done(f"heap add other {in_heap.va:#x} {LENGTH:#x} {in_heap.iova:#x} {PAGE:#x}")
        assert_nothing_reachable(nics)

        ours = (by_address, of_file, in_heap)
        app.done(f"attach {nics[0].pci}")
        assert_reachable_is_memory(app, nics[:1], *ours)
        app.done(f"attach {nics[1].pci}")
        assert_reachable_is_memory(app, nics, *ours)

        app.done(f"detach {nics[0].pci}")
        assert_nothing_reachable(nics[:1])
        app.done(f"unmap default {words(by_address)}")
        app.done(f"attach {nics[0].pci}")
        assert_reachable_is_memory(app, nics, of_file, in_heap)

        for nic in nics:
            app.done(f"detach {nic.pci}")
        assert_nothing_reachable(nics)
        app.done(f"unmap default {words(of_file)}")
        app.done(f"heap remove other {in_heap.va:#x} {LENGTH:#x}")
        app.done(f"map default {words(gone)}")
        for nic in nics:
            app.done(f"attach {nic.pci}")
        assert_reachable_is_memory(app, nics, gone)


def test_neighbours_that_waited_for_the_first_device_go_one_by_one(nics):
    with Vfio([], *blocked(nics), IOMMUFD) as app:
        whole = buffer(app, length=4 * MIB)
        first, second = (part(whole, offset, 2 * MIB) for offset in (0, 2 * MIB))
        app.done("heap create other")
        for one in (first, second):
            app.done(f"heap add other {one.va:#x} {one.length:#x} {one.iova:#x} {PAGE:#x}")
        app.done(f"attach {nics[0].pci}")
        assert_reachable_is_memory(app, nics[:1], first, second)
        app.done(f"heap remove other {first.va:#x} {first.length:#x}")
        assert_reachable_is_memory(app, nics[:1], second)


def test_more_mappings_than_type1_has_room_for(nics):
    """type1 takes 256 of the application's mappings."""
    many = 600
    with Vfio(nics, IOMMUFD) as app:
        whole = buffer(app, length=many * PAGE)
        # Each second page, so that none are neighbours
        pages = [part(whole, index * PAGE, PAGE) for index in range(0, many, 2)]
        fds = open_files(app.pid)
        for one in pages:
            app.done(f"map default {words(one)}")
        assert_reachable_is_memory(app, nics, *pages)
        for one in pages:
            app.done(f"unmap default {words(one)}")
        assert_reachable_is_memory(app, nics)
        assert open_files(app.pid) == fds


# Commands, and where in a buffer, in units of LENGTH. type1 differs in what isn't here: before the
# first device it maps nothing, the same twice is no count, and an address in use is success.
COMMON = (
    ("map", 0, 1), ("map", 1, 1), ("map", 2, 1), ("unmap", 0, .5), ("unmap", 0.5, 1),
    ("unmap", 5, 1), ("unmap", 0, 0), ("map", 0, 0), ("unmap", 1, 2), ("unmap", 1, 1),
    ("unmap", 0, 1), ("unmap", 0, 1))


def test_answers_are_those_of_type1(nics):
    answers = []
    for options in ((IOMMUFD,), ()):
        with Vfio(nics[:1], *options) as app:
            whole = buffer(app, length=4 * LENGTH)
            answers.append([
                (command, offset, length, app.command(
                    f"{command} default "
                    f"{words(part(whole, int(offset * LENGTH), int(length * LENGTH)))}"
                ).splitlines()[-1]) for command, offset, length in COMMON])
    assert answers[0] == answers[1]
    assert {answer for *_, answer in answers[0]} > {"ok"}


def test_testpmd_forwards_with_buffers_in_an_external_heap_and_when_a_device_returns(nics, payload):
    with Testpmd(nics, IOMMUFD, app=("--mp-alloc=xmem",)) as app:
        app.command("start")
        assert_forwarded(payload)
        for line in ("stop", "port stop 0", "port close 0", f"device detach {nics[0].pci}",
                     f"port attach {nics[0].pci}", "port start 0", "set portlist 0,1", "start"):
            app.command(line)
        assert_forwarded(payload)
