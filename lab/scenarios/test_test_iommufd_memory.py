# SPDX-License-Identifier: BSD-3-Clause
"""Memory that comes and goes at dpdk-test-iommufd's prompt, and what it shows of all that is
mapped: the IOMMU's page tables, its PASID table and telemetry say the same."""
import re

import pytest

from support.application import IOMMUFD
from support.forwarder import Forwarder
from support.machine import Nic, open_files
from support.memory import pinned_pages
from support.pagetable import page_table
from support.shown import read
from support.spaces import HUGE_PAGE, PAGE
from support.telemetry import listed

pytestmark = pytest.mark.zip5

HERE = 0x10000000
KINDS = {"hugepages": 3 * HUGE_PAGE, "anonymous": 5 * PAGE, "file": 9 * PAGE}


@pytest.fixture(scope="module")
def app(nics, zips_of_vfio):
    """It with the NICs; a ZIP is opened when a PASID of it is bound."""
    with Forwarder(nics, IOMMUFD) as app:
        yield app


def number(app, line, what):
    answer = app.command(line)
    found = re.search(rf"^{what} (\d+)", answer, re.MULTILINE)
    assert found, answer
    return int(found[1])


def done(app, line):
    assert "can't" not in (said := app.command(line)), said


def added(app, kind, length):
    """More memory: its number, and its IOVA."""
    answer = app.command(f"mem add {kind} {length}")
    found = re.search(r"^memory (\d+): (.*) of (\w+), process (0x\w+), IOVA (0x\w+)\r?$", answer,
                      re.MULTILINE)
    assert found and found[3] == kind, answer
    assert int(found[4], 0) == int(found[5], 0)
    return int(found[1]), int(found[5], 0), answer


def shown(app):
    return read(app.command("show iommufd"))


def reached(device, pasid=None):
    """(IOVA, length) of all that the IOMMU lets a device or its PASID reach."""
    return page_table(device, pasid).ranges


def is_reached(device, address, pasid=None):
    return any(first <= address < first + length for first, length in reached(device, pasid))


def assert_agrees(app):
    """What is shown is what the IOMMU's tables have, what telemetry tells, and what it adds up
    to."""
    found = shown(app)
    for space in found.spaces.values():
        assert space.n_mappings == len(space.mappings)
        assert space.length == sum(one.length for one in space.mappings)
        assert all(one.last == one.first + one.length - 1 for one in space.mappings)
        for table in space.tables:
            assert table.n_devices == sum(pasid is None for _, pasid in table.users)
            assert table.n_pasids == sum(pasid is not None for _, pasid in table.users)
            for name, pasid in table.users:
                assert reached(Nic(name, ""), pasid) == space.runs, (space.number, name, pasid)
    users = [user for space in found.spaces.values() for table in space.tables
             for user in table.users]
    spaces = found.spaces.values()
    assert found.sums == (
        len(spaces), sum(len(space.tables) for space in spaces),
        sum(pasid is None for _, pasid in users), sum(pasid is not None for _, pasid in users),
        sum(space.n_mappings for space in spaces), sum(space.length for space in spaces))
    assert [(space.number, space.kind, space.n_mappings, space.length) for space in spaces] == \
        [tuple(one[name] for name in ("as_id", "kind", "mappings", "bytes"))
         for one in listed("address_spaces")]
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_memory_is_reached_while_it_is_there(app, nics, kind):
    before = assert_agrees(app)
    files = open_files(app.pid)
    pinned = pinned_pages()
    memory, iova, answer = added(app, kind, KINDS[kind])
    assert str(memory) in app.command("show mem")
    assert ("EAL's heaps have grown by" in answer) == (kind == "hugepages")
    for nic in nics:
        assert is_reached(nic, iova) and is_reached(nic, iova + KINDS[kind] - 1)
    with_it = assert_agrees(app)
    mapping, = [one for one in with_it.spaces[1].mappings if one.first <= iova <= one.last]
    assert mapping.page == (HUGE_PAGE if kind == "hugepages" else PAGE) or \
        (kind, mapping.page) == ("file", None)
    assert mapping.origin.startswith("EAL, file" if kind == "hugepages" else "application")

    said = app.command(f"mem remove {memory}")
    assert ("EAL's heaps have shrunk by" in said) == (kind == "hugepages")
    assert not any(is_reached(nic, iova) for nic in nics)
    assert assert_agrees(app) == before
    assert (open_files(app.pid), pinned_pages()) == (files, pinned)


def test_what_is_shown_agrees_with_the_iommu(app, nics, pci):
    """A space of PASIDs, one that has a part of it, and the shared one, which has EAL's memory."""
    zip_device = Nic(pci, "")
    one, other = (number(app, "as create", "address space") for _ in range(2))
    done(app, f"as map {one} {HERE:#x} {3 * PAGE}")
    done(app, f"as copy {other} {HERE:#x} {one} {HERE:#x} {PAGE}")
    pasids = {number(app, f"as bind {space} {pci}", "PASID"): space
              for space in (one, one, other, "shared")}
    found = assert_agrees(app)
    assert found.spaces[one].mappings[0].page == PAGE
    assert found.spaces[other].mappings[0].origin == \
        f"application, address space {one} at {HERE:#x}"
    assert {nic.pci for nic in nics} < {name for name, _ in found.spaces[1].tables[0].users}
    for pasid, space in pasids.items():
        assert page_table(zip_device, pasid).root is not None
        of_space = found.spaces[1 if space == "shared" else space]
        assert (pci, pasid) in [user for table in of_space.tables for user in table.users]
    # Only that one
    assert read(app.command(f"show as {one}")).spaces == {one: found.spaces[one]}
    assert "99: no address space" in app.command("show as 99")

    for pasid in pasids:
        done(app, f"as unbind {pci} {pasid}")
        assert page_table(zip_device, pasid).root is None
    for space in (one, other):
        done(app, f"as destroy {space}")
    assert [space.number for space in assert_agrees(app).spaces.values()] == [1]


def test_a_pasid_is_bound_anew(app, pci):
    device = Nic(pci, "")
    one, other = (number(app, "as create", "address space") for _ in range(2))
    done(app, f"as map {one} {HERE:#x} {PAGE}")
    done(app, f"as map {other} {2 * HERE:#x} {PAGE}")
    pasid = number(app, f"as bind {one} {pci}", "PASID")
    assert reached(device, pasid) == [(HERE, PAGE)]
    done(app, f"as rebind {pci} {pasid} {other}")
    assert reached(device, pasid) == [(2 * HERE, PAGE)]
    done(app, f"as rebind {pci} {pasid} shared")
    assert reached(device, pasid) == shown(app).spaces[1].runs
    for line, complaint in (
            (f"as rebind {pci} {pasid} 99", "99: not an address space"),
            (f"as rebind {pci} 77 {one}", "PASID 77 was not bound here"),
            (f"as rebind {pci} none {one}", "none: not a number")):
        assert complaint in app.command(line)
    assert reached(device, pasid) == shown(app).spaces[1].runs
    done(app, f"as unbind {pci} {pasid}")
    for space in (one, other):
        done(app, f"as destroy {space}")


def test_an_address_tells_who_sees_it(app, nics, pci):
    one, other, unbound = (number(app, "as create", "address space") for _ in range(3))
    done(app, f"as map {one} {HERE:#x} {2 * PAGE}")
    done(app, f"as copy {other} {HERE:#x} {one} {HERE + PAGE:#x} {PAGE}")
    done(app, f"as copy {unbound} {HERE:#x} {one} {HERE:#x} {PAGE}")
    of_one, of_other = (number(app, f"as bind {space} {pci}", "PASID") for space in (one, other))
    said = app.command(f"probe-address {HERE + 0x10:#x}").replace("\r", "")
    start = int(re.search(r"process (0x\w+)", said)[1], 0)
    assert said.splitlines()[-10:] == [
        f"{HERE + 0x10:#x} is mapped",
        f"  address space {one}, created: in {HERE:#x}-{HERE + 2 * PAGE - 1:#x} (8 KiB, pages of "
        "4 KiB)",
        f"    from application, process {start:#x}",
        f"    seen by {pci} PASID {of_one}",
        f"  address space {other}, created: in {HERE:#x}-{HERE + PAGE - 1:#x} (4 KiB, pages of "
        "4 KiB)",
        f"    from application, address space {one} at {HERE + PAGE + 0x10:#x}",
        f"    seen by {pci} PASID {of_other}",
        f"  address space {unbound}, created: in {HERE:#x}-{HERE + PAGE - 1:#x} (4 KiB, pages of "
        "4 KiB)",
        f"    from application, address space {one} at {HERE + 0x10:#x}",
        "    seen by nobody: no device and no PASID is bound"]

    for pasid in (of_one, of_other):
        done(app, f"as unbind {pci} {pasid}")
    for space in (one, other, unbound):
        done(app, f"as destroy {space}")
    said = app.command(f"probe-address {HERE:#x}")
    assert f"{HERE:#x} is mapped nowhere: no device sees it" in said
    assert "in address space 1" in said


def test_an_address_of_eals_memory_is_seen_by_all_devices(app, nics):
    memory, iova, _ = added(app, "hugepages", HUGE_PAGE)
    said = app.command(f"probe-address {iova:#x}")
    assert re.search(rf"address space 1, shared: .*pages of 2 MiB.*\n    from EAL, file at 0x\w+, "
                     rf"process {iova:#x}\r?\n    seen by ", said), said
    for nic in nics:
        assert nic.pci in said.partition("seen by")[2]
    done(app, f"mem remove {memory}")


def test_wrong_ones_are_refused(app):
    for line, complaint in (
            ("mem add gold 4096", "gold: no kind of memory; there are: hugepages anonymous file"),
            ("mem add file 4097", "4097: not a number of whole pages of 4096 bytes"),
            ("mem add file 0", "0: not a number of whole pages"),
            ("mem add hugepages 0x10000000000", "of hugepages memory can't be had: "),
            ("mem remove 99", "99: not memory that was added here"),
            ("mem remove x", "x: not a number"),
            ("probe-address nowhere", "nowhere: not an address")):
        assert complaint in app.command(line)


def test_what_is_left_is_given_back_at_the_end(app):
    """The fixture ends it: the kernel complains of nothing."""
    for kind, length in KINDS.items():
        added(app, kind, length)
