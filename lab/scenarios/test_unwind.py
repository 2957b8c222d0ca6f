# SPDX-License-Identifier: BSD-3-Clause
"""Whatever iommufd refuses while a device is opened, nothing is left behind."""
import re

import pytest

from support.application import EXAMPLES, IOMMUFD
from support.refusal import attempt

PROGRAM = EXAMPLES.parent / "project/lib/eal_iommufd/iommufd_unwind_test"

pytestmark = pytest.mark.intel


def test_every_failure_of_iommufd_is_unwound(nics):
    """Each request that opening a device makes of iommufd fails once; the program counts what it
    holds after each."""
    status, output = attempt(
        PROGRAM, nics[0].pci, "-l", "0", "--in-memory", "--no-pci", IOMMUFD)
    assert status == 0, output
    survived = int(re.search(r"failures survived: (\d+)", output)[1])
    assert survived > 10, f"too few: does the injection (fail_iommufd in debugfs) work?\n{output}"
