# SPDX-License-Identifier: BSD-3-Clause
"""What this project says of DPDK's drivers (drivers/include) is what the installed libraries do."""
import pytest

from support.application import EXAMPLES
from support.refusal import attempt

pytestmark = pytest.mark.intel

PROGRAM = EXAMPLES.parent / "project/drivers/driver_headers_test"


def test_headers_agree_with_the_libraries():
    """All of it: where the project is built there is no EAL for a part of that."""
    status, output = attempt(PROGRAM)
    assert status == 0, output
    assert "SKIPPED" not in output.upper(), output
