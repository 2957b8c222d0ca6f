# SPDX-License-Identifier: BSD-3-Clause
"""The launcher adds the library and nothing else, or says why it can't."""
import os
import shutil
import stat
import struct

import pytest

from support.application import BUILD, EXAMPLES, IOMMUFD, UNDER_LAUNCHER, allowed
from support.refusal import attempt

pytestmark = pytest.mark.intel

USAGE = 2

# The extended attribute of a file with CAP_IPC_LOCK: linux/capability.h, struct vfs_cap_data
CAPABILITIES = struct.pack("<5I", 0x0200_0001, 1 << 14, 0, 0, 0)


def assert_launcher_refuses(program, *reasons):
    status, output = attempt(*UNDER_LAUNCHER, program, IOMMUFD)
    assert status == USAGE, output
    lines = output.splitlines()
    assert len(lines) == 1 and lines[0].startswith("dpdk-iommufd: "), output
    for reason in (str(program), *reasons):
        assert reason in lines[0]


def test_without_the_flag_an_application_does_and_says_the_same(nics):
    memory = (EXAMPLES / "memory", "-l", "0", *allowed(*nics))
    assert attempt(*UNDER_LAUNCHER, *memory) == attempt(*memory)


def test_without_the_launcher_eal_knows_no_such_flag():
    status, output = attempt(EXAMPLES / "memory", "--no-pci", IOMMUFD)
    assert status != 0 and "EAL: invalid" in output, output


def test_the_installed_launcher_works_as_the_one_of_the_build_tree():
    installed = (BUILD / "install/bin/dpdk-iommufd.py", "run", "--")
    status, output = attempt(*installed, EXAMPLES / "memory", "--no-pci", IOMMUFD)
    assert status == 0, output


def test_the_exit_status_is_that_of_the_application():
    assert attempt(*UNDER_LAUNCHER, "sh", "-c", "exit 7") == (7, "")


@pytest.fixture
def copy(tmp_path):
    """A copy of an application, for the test to change."""
    return shutil.copy(EXAMPLES / "memory", tmp_path / "memory")


def test_a_program_that_does_not_exist():
    assert_launcher_refuses("/usr/bin/no-such-program", "no such program")


def test_an_application_with_dpdk_linked_into_it():
    assert_launcher_refuses(EXAMPLES / "memory-static", "shared DPDK libraries")


def test_an_application_with_the_set_user_id_bit(copy):
    copy.chmod(copy.stat().st_mode | stat.S_ISUID)
    assert_launcher_refuses(copy, "set-user-ID", "AmbientCapabilities", "libdpdk-iommufd")


def test_an_application_with_file_capabilities(copy):
    os.setxattr(copy, "security.capability", CAPABILITIES)
    assert_launcher_refuses(copy, "file capabilities", "AmbientCapabilities", "libdpdk-iommufd")
