# SPDX-License-Identifier: BSD-3-Clause
"""The launcher refuses programs that the library can't get in front of."""
import shutil
import stat

import pytest

from support.application import EXAMPLES, IOMMUFD, UNDER_LAUNCHER
from support.refusal import attempt

pytestmark = pytest.mark.intel

USAGE = 2


def assert_launcher_refuses(program, *reasons):
    status, output = attempt(*UNDER_LAUNCHER, program, IOMMUFD)
    assert status == USAGE, output
    lines = output.splitlines()
    assert len(lines) == 1 and lines[0].startswith("dpdk-iommufd: "), output
    for reason in (str(program), *reasons):
        assert reason in lines[0]


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
