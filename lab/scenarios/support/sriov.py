# SPDX-License-Identifier: BSD-3-Clause
"""SR-IOV: a NIC's virtual function, and the NIC itself in the hands of the kernel."""
import contextlib
from pathlib import Path

from support.machine import Nic, bound_to
from support.network import Namespace

ENABLE = Path("/sys/module/vfio_pci/parameters/enable_sriov")
VF_MAC = "52:54:00:d0:01:00"


@contextlib.contextmanager
def kept_by_kernel(nic: Nic, address: str):
    """A NIC of the kernel's for a while, in a namespace of its own."""
    with bound_to("igb", nic):
        interface = next((nic.sysfs / "net").iterdir()).name
        with Namespace.of(interface, "kept", address) as end:
            yield end


@contextlib.contextmanager
def sriov_by_vfio():
    """For a while, NICs with vfio-pci may have virtual functions too."""
    ENABLE.write_text("Y")
    try:
        yield
    finally:
        ENABLE.write_text("N")


def set_virtual_functions(pf: Nic, number: int) -> None:
    """Gives a NIC so many virtual functions, or takes them away as soon as they are let go."""
    (pf.sysfs / "sriov_numvfs").write_text(str(number))


@contextlib.contextmanager
def virtual_function(pf: Nic):
    """The first virtual function of a NIC for a while, with vfio-pci."""
    set_virtual_functions(pf, 1)
    try:
        vf = Nic((pf.sysfs / "virtfn0").resolve().name, VF_MAC)
        if vf.driver != "vfio-pci":
            vf.bind("vfio-pci")
        yield vf
    finally:
        set_virtual_functions(pf, 0)
