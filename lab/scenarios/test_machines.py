# SPDX-License-Identifier: BSD-3-Clause
"""Machines that iommufd can be used on only in part or not at all; each test names its own."""
import pytest

from support.application import EXAMPLES, IOMMUFD, Testpmd, allowed
from support.network import assert_forwarded
from support.refusal import refused


def memory(nics, *options):
    return (EXAMPLES / "memory", "-l", "0", *allowed(nics[0]), *options, IOMMUFD)


@pytest.mark.narrow
def test_addresses_beyond_39_bits_are_refused_by_name(nics):
    said = refused(*memory(nics, "--base-virtaddr=0x8000000000"))
    assert said.startswith(f"{nics[0].pci}: its IOMMU takes only the addresses ")
    assert "-0x7fffffffff, but EAL has memory at 0x8000" in said
    assert "--base-virtaddr=0x100000000" in said


@pytest.mark.narrow
@pytest.mark.old
def test_where_addresses_fit_it_forwards(nics, payload):
    with Testpmd(nics, IOMMUFD) as app:
        app.command("start")
        assert_forwarded(payload)


@pytest.mark.old
def test_a_kernel_that_maps_no_files_is_told_once(nics):
    with Testpmd(nics, IOMMUFD, "--log-level=lib.eal.iommufd:debug") as app:
        assert app.output().count("IOMMUFD: this kernel maps no files") == 1
        assert "bytes by address" in app.output() and "bytes of a file" not in app.output()


@pytest.mark.nocdev
def test_a_kernel_without_cdevs_is_named(nics):
    said = refused(*memory(nics))
    assert said.startswith(f"{nics[0].pci}: this kernel has no VFIO character devices")
    assert "CONFIG_VFIO_DEVICE_CDEV" in said and "without --iova-mode=iommufd" in said


@pytest.mark.noremap
def test_an_iommu_without_interrupt_remapping_is_named_with_the_risk(nics):
    said = refused(*memory(nics))
    assert said.startswith(f"{nics[0].pci}: bind: Operation not permitted")
    assert "iommufd.allow_unsafe_interrupts=1" in said
    assert "whoever controls the device controls the machine" in said
