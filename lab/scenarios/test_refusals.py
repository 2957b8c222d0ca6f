# SPDX-License-Identifier: BSD-3-Clause
"""Where iommufd can't be used the application says why, in one line, and doesn't start.

Nothing is broken by that: `unharmed` looks after each test, and the last test forwards.
"""
import pytest

from support.application import EXAMPLES, IOMMUFD, Memory, Testpmd, allowed
from support.machine import IOMMU, bound_to, hidden, open_to
from support.network import assert_forwarded
from support.pagetable import page_table
from support.refusal import refused
from support.user import AS_USER, USER, memlock

pytestmark = pytest.mark.intel

OTHER = "--file-prefix=other"


def memory(*arguments):
    """The simplest application: its start is all that matters here."""
    return (EXAMPLES / "memory", "-l", "0", *arguments, IOMMUFD)


@pytest.fixture(autouse=True)
def unharmed(nics):
    """Each NIC is with vfio-pci after a test, and reaches no memory."""
    yield
    for nic in nics:
        assert nic.driver == "vfio-pci"
        assert page_table(nic).pieces == []


def test_no_dev_iommu(nics):
    with hidden(IOMMU):
        said = refused(*memory(*allowed(nics[0])))
    assert "cannot open /dev/iommu: No such file or directory" in said
    assert "CONFIG_IOMMUFD" in said and "modprobe iommufd" in said


def test_no_permission_on_dev_iommu(nics):
    said = refused(*memory("--in-memory", *allowed(nics[0])), before=AS_USER)
    assert "cannot open /dev/iommu: Permission denied" in said and "udev rule" in said


def test_no_permission_on_the_cdev(nics):
    with open_to(USER, IOMMU):
        said = refused(*memory("--in-memory", *allowed(nics[0])), before=AS_USER)
    assert said.startswith(f"{nics[0].pci}: cannot open {nics[0].cdev}: Permission denied")
    assert "udev rule" in said


def test_locked_memory_limit_of_a_user(nics):
    with open_to(USER, IOMMU, nics[0].cdev):
        said = refused(*memory("--in-memory", "-m", "64", *allowed(nics[0])),
                       before=(*memlock(16384), *AS_USER))
    assert said.startswith("cannot map ") and "Cannot allocate memory" in said
    assert "locked memory limit, which is 16384 KiB" in said and "ulimit -l" in said


def test_a_user_with_permissions_and_locked_memory_is_not_refused(nics):
    with open_to(USER, IOMMU, *(nic.cdev for nic in nics)):
        with Memory(nics, IOMMUFD, "--in-memory", "-m", "64",
                    before=(*memlock(1 << 20), *AS_USER)) as app:
            assert app.greeting.count(": /dev/vfio/devices/") == len(nics)


@pytest.mark.parametrize("options", [(IOMMUFD,), ()], ids=["iommufd", "type1"])
def test_a_device_that_another_process_holds(nics, payload, options):
    with Testpmd(nics, *options) as holder:
        holder.command("start")
        said = refused(*memory(OTHER, *allowed(nics[0])))
        assert said.startswith(f"{nics[0].pci}: another process holds it")
        assert_forwarded(payload)


def test_a_device_of_a_kernel_driver(nics):
    with bound_to("igb", nics[0]):
        said = refused(*memory(*allowed(nics[0])))
    assert said.startswith(f"{nics[0].pci}: bound to igb, not to vfio-pci")
    assert f"dpdk-devbind.py -b vfio-pci {nics[0].pci}" in said


def test_a_device_that_does_not_exist():
    assert refused(*memory("-a", "0000:7f:00.0")) == "0000:7f:00.0: there is no such PCI device"


def test_after_all_this_it_forwards(nics, payload):
    with Testpmd(nics, IOMMUFD) as app:
        app.command("start")
        assert_forwarded(payload)
