# SPDX-License-Identifier: BSD-3-Clause
"""Address spaces of an application, PASIDs bound to them, and what queues of a ZIP reach then."""
import pytest

from support.spaces import HUGE_PAGE, PAGE, Spaces, pinned

pytestmark = pytest.mark.zip5

A, B, C, FREE = (ord(letter) for letter in "abc.")
# Queues
SHARED, OWN, OTHER, FUNCTION = range(4)
NOBODYS = 0x7e0000000000
MSI = 0xfee00000


@pytest.fixture(scope="class")
def app(pci):
    """An application that has brought a ZIP up, with a buffer in its shared space."""
    with Spaces([]) as running:
        running.done(f"function open {pci}")
        yield running
        running.done("function close")


@pytest.fixture(scope="class")
def memory(app, pci):
    """Addresses of what is in the shared space, in one's own, and in the other's."""
    addresses = [app.buffer(byte) for byte in (A, B, C)]
    spaces = "shared", app.space(), app.space()
    for queue, (space, address) in enumerate(zip(spaces, addresses)):
        app.map_file(space, address)
        app.start_queue(pci, queue, space)
    app.done(f"queue open {FUNCTION} 0")
    return addresses


class TestIsolation:
    """Two queues with spaces of their own, one with the shared space, one of the function."""

    @pytest.mark.parametrize("queue", [SHARED, OWN, OTHER])
    def test_a_queue_reaches_what_is_in_its_space(self, app, memory, queue):
        mine = memory[queue]
        app.fill(mine, FREE, 4096)
        assert app.transfer(queue, mine, mine + 4096)
        assert app.look(mine) == f"all {'abc'[queue].encode()[0]:#04x}"

    @pytest.mark.parametrize("queue,whose", [(queue, whose) for queue in (SHARED, OWN, OTHER)
                                             for whose in (SHARED, OWN, OTHER) if queue != whose])
    def test_it_reaches_nobody_elses(self, app, memory, queue, whose):
        mine, theirs = memory[queue], memory[whose]
        before = app.look(theirs)
        assert not app.transfer(queue, theirs, mine)
        assert not app.transfer(queue, mine, theirs)
        assert app.look(theirs) == before
        assert app.transfer(queue, mine, mine + 4096)

    def test_the_function_itself_has_the_shared_space(self, app, memory):
        assert app.transfer(FUNCTION, memory[SHARED], memory[SHARED] + 4096)
        assert not app.transfer(FUNCTION, memory[SHARED], memory[OWN])

    def test_one_page_table_serves_the_function_and_the_pasids_of_its_space(self, app, pci, memory):
        text = app.command("dump")
        shared = text.split(f"device {pci}: ")[1].split("page table ")[1].split()[0]
        assert f"page table {shared}: ioas 1, 1 devices, 1 PASIDs" in text
        assert len(set(line.rpartition(" ")[2] for line in text.splitlines()
                       if line.startswith("pasid "))) == 3


@pytest.fixture(scope="class")
def shared(app, pci):
    """A buffer that the shared space has, of two hugepages."""
    address = app.buffer(A, 2 * HUGE_PAGE)
    app.map_file("shared", address, length=2 * HUGE_PAGE)
    return address


@pytest.fixture(scope="class")
def space(app, pci):
    """A space that a queue has."""
    number = app.space()
    app.start_queue(pci, OWN, number)
    return number


class TestSharing:
    """What is put into several spaces, and taken out again."""

    def test_a_part_can_be_shared_and_is_pinned_once(self, app, shared, space):
        before = pinned(app.pid)
        assert not app.transfer(OWN, shared, shared + 4096)
        app.copy(space, shared)
        assert pinned(app.pid) == before
        assert app.transfer(OWN, shared, shared + 4096)
        assert not app.transfer(OWN, shared, shared + HUGE_PAGE)

    def test_mapped_once_more_it_is_pinned_twice(self, app, pci, shared):
        before = pinned(app.pid)
        other = app.space()
        app.map_file(other, shared)
        # Nothing is attached to that space: what nobody can reach isn't pinned
        assert pinned(app.pid) == before
        pasid = app.bind(pci, other)
        assert pinned(app.pid) == before + (HUGE_PAGE >> 10)
        app.done(f"unbind {pci} {pasid}")
        app.done(f"space destroy {other}")
        assert pinned(app.pid) == before

    def test_what_is_unmapped_faults(self, app, shared, space):
        app.done(f"unmap {space} {shared:#x} {HUGE_PAGE}")
        assert not app.transfer(OWN, shared, shared + 4096)

    def test_read_only_it_can_be_read_only(self, app, shared, space):
        mine = app.buffer(B)
        app.map_file(space, mine)
        app.copy(space, shared, "ro")
        app.fill(shared, A)
        assert app.transfer(OWN, mine, shared)
        assert app.look(mine, 4096) == "all 0x61"
        assert not app.transfer(OWN, shared, mine + 4096)
        assert app.look(shared) == "all 0x61"

    def test_it_outlives_what_it_was_taken_from(self, app, shared, space):
        app.done(f"unmap shared {shared:#x} {2 * HUGE_PAGE}")
        mine = app.buffer(C)
        app.map_file(space, mine)
        assert app.transfer(OWN, mine, shared)
        assert app.look(mine, 4096) == "all 0x61"

    def test_read_only_it_can_not_be_shared_as_writable(self, app, shared, space):
        third = app.space()
        symbol, said = app.error(f"copy {third} {shared:#x} {space} {shared:#x} {HUGE_PAGE} rw")
        assert symbol == "EPERM"
        assert f"what IOAS {space} has at {shared:#x}-" in said
        app.copy(third, shared, "ro", of=space)

    def test_memory_of_eal_can_be_shared(self, app, space):
        """Drivers take their memory from there."""
        taken = app.alloc(3 * PAGE)
        page = -(-taken // PAGE) * PAGE
        mine = app.buffer(B)
        app.map_file(space, mine)
        app.fill(page, A, PAGE)
        assert not app.transfer(OWN, mine, page)
        app.copy(space, page, length=PAGE)
        assert app.transfer(OWN, mine, page)
        assert app.look(mine, PAGE) == "all 0x61"
        assert app.transfer(OWN, page, mine + PAGE)
        assert app.look(page, PAGE) == "all 0x62"
        assert not app.transfer(OWN, mine, page + PAGE)
        app.done(f"unmap {space} {page:#x} {PAGE}")
        app.command("free")

    def test_what_the_other_space_has_not_is_refused(self, app, space):
        symbol, said = app.error(f"copy {space} {NOBODYS:#x} shared {NOBODYS:#x} 4096 rw")
        assert symbol == "ENOENT"
        assert "not all of that is mapped there" in said

    def test_what_is_in_use_is_refused(self, app, shared, space):
        symbol, said = app.error(f"map_file {space} {shared:#x} 4096 {shared:#x} rw")
        assert symbol == "EEXIST"
        assert f"in IOAS {space}" in said

    def test_a_part_of_a_mapping_can_not_be_unmapped(self, app, shared, space):
        symbol, said = app.error(f"unmap {space} {shared:#x} 4096")
        assert symbol == "ENOTSUP"
        assert "a part of what was mapped in one piece" in said

    def test_what_was_never_mapped_can_not_be_unmapped(self, app, space):
        symbol, said = app.error(f"unmap {space} {NOBODYS:#x} 4096")
        assert symbol == "EINVAL"
        assert "the application has not mapped all of this" in said


class TestPasids:
    """PASIDs of a device: chosen, taken, moved, given back."""

    def test_the_lowest_free_one_is_chosen(self, app, pci):
        space = app.space()
        assert [app.bind(pci, space) for _ in range(3)] == [1, 2, 3]
        app.done(f"unbind {pci} 2")
        assert app.bind(pci, space) == 2

    def test_the_highest_can_be_asked_for(self, app, pci):
        assert app.bind(pci, "shared", 65535) == 65535
        app.done(f"unbind {pci} 65535")

    def test_one_beyond_the_width_is_refused(self, app, pci):
        symbol, said = app.error(f"bind {pci} shared 65536 auto")
        assert symbol == "ERANGE"
        assert said == f"{pci}: there is no PASID 65536: it has 16 bits, 1 to 65535"

    def test_a_device_may_have_fewer(self, app, zips_of_vfio):
        """A PASID beyond them would be another one to the device."""
        narrow = zips_of_vfio[1].pci
        app.done(f"device open {narrow}")
        assert " pasid_bits 8 " in app.command(f"device info {narrow}")
        assert app.bind(narrow, "shared", 255) == 255
        symbol, said = app.error(f"bind {narrow} shared 256 auto")
        assert symbol == "ERANGE"
        assert said == f"{narrow}: there is no PASID 256: it has 8 bits, 1 to 255"
        for number in range(1, 255):
            assert app.bind(narrow, "shared") == number
        symbol, said = app.error(f"bind {narrow} shared any auto")
        assert symbol == "ENOSPC"
        assert said == f"{narrow}: all its 255 PASIDs are bound"
        app.done(f"device close {narrow}")

    def test_one_in_use_is_refused(self, app, pci):
        symbol, said = app.error(f"bind {pci} shared 1 auto")
        assert symbol == "EBUSY"
        assert said == f"{pci}: PASID 1 is bound already"

    def test_one_that_is_not_bound_can_not_be_moved_or_unbound(self, app, pci):
        for line in f"unbind {pci} 9", f"rebind {pci} shared 9 auto":
            symbol, said = app.error(line)
            assert symbol == "ENOENT"
            assert said == f"{pci}: PASID 9 is not bound"

    def test_a_space_in_use_can_not_be_destroyed(self, app, pci):
        space = app.space()
        pasid = app.bind(pci, space)
        symbol, said = app.error(f"space destroy {space}")
        assert symbol == "EBUSY"
        assert "1 PASIDs are bound to it" in said
        app.done(f"unbind {pci} {pasid}")
        app.done(f"space destroy {space}")

    def test_the_shared_space_can_not_be_destroyed(self, app):
        assert app.error("space destroy shared")[0] == "EINVAL"

    def test_moved_to_another_space_a_queue_goes_on_there(self, app, pci):
        first, second = app.buffer(A), app.buffer(B)
        spaces = app.space(), app.space()
        app.map_file(spaces[0], first)
        app.map_file(spaces[1], second)
        pasid = app.start_queue(pci, OWN, spaces[0])
        assert app.transfer(OWN, first, first + 4096)
        app.done(f"rebind {pci} {spaces[1]} {pasid} auto")
        assert not app.transfer(OWN, first, first + 4096)
        assert app.transfer(OWN, second, second + 4096)
        app.done(f"space destroy {spaces[0]}")

    def test_unbound_a_queue_reaches_nothing_and_another_goes_on(self, app, pci):
        mine = app.buffer(A)
        space = app.space()
        app.map_file(space, mine)
        pasids = [app.start_queue(pci, queue, space) for queue in (OTHER, FUNCTION)]
        app.done(f"unbind {pci} {pasids[0]}")
        assert not app.transfer(OTHER, mine, mine + 4096)
        assert app.transfer(FUNCTION, mine, mine + 4096)

    def test_a_page_table_of_ones_own(self, app, pci):
        mine = app.buffer(A)
        space = app.space()
        app.map_file(space, mine)
        table = app.number(f"pt create {space} {pci}", "pt")
        pasid = app.start_queue(pci, OWN, space, pt=table)
        assert f"pasid {pasid}: device {pci}, ioas {space}, page table {table}" in \
            app.command("dump")
        assert app.transfer(OWN, mine, mine + 4096)
        assert app.error(f"pt destroy {space} {table}")[0] == "EBUSY"
        app.done(f"unbind {pci} {pasid}")
        app.done(f"pt destroy {space} {table}")

    def test_no_such_page_table(self, app, pci):
        symbol, said = app.error(f"bind {pci} shared any 12345")
        assert symbol == "EINVAL"
        assert "no page table 12345" in said


class TestHazards:
    """What the kernel lets happen, or the hardware, and this library doesn't."""

    def test_a_device_without_pasids_is_refused(self, app, zips_of_vfio):
        """The kernel would say yes, and its DMA would go by its own page table."""
        without = zips_of_vfio[2].pci
        app.done(f"device open {without}")
        assert " pasid_bits 0 " in app.command(f"device info {without}")
        symbol, said = app.error(f"bind {without} shared any auto")
        assert symbol == "ENOTSUP"
        assert said.startswith(f"{without}: it has no PASIDs")
        app.done(f"device close {without}")

    def test_pasid_0_is_never_used(self, app, pci):
        """It would be the device's own."""
        assert app.bind(pci, "shared", 0) != 0

    def test_interrupts_are_not_covered_by_memory(self, app, pci):
        """A space that only PASIDs have, has no hole there by itself."""
        mine = app.buffer(A)
        space = app.space()
        app.bind(pci, space)
        symbol, said = app.error(f"map_file {space} {mine:#x} 4096 {MSI:#x} rw")
        assert symbol == "EINVAL"
        assert "its devices take only the addresses" in said

    def test_nor_by_what_was_mapped_before(self, app, pci):
        mine = app.buffer(A)
        space = app.space()
        app.map_file(space, mine, iova=MSI, length=4096)
        symbol, said = app.error(f"bind {pci} {space} any auto")
        assert symbol == "EADDRINUSE"
        assert f"{MSI:#x}-" in said

    def test_an_unmap_over_a_gigabyte_border_is_nothing_special(self, app, pci):
        """One area across it would freeze a guest with an emulated VT-d."""
        mine = app.buffer(A, 2 * HUGE_PAGE)
        border = 0x40000000 - HUGE_PAGE
        space = app.space()
        app.start_queue(pci, OWN, space)
        app.map_file(space, mine, iova=border, length=2 * HUGE_PAGE)
        assert app.transfer(OWN, border, border + HUGE_PAGE)
        app.done(f"unmap {space} {border:#x} {2 * HUGE_PAGE}")
        assert not app.transfer(OWN, border, border + HUGE_PAGE)

    def test_memory_of_eal_is_not_the_applications_to_unmap(self, app, pci, memory):
        """Rings of queues are there, and would be gone without a word."""
        taken = app.alloc(HUGE_PAGE)
        page = taken // PAGE * PAGE
        symbol, said = app.error(f"unmap shared {page:#x} {PAGE}")
        assert symbol == "EINVAL"
        assert "the application has not mapped all of this" in said
        app.start_queue(pci, OWN, "shared")
        assert app.transfer(OWN, memory[SHARED], memory[SHARED] + 4096)

    def test_memory_given_back_too_early_hits_nobody(self, app, pci):
        """Devices go on with the old pages, which nobody else gets before they are unmapped."""
        mine, other = app.buffer(A), app.buffer(B)
        space = app.space()
        app.map_file(space, mine)
        app.map_file(space, other)
        app.start_queue(pci, OWN, space)
        app.done(f"replace {mine:#x} {HUGE_PAGE}")
        app.fill(mine, C)
        assert app.transfer(OWN, mine, other)
        assert app.look(mine) == "all 0x63"
        app.done(f"unmap {space} {mine:#x} {HUGE_PAGE}")
        assert not app.transfer(OWN, mine, other)


def test_an_application_killed_leaves_nothing(pci):
    """The next one has the device, its PASIDs and its memory at once."""
    for _ in range(2):
        with Spaces([]) as running:
            running.done(f"function open {pci}")
            mine = running.buffer(A)
            space = running.space()
            running.map_file(space, mine)
            assert running.start_queue(pci, OWN, space) == 1
            assert running.transfer(OWN, mine, mine + 4096)
            running.kill()
