# SPDX-License-Identifier: BSD-3-Clause
"""Debian's dpdk-testpmd forwards real traffic, over iommufd and as ever over type1."""
import re

import pytest

from support.application import IOMMUFD, Testpmd
from support.machine import open_files
from support.network import LEFT, RIGHT, assert_file_is_counted, assert_forwarded

pytestmark = pytest.mark.intel


@pytest.fixture(scope="class")
def testpmd(nics):
    """testpmd on both NICs over iommufd, forwarding in io mode."""
    with Testpmd(nics, IOMMUFD) as app:
        app.command("start")
        yield app


@pytest.mark.smoke
class TestIo:
    """testpmd's io mode, over iommufd."""

    def test_a_file_sent_by_tcp_arrives_intact_and_is_counted(self, testpmd, payload):
        assert_file_is_counted(testpmd, payload)

    def test_each_device_is_announced_and_all_share_one_page_table(self, testpmd, nics):
        line = r"IOMMUFD: (\S+): (\S+), IOAS (\d+), page table (\d+) \((\d) devices?\)"
        announced = re.findall(line, testpmd.output())
        assert [(pci, cdev, count) for pci, cdev, _, _, count in announced] == [
            (nics[0].pci, str(nics[0].cdev), "1"), (nics[1].pci, str(nics[1].cdev), "2")]
        assert len({(ioas, table) for _, _, ioas, table, _ in announced}) == 1

    def test_one_iommufd_and_the_cdevs_are_open_and_no_group(self, testpmd, nics):
        files = open_files(testpmd.pid)
        assert files.count("/dev/iommu") == 1
        assert [name for name in files if name.startswith("/dev/vfio/")] == sorted(
            str(nic.cdev) for nic in nics)


def test_mac_mode_forwards(nics, payload):
    peers = (f"--eth-peer=0,{LEFT.mac}", f"--eth-peer=1,{RIGHT.mac}")
    with Testpmd(nics, IOMMUFD, mode="mac", app=peers) as app:
        app.command("start")
        assert_file_is_counted(app, payload)


def test_the_flag_may_stand_apart_from_its_value(nics, payload):
    with Testpmd(nics, "--iova-mode", "iommufd") as app:
        app.command("start")
        assert_forwarded(payload)
        assert open_files(app.pid).count("/dev/iommu") == 1


@pytest.mark.smoke
@pytest.mark.nocdev
def test_without_the_flag_it_is_type1_as_ever(nics, payload):
    with Testpmd(nics) as app:
        app.command("start")
        assert_file_is_counted(app, payload)
        files = open_files(app.pid)
        assert "/dev/iommu" not in files
        assert {"/dev/vfio/vfio", *(str(nic.group) for nic in nics)} <= set(files)
        assert not [name for name in files if name.startswith("/dev/vfio/devices/")]
        assert "IOMMUFD" not in app.output()
