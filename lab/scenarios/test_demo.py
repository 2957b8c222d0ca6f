# SPDX-License-Identifier: BSD-3-Clause
"""What `lab demo` shows, and that it ends well."""
import re

import pytest

from support.refusal import attempt

DEMO = "/src/lab/guest/demo"

pytestmark = pytest.mark.intel


def test_the_demo_shows_both_nics_on_one_page_table_and_the_file_intact(nics):
    status, output = attempt(DEMO)
    assert status == 0, output
    for nic in nics:
        assert re.search(rf"IOMMUFD: {nic.pci}: {nic.cdev}, IOAS \d+, page table \d+", output)
    assert len(set(re.findall(r"page table of .*: root (0x\w+)", output))) == 1
    assert re.search(r"the same at the other end +yes +yes$", output, re.MULTILINE)
