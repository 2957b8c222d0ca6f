# SPDX-License-Identifier: BSD-3-Clause
"""dpdk-test-iommufd's commands of address spaces, and the page tables that come of them."""
import re

import pytest

from support.application import IOMMUFD
from support.forwarder import Forwarder
from support.machine import Nic
from support.pagetable import page_table
from support.spaces import HUGE_PAGE, PAGE

pytestmark = pytest.mark.zip5

HERE, THERE = 0x10000000, 0x20000000


@pytest.fixture(scope="module")
def app(zips_of_vfio):
    """It without ports; a ZIP is opened when a PASID of it is bound."""
    with Forwarder([], IOMMUFD, app=("--disable-link-check",)) as app:
        yield app


def number(app, line, what):
    answer = app.command(line)
    found = re.search(rf"^{what} (\d+)\r?$", answer, re.MULTILINE)
    assert found, answer
    return int(found[1])


def done(app, line):
    """Has a command carried out that has nothing to say but in the library's log."""
    assert "can't" not in (said := app.command(line)), said


def mapped(zip_pci, pasid):
    """(IOVA, length) of all that the IOMMU lets a PASID reach."""
    return page_table(Nic(zip_pci, ""), pasid).ranges


def test_the_iommu_has_what_was_mapped_copied_and_unmapped(app, pci):
    one, other = (number(app, "as create", "address space") for _ in range(2))
    done(app, f"as map {one} {HERE:#x} {HUGE_PAGE:#x}")
    done(app, f"as map {one} {THERE:#x} {PAGE}")
    of_one, of_other = (number(app, f"as bind {space} {pci}", "PASID") for space in (one, other))
    assert mapped(pci, of_one) == [(HERE, HUGE_PAGE), (THERE, PAGE)]
    assert mapped(pci, of_other) == []

    done(app, f"as copy {other} {THERE:#x} {one} {HERE:#x} {2 * PAGE}")
    assert mapped(pci, of_other) == [(THERE, 2 * PAGE)]
    done(app, f"as unmap {one} {HERE:#x} {HUGE_PAGE:#x}")
    assert mapped(pci, of_one) == [(THERE, PAGE)]
    assert mapped(pci, of_other) == [(THERE, 2 * PAGE)]

    assert pci in app.command("show iommufd")
    for space, pasid in ((one, of_one), (other, of_other)):
        assert "can't be destroyed: Device or resource busy" in app.command(f"as destroy {space}")
        done(app, f"as unbind {pci} {pasid}")
        assert page_table(Nic(pci, ""), pasid).pieces == []
        done(app, f"as destroy {space}")
        assert f"{space}: not an address space" in app.command(f"as destroy {space}")


def test_wrong_ones_are_refused(app, zips_of_vfio):
    without_pasids = zips_of_vfio[2].pci
    space = number(app, "as create", "address space")
    for line, complaint in (
            (f"as map {space} 0x1001 0x1000", "can't be mapped: Invalid argument"),
            (f"as unmap {space} 0 0x1000", "can't be unmapped: Invalid argument"),
            (f"as copy {space} 0 shared 0x1000 0x1000", "can't be copied: No such file"),
            (f"as bind {space} {without_pasids}", f"{without_pasids}: Operation not supported"),
            (f"as bind {space} 0000:ff:00.0", "0000:ff:00.0: No such device"),
            (f"as unbind {without_pasids} 1", "PASID 1 was not bound here"),
            ("as destroy shared", "not an address space that was created here")):
        assert complaint in app.command(line)


def test_what_is_left_is_taken_back_at_the_end(app, pci):
    """The fixture ends it: the kernel complains of nothing, and nobody has the device."""
    space = number(app, "as create", "address space")
    done(app, f"as map {space} {HERE:#x} {HUGE_PAGE:#x}")
    number(app, f"as bind {space} {pci}", "PASID")
    number(app, f"as bind shared {pci}", "PASID")
