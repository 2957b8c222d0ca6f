# SPDX-License-Identifier: BSD-3-Clause
"""What the kernel has of an application's address spaces: page tables, pinned memory, objects."""
import re

import pytest

from support.held import held
from support.machine import IOMMU, open_to
from support.pagetable import page_table
from support.spaces import HUGE_PAGE, Spaces, pinned
from support.user import AS_USER, USER, memlock

pytestmark = pytest.mark.zip5

A = ord("a")
QUEUE, OTHER = range(2)


@pytest.fixture(scope="class")
def app(zips_of_vfio, nics):
    """An application with a NIC and a ZIP, and three PASIDs of that: two in the shared space."""
    with Spaces(nics) as running:
        pci = zips_of_vfio[0].pci
        running.done(f"function open {pci}")
        running.own = running.space()
        running.memory = running.buffer(A)
        running.map_file(running.own, running.memory)
        assert [running.bind(pci, space) for space in ("shared", "shared", running.own)] == \
            [1, 2, 3]
        yield running
        running.done("function close")


class TestOnePageTable:
    """NIC, accelerator and PASIDs that share a space go by one page table."""

    def test_the_library_tells_of_one(self, app, nics, zips_of_vfio):
        text = app.command("dump")
        nic, zip_ = nics[0].pci, zips_of_vfio[0].pci
        shared = re.search(rf"device {nic}: .*, page table (\d+)", text)[1]
        assert f"page table {shared}: ioas 1, 2 devices, 2 PASIDs" in text
        assert re.search(rf"device {zip_}: .*, page table {shared}\b", text)
        for pasid in 1, 2:
            assert f"pasid {pasid}: device {zip_}, ioas 1, page table {shared}" in text

    def test_the_iommu_has_one(self, app, nics, zips_of_vfio):
        zip_ = zips_of_vfio[0]
        root = page_table(nics[0]).root
        assert root is not None
        assert [page_table(zip_).root, page_table(zip_, 1).root, page_table(zip_, 2).root] == \
            [root] * 3

    def test_another_space_has_its_own_with_its_memory_only(self, app, nics, zips_of_vfio):
        own = page_table(zips_of_vfio[0], 3)
        assert own.root not in (None, page_table(nics[0]).root)
        assert [(piece.iova, piece.length) for piece in own.pieces] == [(app.memory, HUGE_PAGE)]

    def test_a_pasid_that_moves_has_the_other_one(self, app, nics, zips_of_vfio):
        zip_ = zips_of_vfio[0]
        app.done(f"rebind {zip_.pci} shared 3 auto")
        assert page_table(zip_, 3).root == page_table(nics[0]).root

    def test_unbound_it_has_none(self, app, zips_of_vfio):
        zip_ = zips_of_vfio[0]
        app.done(f"unbind {zip_.pci} 3")
        assert page_table(zip_, 3).root is None


OF_EAL = 64 << 20
SHARED = 2 * HUGE_PAGE
LIMIT = OF_EAL + SHARED + HUGE_PAGE


@pytest.fixture(scope="class")
def user(zips_of_vfio):
    """An application of a user who may lock what it has now, and a hugepage more."""
    zip_ = zips_of_vfio[0]
    with open_to(USER, IOMMU, zip_.cdev):
        with Spaces([], "--in-memory", "-m", str(OF_EAL >> 20),
                    before=(*memlock(LIMIT >> 10), *AS_USER)) as running:
            running.done(f"function open {zip_.pci}")
            running.memory = running.buffer(A, SHARED)
            running.map_file("shared", running.memory, length=SHARED)
            yield running
            running.done("function close")


class TestNearTheLimit:
    """Of a user's locked memory."""

    def test_what_is_mapped_can_be_shared(self, user, zips_of_vfio):
        space = user.space()
        user.start_queue(zips_of_vfio[0].pci, QUEUE, space)
        before = pinned(user.pid)
        user.copy(space, user.memory, length=SHARED)
        assert pinned(user.pid) == before
        assert user.transfer(QUEUE, user.memory, user.memory + SHARED - 4096)

    def test_it_could_not_be_mapped_a_second_time(self, user, zips_of_vfio):
        space = user.space()
        user.start_queue(zips_of_vfio[0].pci, OTHER, space)
        for how in "map", "map_file":
            symbol, said = user.error(
                f"{how} {space} {user.memory:#x} {SHARED} {user.memory:#x} rw")
            assert symbol == "ENOMEM"
            assert f"locked memory limit, which is {LIMIT >> 10} KiB" in said


CYCLES = 1000
WARM_UP = 3
SECONDS = 300


def next_number(app):
    """The lowest that no object of iommufd's has."""
    number = app.space()
    app.done(f"space destroy {number}")
    return number


def test_spaces_and_pasids_that_come_and_go_leave_nothing(zips_of_vfio):
    pci = zips_of_vfio[0].pci
    with Spaces([]) as app:
        app.done(f"device open {pci}")
        memory = app.buffer(A)
        app.map_file("shared", memory)

        def cycle(times):
            answer = app.command(f"cycle {pci} {memory:#x} {times}", SECONDS)
            assert answer.splitlines()[-1] == "ok", answer

        cycle(WARM_UP)
        before = next_number(app), held(app)
        cycle(CYCLES)
        assert (next_number(app), held(app)) == before
