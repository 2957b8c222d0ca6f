# SPDX-License-Identifier: BSD-3-Clause
"""The iommufd bus: queues of functions whose kernel driver stays in charge (uacce)."""
import contextlib

import pytest

from support.application import IOMMUFD
from support.bus import Bus
from support.telemetry import listed_by_bus

pytestmark = pytest.mark.zip5

AS_NOBODY = "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"
CYCLES = 200


@pytest.fixture
def zip0(zips):
    """The first ZIP, all of whose queues are free before and after."""
    free = zips[0].available
    yield zips[0]
    assert zips[0].available == free


@pytest.mark.parametrize("how", [{"launcher": ()}, {"eal": (IOMMUFD,)}], ids=["stock", "iommufd"])
def test_queues_are_taken_and_given_back(zip0, how):
    with Bus(f"{zip0.name},as=sva", **how) as app:
        assert app.devices() == {zip0.name: "lab_zip"}
        free = zip0.available
        assert app.available(zip0.name) == free
        app.open(zip0.name, 0)
        app.open(zip0.name, 1)
        assert zip0.available == free - 2
        assert listed_by_bus("queues") == [
            {"device": f"iommufd:{zip0.name}", "queue": queue, "as": "sva"} for queue in (1, 0)]
        assert app.error(f"space {zip0.name} 0")[0] == "ENOTSUP"
        app.done(f"close {zip0.name} 0")
        assert zip0.available == free - 1


def test_more_queues_than_the_kernel_has_left(zip0):
    with contextlib.ExitStack() as stack:
        apps = [stack.enter_context(Bus(zip0.name, launcher=(), eal=(
            f"--file-prefix=bus{number}", "-m", "64"))) for number in range(2)]
        for queue in range(zip0.available):
            apps[0].open(zip0.name, queue)
        assert apps[1].available(zip0.name) == 0
        assert apps[1].error(f"open {zip0.name} 0") == (
            "EBUSY",
            [f"iommufd:{zip0.name}: no queue for 0: {zip0.node}: the kernel has lent out all it "
             "has"])
        apps[0].done(f"close {zip0.name} 5")
        apps[1].open(zip0.name, 0)


def test_hot_unplugging_gives_back_what_the_driver_left(zip0):
    with Bus(zip0.name, launcher=()) as app:
        free = zip0.available
        app.open(zip0.name, 0)
        app.open(zip0.name, 1)
        app.done(f"remove {zip0.name}")
        assert zip0.available == free
        app.done(f"probe iommufd:{zip0.name},queues=1")
        assert app.available(zip0.name) == 1


def test_a_secondary_process_sees_what_the_primary_uses(zip0):
    """It has none of it; but EAL plugs and unplugs in all processes, or in none."""
    with Bus(zip0.name, launcher=()) as primary, \
            Bus(zip0.name, launcher=(), eal=("--proc-type=secondary",)) as secondary:
        assert secondary.devices() == {zip0.name: "lab_zip"}
        assert secondary.error(f"open {zip0.name} 0")[0] == "ENODEV"
        primary.done(f"remove {zip0.name}")
        assert secondary.devices() == {}
        primary.done(f"probe iommufd:{zip0.name}")
        assert secondary.devices() == {zip0.name: "lab_zip"}
        primary.open(zip0.name)


def test_a_queue_is_free_when_its_owner_is_killed(zip0):
    free = zip0.available
    with Bus(zip0.name, launcher=()) as app:
        app.open(zip0.name)
        app.kill()
    assert zip0.available == free


def test_opening_and_closing_leaves_nothing(zip0):
    with Bus(zip0.name, launcher=()) as app:
        for _ in range(CYCLES):
            app.open(zip0.name)
            app.done(f"close {zip0.name} 0")
        assert app.available(zip0.name) == zip0.available


def test_who_may_not_open_the_device_is_told(zip0):
    zip0.node.chmod(0o600)
    with Bus(zip0.name, launcher=(), before=AS_NOBODY,
             eal=("--no-huge", "--in-memory", "-m", "64", "--no-telemetry")) as app:
        symbol, said = app.error(f"open {zip0.name} 0")
        assert symbol == "EACCES"
        assert said == [f"iommufd:{zip0.name}: no queue for 0: {zip0.node}: Permission denied"]


def test_bad_devices_hide_no_good_one(zip0, zips):
    without_pasids = zips[2].pci
    with Bus(f"{zips[1].name},as=private", f"{zip0.name}", without_pasids, launcher=()) as app:
        assert sorted(app.said_at_start) == sorted([
            f"iommufd:{zips[1].name}: as=private: a uacce device can be sva",
            f"iommufd:{without_pasids}: bound to hisi_zip, not to vfio-pci: dpdk-devbind.py -b "
            f"vfio-pci {without_pasids}"])
        assert app.devices() == {zip0.name: "lab_zip", zips[1].name: "-"}


def test_a_device_without_pasids_has_no_queue_for_processes(zips):
    with Bus(zips[2].name, launcher=()) as app:
        symbol, said = app.error(f"open {zips[2].name} 0")
        assert symbol == "EOVERFLOW"
        assert said == [f"iommufd:{zips[2].name}: no queue for 0: {zips[2].node}: the device or "
                        "its IOMMU can't use the process's page tables (SVA)"]
