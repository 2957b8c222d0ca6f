# SPDX-License-Identifier: BSD-3-Clause
"""The lab itself: is the machine what the other scenarios take it for?"""
import fcntl
import os
import re
import subprocess
from pathlib import Path

import pytest

from support.hypervisor import HypervisorError
from support.machine import CDEVS, IOMMU, nics

VFIO_DEVICE_BIND_IOMMUFD = 0x3B76


@pytest.mark.intel
@pytest.mark.smoke
def test_dpdk_nics_are_bound_to_vfio_pci():
    assert [nic.driver for nic in nics()] == ["vfio-pci", "vfio-pci"]


@pytest.mark.intel
@pytest.mark.smoke
def test_every_nic_has_an_iommu_group_of_its_own():
    groups = [sorted(os.listdir(nic.sysfs / "iommu_group/devices")) for nic in nics()]
    assert groups == [[nic.pci] for nic in nics()]


@pytest.mark.intel
@pytest.mark.smoke
def test_namespaces_are_not_joined_without_an_application():
    ping = subprocess.run(["ip", "netns", "exec", "left", "ping", "-c1", "-W2", "10.0.1.2"],
                          capture_output=True, text=True)
    assert "100% packet loss" in ping.stdout


@pytest.mark.intel
@pytest.mark.smoke
def test_hugepages_are_there():
    meminfo = Path("/proc/meminfo").read_text()
    assert int(re.search(r"HugePages_Free:\s+(\d+)", meminfo).group(1)) == 512
    assert os.statvfs("/dev/hugepages").f_bsize == 2 << 20


@pytest.mark.intel
@pytest.mark.smoke
def test_iommufd_and_a_cdev_for_each_nic_are_there():
    assert IOMMU.is_char_device()
    assert len(list(CDEVS.iterdir())) == len(nics())


@pytest.mark.intel
@pytest.mark.smoke
def test_the_hypervisor_answers(hypervisor):
    assert hypervisor.execute("query-status")["running"]
    with pytest.raises(HypervisorError, match="no-such-device"):
        hypervisor.execute("device_del", id="no-such-device")


@pytest.mark.intel
def test_fault_injection_is_there():
    assert Path("/sys/kernel/debug/failslab").is_dir()
    assert Path("/sys/kernel/debug/iommu/intel").is_dir()


@pytest.mark.numa
def test_both_nodes_have_a_cpu_and_pages_of_both_sizes():
    nodes = sorted(Path("/sys/devices/system/node").glob("node[0-9]*"))
    assert [(node / "cpulist").read_text().strip() for node in nodes] == ["0", "1"]
    for node in nodes:
        pages = {size: int((node / f"hugepages/hugepages-{size}kB/nr_hugepages").read_text())
                 for size in (2 << 10, 1 << 20)}
        assert pages == {2 << 10: 512, 1 << 20: 2}
    assert os.statvfs("/dev/hugepages1G").f_bsize == 1 << 30


@pytest.mark.narrow
def test_iommu_has_39_address_bits():
    capabilities = int(Path("/sys/class/iommu/dmar0/intel-iommu/cap").read_text(), 16)
    assert (capabilities >> 16 & 0x3F) + 1 == 39


@pytest.mark.nocdev
def test_nocdev_kernel_has_iommufd_but_no_cdevs():
    assert IOMMU.is_char_device()
    assert not CDEVS.exists()


@pytest.mark.old
def test_old_kernel_is_6_12_with_cdevs():
    assert os.uname().release.startswith("6.12.")
    assert len(list(CDEVS.iterdir())) == len(nics())


@pytest.mark.noremap
def test_binding_is_refused_without_interrupt_remapping():
    cdev = next(CDEVS.iterdir())
    iommufd = os.open(IOMMU, os.O_RDWR)
    device = os.open(cdev, os.O_RDWR)
    argsz_flags_iommufd_devid = b"".join(
        value.to_bytes(4, "little") for value in (16, 0, iommufd, 0))
    with pytest.raises(PermissionError):
        fcntl.ioctl(device, VFIO_DEVICE_BIND_IOMMUFD, argsz_flags_iommufd_devid)
