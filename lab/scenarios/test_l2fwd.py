# SPDX-License-Identifier: BSD-3-Clause
"""DPDK's l2fwd example: unmodified under the launcher, and linked with this library."""
import pytest

from support.application import EXAMPLES, IOMMUFD, UNDER_LAUNCHER, Application, allowed
from support.machine import open_files
from support.network import LEFT, RIGHT, assert_reachable, send_file, sha256

pytestmark = pytest.mark.intel


@pytest.mark.parametrize("program", [
    pytest.param((*UNDER_LAUNCHER, EXAMPLES / "l2fwd"), id="unmodified"),
    pytest.param((EXAMPLES / "l2fwd-linked",), id="linked"),
])
def test_l2fwd_forwards_both_ways(nics, payload, program):
    argv = [*program, "-l", "1", *allowed(*nics), IOMMUFD,
            "--", "-p", "0x3", "-q", "2", "-P", "--no-mac-updating"]
    with Application(argv) as app:
        app.expect("entering main loop")
        assert open_files(app.pid).count("/dev/iommu") == 1
        assert_reachable()
        assert send_file(LEFT, RIGHT, payload) == sha256(payload)
        assert send_file(RIGHT, LEFT, payload) == sha256(payload)
