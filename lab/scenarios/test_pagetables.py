# SPDX-License-Identifier: BSD-3-Clause
"""What the IOMMU can reach is the application's memory: all of it, and nothing else."""
import pytest

from support.application import IOMMUFD, Memory, Testpmd
from support.memsegs import segments, size
from support.network import assert_forwarded
from support.reachable import assert_nothing_reachable, assert_reachable_is_memory

pytestmark = pytest.mark.intel

MIB = 1 << 20
GIB = 1 << 30


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


@pytest.mark.parametrize("options", [
    (),
    ("--single-file-segments",),
    ("--in-memory",),
    ("--match-allocations",),
], ids=" ".join)
def test_memory_that_grows_and_shrinks(nics, options):
    with Memory(nics, IOMMUFD, *options) as app:
        assert_reachable_is_memory(app, nics)
        before = size(segments(app))

        app.command(f"alloc {64 * MIB}")
        app.command(f"alloc {3 * MIB}")
        assert size(segments(app)) >= before + 67 * MIB
        assert_reachable_is_memory(app, nics)

        app.command("free")
        app.command("free")
        assert size(segments(app)) == before
        assert_reachable_is_memory(app, nics)


def test_memory_of_one_file_across_a_gib_boundary(nics):
    options = ("--single-file-segments", "-m", "256", f"--base-virtaddr={5 * GIB - 128 * MIB:#x}")
    with Memory(nics, IOMMUFD, *options) as app:
        ends = {segment.end for segment in segments(app)}
        starts = {segment.iova for segment in segments(app)}
        assert 5 * GIB in starts & ends, "EAL has put no memory on both sides of 5 GiB"
        assert_reachable_is_memory(app, nics)


@pytest.mark.parametrize("options", [("--legacy-mem",), ("--no-huge",)], ids=" ".join)
def test_memory_that_never_changes(nics, options):
    with Memory(nics, IOMMUFD, "-m", "64", *options) as app:
        assert size(segments(app)) >= 64 * MIB
        assert_reachable_is_memory(app, nics)


def test_nothing_is_left_of_an_application_that_was_killed(nics):
    with Memory(nics, IOMMUFD) as app:
        assert_reachable_is_memory(app, nics)
        app.kill()
        assert_nothing_reachable(nics)
