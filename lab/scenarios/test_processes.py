# SPDX-License-Identifier: BSD-3-Clause
"""Several processes: applications side by side, and a primary with its secondary."""
import pytest

from support.application import IOMMUFD, Testpmd
from support.network import LEFT, RIGHT, assert_reachable
from support.pagetable import page_table
from support.reachable import assert_nothing_reachable, assert_reachable_is_memory

pytestmark = pytest.mark.intel

# testpmd's icmpecho answers for any address
ANYONE = "10.0.1.77"


def test_applications_side_by_side_on_different_nics(nics):
    """Each answers pings through its NIC; when one is killed, nothing changes for the other."""
    def echo(nic, prefix):
        return Testpmd([nic], IOMMUFD, f"--file-prefix={prefix}", mode="icmpecho")

    with echo(nics[0], "one") as one, echo(nics[1], "other") as other:
        for app, nic, end in ((one, nics[0], LEFT), (other, nics[1], RIGHT)):
            app.command("start")
            assert_reachable(end, ANYONE)
            assert_reachable_is_memory(app, [nic])
        root = page_table(nics[0]).root
        assert root != page_table(nics[1]).root

        other.kill()
        assert_nothing_reachable([nics[1]])
        assert not RIGHT.reaches(ANYONE)
        assert_reachable(LEFT, ANYONE)
        assert_reachable_is_memory(one, [nics[0]])
        assert page_table(nics[0]).root == root
