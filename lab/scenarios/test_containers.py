# SPDX-License-Identifier: BSD-3-Clause
"""rte_vfio_container_create(): an I/O address space with what was mapped there, and nothing else.

NIC 0 is in the default container, with EAL's memory; NIC 1 goes to others.
"""
import pytest

from support.application import IOMMUFD, Vfio
from support.buffers import GIB, IOVA, LENGTH, blocked, buffer, part, words
from support.machine import open_files
from support.memory import pinned_pages
from support.memsegs import PAGE
from support.reachable import (assert_nothing_reachable, assert_reachable,
                               assert_reachable_is_memory)

pytestmark = pytest.mark.intel

MANY = 100
UNKNOWN = 1000  # a descriptor that the application doesn't have


@pytest.fixture(scope="class")
def app(nics):
    """The application with NIC 0 over iommufd."""
    assert_nothing_reachable(nics)
    with Vfio(nics[:1], IOMMUFD) as app:
        yield app
    assert_nothing_reachable(nics)


def held(app):
    """What an application holds for devices: files, and pages of memory."""
    return [name for name in open_files(app.pid) if "memfd" not in name], pinned_pages()


@pytest.fixture
def container(app):
    """A container; everything that it took is given back with it."""
    before = held(app)
    fd = app.descriptor("container create")
    yield fd
    app.done(f"container destroy {fd}")
    assert held(app) == before


@pytest.fixture
def device(app, container, nics):
    """NIC 1 in the container, where nothing is mapped yet: its descriptor."""
    app.descriptor(f"group bind {container} {nics[1].pci}")
    fd = app.descriptor(f"device setup {nics[1].pci}")
    yield fd
    app.done(f"device release {nics[1].pci} {fd}")


class TestOwnContainer:
    """Containers of one application, one after the other."""

    def test_it_has_a_descriptor_of_its_own(self, app, container):
        assert container not in (app.descriptor("container fd"), 0)
        assert app.descriptor("container fd") == app.descriptor("container fd")

    def test_a_device_in_it_reaches_nothing_of_eals(self, app, nics, device):
        assert_reachable(app, nics[1:], [])
        assert_reachable_is_memory(app, nics[:1])

    def test_a_device_reaches_what_was_mapped_before_and_after_it_came(self, app, nics, container):
        first, second = buffer(app), buffer(app, IOVA + GIB)
        app.done(f"map {container} {words(first)}")
        app.descriptor(f"group bind {container} {nics[1].pci}")
        device = app.descriptor(f"device setup {nics[1].pci}")
        assert_reachable(app, nics[1:], [first])

        app.done(f"map {container} {words(second)}")
        assert_reachable(app, nics[1:], [first, second])
        app.done(f"unmap {container} {words(first)}")
        assert_reachable(app, nics[1:], [second])
        assert_reachable_is_memory(app, nics[:1])

        app.done(f"device release {nics[1].pci} {device}")
        assert_nothing_reachable(nics[1:])
        device = app.descriptor(f"device setup {nics[1].pci}")
        assert_reachable(app, nics[1:], [second])
        app.done(f"device release {nics[1].pci} {device}")

    def test_eals_memory_comes_and_goes_elsewhere(self, app, nics, container, device):
        one = buffer(app)
        app.done(f"map {container} {words(one)}")
        app.command("alloc 30000000")
        assert_reachable(app, nics[1:], [one])
        assert_reachable_is_memory(app, nics[:1])
        app.command("free")
        assert_reachable(app, nics[1:], [one])
        assert_reachable_is_memory(app, nics[:1])

    def test_the_same_iova_is_other_memory_in_another_container(self, app, nics, container,
                                                                device):
        ours, theirs = buffer(app), buffer(app)
        app.done(f"map {container} {words(ours)}")
        app.done(f"map default {words(theirs)}")
        assert_reachable(app, nics[1:], [ours])
        assert_reachable_is_memory(app, nics[:1], theirs)
        assert app.error(f"unmap {container} {words(theirs)}")[0] == "EINVAL"
        app.done(f"unmap default {words(theirs)}")
        assert_reachable(app, nics[1:], [ours])
        assert_reachable_is_memory(app, nics[:1])

    def test_its_mappings_obey_the_rules_of_the_default_container(self, app, nics, container,
                                                                  device):
        one, other = buffer(app), buffer(app)
        for _ in range(2):
            app.done(f"map {container} {words(one)}")
        assert app.error(f"map {container} {words(other)}")[0] == "EEXIST"
        half = part(one, 0, LENGTH // 2)
        assert app.error(f"unmap {container} {words(half)}")[0] == "ENOTSUP"
        assert app.error(f"map {container} {other.va:#x} {IOVA:#x} 0")[0] == "EINVAL"
        for _ in range(2):
            assert_reachable(app, nics[1:], [one])
            app.done(f"unmap {container} {words(one)}")
        assert_reachable(app, nics[1:], [])

    def test_file_backed_memory_in_it(self, app, nics, container, device):
        one = buffer(app, kind="file")
        va, fd = app.buffer("file", LENGTH)
        of_file = part(one, 0, LENGTH, va=va)
        app.done(f"mapfile {container} {fd} 0 {words(of_file)}")
        assert_reachable(app, nics[1:], [of_file])
        app.done(f"unmap {container} {words(of_file)}")

    def test_a_driver_finds_its_device_in_it(self, app, nics, container):
        """As rte_dev_probe() opens it, rather than by hand."""
        one = buffer(app)
        app.done(f"map {container} {words(one)}")
        app.descriptor(f"group bind {container} {nics[1].pci}")
        app.done(f"attach {nics[1].pci}")
        assert_reachable(app, nics[1:], [one])
        app.done(f"detach {nics[1].pci}")
        app.done(f"group unbind {container} {nics[1].pci}")
        app.done(f"attach {nics[1].pci}")
        assert_reachable_is_memory(app, nics)
        app.done(f"detach {nics[1].pci}")

    def test_what_is_in_use_stays(self, app, nics, container, device):
        one, other = buffer(app), app.descriptor("container create")
        app.done(f"map {container} {words(one)}")
        for line in (f"container destroy {container}", f"group unbind {container} {nics[1].pci}",
                     f"group bind {other} {nics[1].pci}", f"group bind default {nics[1].pci}",
                     f"group bind {container} {nics[0].pci}"):
            symbol, said = app.error(line)
            assert symbol == "EBUSY", line
            busy = nics[0] if nics[0].pci in line else nics[1]
            assert len(said.splitlines()) == 1 and f"{busy.pci} is open" in said
            assert_reachable(app, nics[1:], [one])
            assert_reachable_is_memory(app, nics[:1])
        app.done(f"container destroy {other}")

    def test_what_does_not_exist_is_invalid(self, app, nics, container):
        one = buffer(app)
        for handle in (UNKNOWN, "0"):
            for line in (f"container destroy {handle}", f"group bind {handle} {nics[1].pci}",
                         f"group unbind {handle} {nics[1].pci}", f"map {handle} {words(one)}",
                         f"unmap {handle} {words(one)}"):
                assert app.error(line)[0] == "EINVAL", line
        # A group that is not bound
        assert app.error(f"group unbind {container} {nics[1].pci}")[0] == "EINVAL"
        assert app.error(f"group bind {container} 0000:7f:00.0")[0] == "EINVAL"
        assert_reachable_is_memory(app, nics[:1])

    def test_a_group_has_no_file_to_give(self, app, nics):
        assert app.error(f"group fd {nics[0].pci}")[0] == "ENOTSUP"

    def test_destroyed_with_groups_and_mappings_it_gives_all_back(self, app, nics):
        before = held(app)
        container, one = app.descriptor("container create"), buffer(app)
        app.done(f"map {container} {words(one)}")
        app.descriptor(f"group bind {container} {nics[1].pci}")
        device = app.descriptor(f"device setup {nics[1].pci}")
        assert pinned_pages() >= before[1] + LENGTH // PAGE
        app.done(f"device release {nics[1].pci} {device}")
        app.done(f"container destroy {container}")
        assert held(app) == before

        assert app.error(f"map {container} {words(one)}")[0] == "EINVAL"
        device = app.descriptor(f"device setup {nics[1].pci}")
        assert_reachable_is_memory(app, nics)
        app.done(f"device release {nics[1].pci} {device}")


class TestManyContainers:
    """type1 has room for 64 of them; here the process's descriptors are the limit."""

    def test_each_holds_memory_of_its_own(self, app, nics):
        before = held(app)
        handles = [app.descriptor("container create") for _ in range(MANY)]
        assert len(set(handles)) == MANY
        buffers = [buffer(app) for _ in range(MANY)]
        for handle, one in zip(handles, buffers):
            app.done(f"map {handle} {words(one)}")

        for index in (0, MANY // 2, MANY - 1):
            app.descriptor(f"group bind {handles[index]} {nics[1].pci}")
            device = app.descriptor(f"device setup {nics[1].pci}")
            assert_reachable(app, nics[1:], [buffers[index]])
            app.done(f"device release {nics[1].pci} {device}")
            app.done(f"group unbind {handles[index]} {nics[1].pci}")

        for handle in handles:
            app.done(f"container destroy {handle}")
        assert held(app) == before
        assert_reachable_is_memory(app, nics[:1])


def test_without_descriptors_left_it_says_so(nics):
    few = 60
    with Vfio(nics[:1], IOMMUFD, before=("prlimit", f"--nofile={few}", "--")) as app:
        for _ in range(few):
            answer = app.command("container create")
            if "error" in answer:
                break
        assert "(EMFILE)" in answer
        assert "ulimit -n" in answer
        assert_reachable_is_memory(app, nics[:1])


def test_two_devices_in_containers_of_their_own_and_none_in_the_default_one(nics):
    with Vfio([], *blocked(nics), IOMMUFD) as app:
        buffers = [buffer(app) for _ in nics]
        for nic, one in zip(nics, buffers):
            container = app.descriptor("container create")
            app.descriptor(f"group bind {container} {nic.pci}")
            app.descriptor(f"device setup {nic.pci}")
            app.done(f"map {container} {words(one)}")
        for nic, one in zip(nics, buffers):
            assert_reachable(app, [nic], [one])
        app.kill()
    assert_nothing_reachable(nics)
