# SPDX-License-Identifier: BSD-3-Clause
"""/iommufd/... of DPDK's telemetry, read with Debian's dpdk-telemetry.py from any application."""
import contextlib
import itertools
import os
import re
import threading

import pytest

from support.application import (EXAMPLES, IOMMUFD, SECONDARY, Application, Memory, Testpmd, Vfio,
                                 allowed)
from support.buffers import GIB, IOVA, LENGTH, MIB, buffer, words
from support.machine import wait_until
from support.memsegs import segments, size
from support.pagetable import page_table
from support.spaces import HUGE_PAGE, PAGE, Spaces
from support.telemetry import Client, Gone, listed, telemetry

COMMANDS = ["address_spaces", "context", "devices", "mappings", "page_tables", "pasids",
            "requests"]
PER_ANSWER = 32
MANY = 2 * PER_ANSWER + 5
A = ord("a")

intel = pytest.mark.intel
zip5 = pytest.mark.zip5


def file_of(app, fd):
    return os.readlink(f"/proc/{app.pid}/fd/{fd}")


def by(key, objects):
    """Objects by something that is different in each."""
    found = {one[key]: one for one in objects}
    assert len(found) == len(objects)
    return found


def mapped(as_id):
    """The I/O addresses that an address space has, in order and in as few pieces as possible."""
    pieces = []
    for mapping in sorted(listed("mappings", as_id), key=lambda one: int(one["iova"], 0)):
        first, length = int(mapping["iova"], 0), mapping["bytes"]
        if pieces and pieces[-1][1] == first:
            pieces[-1][1] += length
        else:
            pieces.append([first, first + length])
    return pieces


def reached(nic, pasid=None):
    """The same of what the IOMMU's page table has for a device or its PASID."""
    pieces = []
    for piece in sorted(page_table(nic, pasid).pieces):
        if pieces and pieces[-1][1] == piece.iova:
            pieces[-1][1] = piece.end
        else:
            pieces.append([piece.iova, piece.end])
    return pieces


@intel
class TestUnmodifiedTestpmd:
    """Under the launcher, with two NICs."""

    @pytest.fixture(scope="class")
    def app(self, nics):
        with Testpmd(nics, IOMMUFD) as app:
            yield app

    def test_it_has_the_commands_with_help(self, app):
        known = telemetry("/")
        for command in COMMANDS:
            assert f"/iommufd/{command}" in known
            assert telemetry(f"/help,/iommufd/{command}")[f"/iommufd/{command}"]

    def test_the_context_is_the_open_file_and_the_sum_of_all(self, app, nics):
        context = telemetry("/iommufd/context")
        assert file_of(app, context.pop("fd")) == context.pop("path") == "/dev/iommu"
        assert context.pop("mappings") == len(listed("mappings", 1))
        assert context == {
            "maps_files": 1, "address_spaces": 1, "page_tables": 1, "devices": len(nics),
            "devices_refused": 0, "pasids": 0, "bytes": size(segments(app))}

    def test_one_address_space_has_eals_memory_and_all_devices(self, app, nics):
        space, = listed("address_spaces")
        assert space.pop("mappings") > 0
        assert file_of(app, space.pop("fd")) == "/dev/iommu"
        assert space == {"as_id": 1, "kind": "shared", "bytes": size(segments(app)),
                         "page_tables": 1, "devices": len(nics), "pasids": 0}

    def test_its_mappings_are_what_devices_reach(self, app, nics):
        assert mapped(1) == reached(nics[0])
        for mapping in listed("mappings", 1):
            assert mapping["vaddr"] == mapping["iova"]
            assert {name: mapping[name] for name in ("owner", "from", "read_only")} == {
                "owner": "eal", "from": "file", "read_only": 0}

    def test_each_device_has_its_node_and_its_iommu(self, app, nics):
        devices = by("name", listed("devices"))
        assert set(devices) == {nic.pci for nic in nics}
        for nic in nics:
            device = devices[nic.pci]
            assert file_of(app, device["fd"]) == str(nic.cdev)
            assert device["cdev"] == nic.cdev.name
            assert device["iommu"] == (nic.sysfs / "iommu").resolve().name
            assert device["iommu_type"] == "intel_vtd"
            assert (device["as_id"], device["pasids"]) == (1, 0)

    def test_one_page_table_is_the_one_that_the_iommu_has(self, app, nics):
        table, = listed("page_tables")
        assert {device["page_table"] for device in listed("devices")} == {table["page_table"]}
        assert len({page_table(nic).root for nic in nics}) == 1
        assert table["iommu"] == (nics[0].sysfs / "iommu").resolve().name
        assert (table["as_id"], table["devices"], table["pasids"]) == (1, len(nics), 0)

    def test_requests_of_the_kernel_are_counted(self, app, nics):
        requests = telemetry("/iommufd/requests")
        assert set(requests["made"]) == set(requests["failed"])
        assert requests["made"]["VFIO_DEVICE_BIND_IOMMUFD"] == len(nics)
        assert requests["made"]["VFIO_DEVICE_ATTACH_IOMMUFD_PT"] == len(nics)
        # The first one only asks whether the kernel can
        assert requests["failed"]["IOMMU_IOAS_MAP_FILE"] == 1
        assert requests["made"]["IOMMU_IOAS_MAP_FILE"] == 1 + len(listed("mappings", 1))

    @pytest.mark.parametrize("question", [
        "devices,all", "devices,-1", "devices,0,0", "devices,0x", "devices,4294967296",
        "context,0", "requests,0", "mappings,one", "mappings,77", "mappings,1,0,0"])
    def test_what_can_not_be_answered_is_null_and_the_log_says_why(self, app, question):
        command, _, parameters = f"/iommufd/{question}".partition(",")
        assert telemetry(f"{command},{parameters}") is None
        app.expect(re.escape(f'IOMMUFD: telemetry: {command} can\'t be answered for '
                             f'"{parameters}": see /help,{command}'))

    def test_mappings_want_to_know_of_what(self, app):
        assert telemetry("/iommufd/mappings") is None

    def test_beyond_the_last_there_is_nothing(self, app, nics):
        assert telemetry("/iommufd/devices,1000") == {"total": len(nics), "devices": {}}

    def test_a_device_that_goes_is_there_no_more(self, app, nics):
        for command in ("port stop 0", "port close 0", f"device detach {nics[0].pci}"):
            app.command(command)
        device, = listed("devices")
        assert device["name"] == nics[1].pci
        assert listed("page_tables")[0]["devices"] == 1


@intel
def test_without_the_flag_there_is_nothing_of_it(nics):
    with Testpmd(nics):
        assert not [name for name in telemetry("/") if "iommufd" in name]


@intel
def test_an_application_that_was_linked_has_it_too(nics):
    with Application([EXAMPLES / "l2fwd-linked", "-l", "1", *allowed(*nics), IOMMUFD,
                      "--", "-p", "0x3", "-q", "2"]) as app:
        app.expect("entering main loop")
        assert {device["name"] for device in listed("devices")} == {nic.pci for nic in nics}


@intel
def test_memory_that_comes_and_goes_is_counted(nics):
    with Memory(nics, IOMMUFD) as app:
        for command in f"alloc {9 * MIB}", "free":
            app.command(command)
            assert listed("address_spaces")[0]["bytes"] == size(segments(app))
            assert mapped(1) == reached(nics[0])


@intel
class TestContainers:
    """What an application has mapped itself, in containers of its own too; NIC 1 is in one."""

    @pytest.fixture(scope="class")
    def app(self, nics):
        with Vfio(nics[:1], IOMMUFD) as app:
            yield app

    def test_a_container_comes_and_goes(self, app, nics):
        fd = app.descriptor("container create")
        spaces = by("fd", listed("address_spaces"))
        assert spaces[fd] == {"as_id": spaces[fd]["as_id"], "kind": "container", "fd": fd,
                              "mappings": 0, "bytes": 0, "page_tables": 0, "devices": 0,
                              "pasids": 0}
        app.descriptor(f"group bind {fd} {nics[1].pci}")
        device = app.descriptor(f"device setup {nics[1].pci}")
        one = buffer(app)
        app.done(f"map {fd} {words(one)}")
        spaces = by("fd", listed("address_spaces"))
        as_id = spaces[fd]["as_id"]
        assert [spaces[fd][name] for name in ("mappings", "bytes", "page_tables", "devices")] == \
            [1, LENGTH, 1, 1]
        assert mapped(as_id) == reached(nics[1])
        devices = by("name", listed("devices"))
        assert devices[nics[1].pci]["as_id"] == as_id
        assert devices[nics[1].pci]["page_table"] != devices[nics[0].pci]["page_table"]
        assert len(listed("page_tables")) == 2

        app.done(f"device release {nics[1].pci} {device}")
        app.done(f"container destroy {fd}")
        assert [space["kind"] for space in listed("address_spaces")] == ["shared"]
        assert telemetry(f"/iommufd/mappings,{as_id}") is None

    def test_a_mapping_has_where_it_is_from_and_how_often(self, app):
        container = app.descriptor("container create")
        as_id = by("fd", listed("address_spaces"))[container]["as_id"]
        anonymous = buffer(app)
        for _ in range(2):
            app.done(f"map {container} {words(anonymous)}")
        va, fd = app.buffer("file", 2 * LENGTH)
        app.done(f"mapfile {container} {fd} {LENGTH:#x} {va + LENGTH:#x} {IOVA + GIB:#x} "
                 f"{LENGTH:#x}")
        common = {"bytes": LENGTH, "owner": "application", "read_only": 0}
        assert listed("mappings", as_id) == [
            {"iova": f"{IOVA:#x}", "from": "memory", "vaddr": f"{anonymous.va:#x}", "users": 2,
             **common},
            {"iova": f"{IOVA + GIB:#x}", "from": "file", "offset": f"{LENGTH:#x}", "users": 1,
             **common}]
        app.done(f"container destroy {container}")

    def test_many_mappings_are_told_in_several_answers(self, app):
        container = app.descriptor("container create")
        as_id = by("fd", listed("address_spaces"))[container]["as_id"]
        one = buffer(app)
        iovas = [IOVA + number * MIB for number in range(MANY)]
        for iova in iovas:
            app.done(f"map {container} {one.va:#x} {iova:#x} {LENGTH:#x}")
        answer = telemetry(f"/iommufd/mappings,{as_id}")
        assert (answer["total"], answer["next"]) == (MANY, PER_ANSWER) and \
            len(answer["mappings"]) == PER_ANSWER
        answer = telemetry(f"/iommufd/mappings,{as_id},{2 * PER_ANSWER}")
        assert "next" not in answer and len(answer["mappings"]) == MANY - 2 * PER_ANSWER
        assert [int(mapping["iova"], 0) for mapping in listed("mappings", as_id)] == iovas
        app.done(f"container destroy {container}")

    def test_what_a_secondary_process_has_mapped_is_the_shared_space(self, app, nics):
        before = listed("address_spaces")[0]
        with Vfio(nics[:1], IOMMUFD, SECONDARY) as secondary:
            one = buffer(secondary)
            secondary.done(f"map default {words(one)}")
            space = listed("address_spaces")[0]
            assert space["bytes"] == before["bytes"] + LENGTH
            assert {"iova": f"{IOVA:#x}", "bytes": LENGTH, "owner": "secondary"} in \
                listed("mappings", 1)
            assert mapped(1) == reached(nics[0])
            secondary.done(f"unmap default {words(one)}")
        assert mapped(1) == reached(nics[0])


@intel
def test_asked_without_a_pause_an_application_works_and_ends(nics):
    """Telemetry has threads of its own, and devices and memory go while they look."""
    answers = []

    def ask():
        client = Client()
        with contextlib.suppress(Gone):
            for command in itertools.cycle(("context", "devices", "address_spaces", "mappings,1")):
                answers.append(client.ask(f"/iommufd/{command}"))

    asking = threading.Thread(target=ask)
    with Vfio(nics[:1], IOMMUFD) as app:
        asking.start()
        wait_until(lambda: answers, "telemetry answers")
        for _ in range(10):
            device = app.descriptor(f"device setup {nics[1].pci}")
            app.command(f"alloc {9 * MIB}")
            app.done(f"device release {nics[1].pci} {device}")
            app.command("free")
    asking.join()
    assert {1, 2} <= {answer["devices"] for answer in answers if "maps_files" in (answer or ())}


@zip5
class TestSpaces:
    """Address spaces and PASIDs of a ZIP, beside a NIC."""

    @pytest.fixture(scope="class")
    def app(self, zips_of_vfio, nics):
        with Spaces(nics[:1]) as app:
            app.done(f"function open {zips_of_vfio[0].pci}")
            yield app
            app.done("function close")

    @pytest.fixture(scope="class")
    def own(self, app):
        """An address space with a buffer."""
        space = app.space()
        app.map_file(space, app.buffer(A))
        return space

    def test_a_space_has_what_was_mapped_and_copied(self, app, own):
        shared = (app.alloc(2 * HUGE_PAGE) & ~(HUGE_PAGE - 1)) + HUGE_PAGE
        app.copy(own, shared, "ro", length=PAGE)
        space = by("as_id", listed("address_spaces"))[own]
        assert (space["kind"], space["mappings"], space["bytes"]) == \
            ("created", 2, HUGE_PAGE + PAGE)
        by_origin = by("from", listed("mappings", own))
        assert by_origin["as"] == {
            "iova": f"{shared:#x}", "bytes": PAGE, "owner": "application",
            "from": "as", "from_as_id": 1, "from_iova": f"{shared:#x}",
            "read_only": 1, "users": 1}
        assert (by_origin["file"]["bytes"], by_origin["file"]["read_only"]) == (HUGE_PAGE, 0)
        app.done(f"unmap {own} {shared:#x} {PAGE}")
        assert by("as_id", listed("address_spaces"))[own]["bytes"] == HUGE_PAGE

    def test_a_device_tells_how_many_pasids_it_can_have(self, app, own, zips_of_vfio, nics):
        devices = by("name", listed("devices"))
        assert devices[zips_of_vfio[0].pci]["pasid_bits"] == 16
        assert devices[nics[0].pci]["pasid_bits"] == 0

    def test_one_page_table_serves_all_that_share_and_is_the_iommus(self, app, own, zips_of_vfio,
                                                                    nics):
        """By number in telemetry, by root in the IOMMU."""
        pci = zips_of_vfio[0].pci
        pasids = [app.bind(pci, space) for space in ("shared", "shared", own)]
        bound = by("pasid", listed("pasids"))
        devices = by("name", listed("devices"))
        shared = devices[pci]["page_table"]
        assert [bound[pasid]["page_table"] == shared for pasid in pasids] == [True, True, False]
        assert [bound[pasid]["as_id"] for pasid in pasids] == [1, 1, own]
        assert devices[nics[0].pci]["page_table"] == shared
        roots = [page_table(nics[0]).root, page_table(zips_of_vfio[0]).root,
                 *(page_table(zips_of_vfio[0], pasid).root for pasid in pasids)]
        assert len(set(roots[:4])) == 1 and roots[4] not in (None, roots[0])

        tables = by("page_table", listed("page_tables"))
        assert [tables[shared][name] for name in ("as_id", "devices", "pasids", "takes_pasids")] \
            == [1, 2, 2, 1]
        private = tables[bound[pasids[2]]["page_table"]]
        assert [private[name] for name in ("as_id", "devices", "pasids")] == [own, 0, 1]
        assert private["iommu"] == devices[pci]["iommu"]
        assert devices[pci]["pasids"] == 3

        for pasid in pasids:
            app.done(f"unbind {pci} {pasid}")
        assert listed("pasids") == []

    def test_the_pages_of_a_space_are_what_its_pasid_reaches(self, app, zips_of_vfio):
        space = app.space()
        app.map_file(space, app.buffer(A))
        pasid = app.bind(zips_of_vfio[0].pci, space)
        assert mapped(space) == reached(zips_of_vfio[0], pasid)
        app.done(f"unbind {zips_of_vfio[0].pci} {pasid}")
        app.done(f"space destroy {space}")
        assert space not in by("as_id", listed("address_spaces"))

    def test_more_pasids_than_an_answer_holds(self, app, zips_of_vfio):
        pci = zips_of_vfio[0].pci
        pasids = [app.bind(pci, "shared") for _ in range(MANY)]
        assert telemetry("/iommufd/pasids")["next"] == PER_ANSWER
        assert [bound["pasid"] for bound in listed("pasids")] == pasids
        for pasid in pasids:
            app.done(f"unbind {pci} {pasid}")
