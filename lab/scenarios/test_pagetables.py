# SPDX-License-Identifier: BSD-3-Clause
"""What the IOMMU can reach is the application's memory: all of it, and nothing else."""
import pytest

from support.application import IOMMUFD, Memory, Testpmd
from support.network import assert_forwarded
from support.reachable import assert_nothing_reachable, assert_reachable_is_memory

pytestmark = pytest.mark.intel


@pytest.fixture(autouse=True)
def nothing_before_and_after(nics):
    """Devices can reach nothing before an application starts and after it has ended."""
    assert_nothing_reachable(nics)
    yield
    assert_nothing_reachable(nics)


def test_testpmd_memory_while_it_forwards(nics, payload):
    with Testpmd(nics, IOMMUFD) as app:
        assert_reachable_is_memory(app, nics)
        app.command("start")
        assert_forwarded(payload)
        assert_reachable_is_memory(app, nics)


def test_nothing_is_left_of_an_application_that_was_killed(nics):
    with Memory(nics, IOMMUFD) as app:
        assert_reachable_is_memory(app, nics)
        app.kill()
        assert_nothing_reachable(nics)
