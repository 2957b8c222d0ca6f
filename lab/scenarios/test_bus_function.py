# SPDX-License-Identifier: BSD-3-Clause
"""The iommufd bus: functions that an application owns, whose queues have address spaces."""
from pathlib import Path

import pytest

from support.application import IOMMUFD
from support.bus import Bus, said_by_bus
from support.pagetable import page_table
from support.refusal import attempt
from support.telemetry import listed_by_bus

pytestmark = pytest.mark.zip5

HUGE_PAGE = 2 << 20
CYCLES = 100
INSTALLED = "/build/install/bin/dpdk-iommufd.py", "run", "--"


def descriptors(app):
    """What files a process has open, by their names."""
    return sorted(str(link.readlink()) for link in Path(f"/proc/{app.pid}/fd").iterdir())


@pytest.fixture
def memory():
    """Takes memory of an application: an address in whole hugepages of its own."""
    def take(app):
        address = app.memory(2 * HUGE_PAGE)
        return (address + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1)
    return take


def test_shared_queues_reach_eals_memory_with_a_pasid_each(pci, memory):
    with Bus(pci, eal=(IOMMUFD,)) as app:
        assert app.said_at_start == []
        assert app.devices() == {pci: "lab_zip"}
        address = memory(app)
        pasids = {app.open(pci, queue) for queue in range(3)}
        assert len(pasids) == 3 and 0 not in pasids
        assert all(app.transfer(pci, queue, address) for queue in range(3))
        assert {app.space(pci, queue) for queue in range(3)} == {1}


def test_private_queues_reach_what_the_application_gave_them(pci, memory):
    with Bus(f"{pci},as=private", eal=(IOMMUFD,)) as app:
        address = memory(app)
        for queue in range(2):
            app.open(pci, queue)
        spaces = [app.space(pci, queue) for queue in range(2)]
        assert len({1, *spaces}) == 3
        assert not app.transfer(pci, 0, address)
        app.done(f"share {pci} 0 {address:#x} {HUGE_PAGE}")
        assert app.transfer(pci, 0, address)
        assert not app.transfer(pci, 1, address)

        app.done(f"bind {pci} 1 0")
        assert app.space(pci, 1) == spaces[0]
        assert app.transfer(pci, 1, address)
        app.done(f"bind {pci} 1 own")
        assert not app.transfer(pci, 1, address)


def test_queues_that_are_open_are_not_opened_again_nor_more_than_the_limit(pci):
    with Bus(f"{pci},queues=2", eal=(IOMMUFD,)) as app:
        app.open(pci, 0)
        assert app.available(pci) == 1
        assert app.error(f"open {pci} 0") == ("EEXIST", [f"iommufd:{pci}: queue 0 is open"])
        assert app.error(f"open {pci} 2") == (
            "ERANGE", [f"iommufd:{pci}: no queue 2: it has the argument queues=2"])
        app.done(f"close {pci} 0")
        assert app.available(pci) == 2
        app.open(pci, 0)


def test_opening_and_closing_queues_leaves_nothing(pci):
    with Bus(f"{pci},as=private", eal=(IOMMUFD,)) as app:
        pasid = app.open(pci)
        app.done(f"close {pci} 0")
        before = descriptors(app)
        for _ in range(CYCLES):
            assert app.open(pci) == pasid
            app.done(f"close {pci} 0")
        assert descriptors(app) == before


class TestWithoutPasids:
    """The third ZIP has none."""

    def test_its_queues_are_never_private(self, zips_of_vfio):
        device = zips_of_vfio[2].pci
        with Bus(f"{zips_of_vfio[0].pci}", f"{device},as=private", eal=(IOMMUFD,)) as app:
            assert app.said_at_start == [
                f"iommufd:{device}: as=private: its queues can't have address spaces of their own,"
                " as the function or its IOMMU has no PASIDs"]
            assert app.devices() == {zips_of_vfio[0].pci: "lab_zip", device: "-"}

    def test_shared_queues_do_without(self, zips_of_vfio, memory):
        device = zips_of_vfio[2].pci
        with Bus(device, eal=(IOMMUFD,)) as app:
            address = memory(app)
            assert app.open(device) == 0
            assert app.transfer(device, 0, address)
            assert app.error(f"bind {device} 0 shared")[0] == "ENOTSUP"


def test_telemetry_has_devices_and_queues(pci, zips_of_vfio):
    other = zips_of_vfio[1].pci
    with Bus(f"{pci},as=private", other, eal=(IOMMUFD,)) as app:
        pasid = app.open(pci, 3)
        space = app.space(pci, 3)
        devices = {device["name"]: device for device in listed_by_bus("devices")}
        number = devices[f"iommufd:{pci}"].pop("page_table")
        assert devices[f"iommufd:{pci}"] == {
            "name": f"iommufd:{pci}", "kind": "function", "driver": "lab_zip", "numa_node": -1,
            "as": "private", "pasid_bits": 16}
        assert devices[f"iommufd:{other}"]["as"] == "shared"
        assert devices[f"iommufd:{other}"]["pasid_bits"] == 8
        queue, = listed_by_bus("queues")
        assert queue.pop("page_table") != number
        assert queue == {"device": f"iommufd:{pci}", "queue": 3, "as": "private", "pasid": pasid,
                         "as_id": space}
        app.done(f"close {pci} 3")
        assert listed_by_bus("queues") == []


def test_telemetry_has_the_page_tables_that_the_iommu_has(pci, zips_of_vfio):
    """Two private queues, one of which moves; two of a function that shares; one without PASIDs."""
    functions = {f"iommufd:{device.pci}": device for device in zips_of_vfio}
    _, shared, without = (device.pci for device in zips_of_vfio)
    with Bus(f"{pci},as=private", shared, without, eal=(IOMMUFD,)) as app:
        for device, queue in (pci, 0), (pci, 1), (shared, 0), (shared, 1), (without, 0):
            app.open(device, queue)

        def check(n_tables):
            """All that has one number has one table, and the other way round."""
            answers = listed_by_bus("devices") + listed_by_bus("queues")
            assert len(answers) == len(functions) + 5
            tables = {(answer["page_table"],
                       page_table(functions[answer.get("device", answer.get("name"))],
                                  answer.get("pasid") or None).root) for answer in answers}
            numbers, roots = zip(*tables)
            assert len(tables) == len(set(numbers)) == len(set(roots)) == n_tables, tables
            assert None not in roots

        check(n_tables=3)
        app.done(f"bind {pci} 1 0")
        check(n_tables=2)
        app.done(f"bind {pci} 0 shared")
        app.done(f"bind {pci} 1 shared")
        check(n_tables=1)


class TestHotPlug:
    def test_a_device_comes_and_goes_with_all_that_its_driver_left(self, pci, memory):
        with Bus(pci, eal=(IOMMUFD,)) as app:
            address = memory(app)
            app.open(pci)
            app.done(f"remove {pci}")
            assert app.devices() == {}
            before = descriptors(app)
            for _ in range(3):
                app.done(f"probe iommufd:{pci},as=private")
                app.open(pci, 0)
                app.open(pci, 1)
                app.done(f"share {pci} 1 {address:#x} {HUGE_PAGE}")
                assert app.transfer(pci, 1, address)
                app.done(f"remove {pci}")
            assert descriptors(app) == before

    def test_arguments_are_checked_then_too(self, pci):
        with Bus(eal=(IOMMUFD, "-b", f"iommufd:{pci}")) as app:
            symbol, said = app.error(f"probe iommufd:{pci},mode=refuse")
            assert symbol == "ENXIO"
            assert said == [f"iommufd:{pci}: driver lab_zip can't use it: "
                            "No such device or address"]
            symbol, said = app.error(f"probe iommufd:{pci},depth=12")
            assert symbol == "EINVAL"
            assert said[0] == f"iommufd:{pci}: depth=12: a number from 64 to 4096 is wanted"
            app.done(f"probe iommufd:{pci},depth=64")
            assert app.devices()[pci] == "lab_zip"


class TestRefusals:
    def test_a_function_wants_the_flag(self, pci):
        with Bus(pci, launcher=()) as app:
            assert app.said_at_start == [
                f"iommufd:{pci}: a function on vfio-pci needs --iova-mode=iommufd, and "
                "librte_eal_iommufd before EAL (dpdk-iommufd.py run)"]
            assert app.devices() == {pci: "-"}

    def test_unasked_it_is_passed_over_without_the_flag(self, pci):
        with Bus(launcher=()) as app:
            assert app.said_at_start == []
            assert app.devices()[pci] == "-"

    def test_another_process_has_it(self, pci, zips_of_vfio):
        other = zips_of_vfio[1].pci
        with Bus(pci, eal=(IOMMUFD, "-m", "128")), \
                Bus(pci, other, eal=(IOMMUFD, "--file-prefix=second", "-m", "128")) as second:
            assert second.said_at_start == [
                f"iommufd:{pci}: can't be opened: Device or resource busy"]
            assert second.devices() == {pci: "-", other: "lab_zip"}

    def test_it_is_free_when_its_owner_is_killed(self, pci):
        with Bus(pci, eal=(IOMMUFD,)) as app:
            app.open(pci)
            app.kill()
        with Bus(pci, eal=(IOMMUFD,)) as app:
            app.open(pci)

    def test_bad_devices_hide_no_good_one(self, pci, zips_of_vfio, nics):
        refusing, nic = zips_of_vfio[1].pci, nics[0].pci
        with Bus(nic, f"{refusing},mode=refuse", "0000:77:00.0", "hisi_zip-9", pci,
                 eal=(IOMMUFD,)) as app:
            assert sorted(app.said_at_start) == sorted([
                f"iommufd:{nic}: no driver of this bus knows such a device",
                "iommufd:0000:77:00.0: neither a PCI function (in full: 0000:03:00.0) nor a "
                "uacce device",
                "iommufd:hisi_zip-9: neither a PCI function (in full: 0000:03:00.0) nor a "
                "uacce device",
                f"iommufd:{refusing}: driver lab_zip can't use it: No such device or address"])
            assert app.devices() == {refusing: "-", pci: "lab_zip"}


def test_the_installed_library_has_eal_load_the_bus(pci):
    """A stock application without -d: what it says can only come from the bus."""
    status, output = attempt(*INSTALLED, "dpdk-testpmd", "-l", "0-1", "--no-pci", IOMMUFD,
                             "--vdev=net_null0", "--log-level=lib.eal:debug",
                             "-a", f"iommufd:{pci}", "--", "--total-num-mbufs=8192")
    assert status == 0, output
    assert "Registered [iommufd] bus." in output
    assert len(said_by_bus(output)) <= 1


def test_a_stock_application_takes_the_bus_as_a_plugin(zips_of_vfio):
    status, output = attempt("dpdk-testpmd", "-l", "0-1", "--no-pci", "--vdev=net_null0",
                             "-d", "/build/install/lib/librte_bus_iommufd.so",
                             "-a", "iommufd:hisi_zip-9", "--", "--total-num-mbufs=8192")
    assert status == 0, output
    assert said_by_bus(output) == ["iommufd:hisi_zip-9: neither a PCI function (in full: "
                                   "0000:03:00.0) nor a uacce device"]
