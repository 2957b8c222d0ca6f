# SPDX-License-Identifier: BSD-3-Clause
"""Fixtures of the scenarios, which run as root in the lab's guest (see lab/README.md)."""
import pytest

from support import application, machine, network
from support.compress import Device
from support.hypervisor import Hypervisor
from support.spaces import accelerators, owned
from support.zip import Accelerator

PAYLOAD_BYTES = 8 << 20
TAIL = 60


@pytest.fixture(scope="session")
def nics():
    """The two NICs for DPDK: 0 on the segment of left, 1 on that of right."""
    return machine.nics()[:2]


@pytest.fixture(scope="session")
def payload(tmp_path_factory):
    """A file to send, of at least 8 MiB."""
    path = tmp_path_factory.mktemp("payload") / "libraries"
    network.write_payload(path, PAYLOAD_BYTES)
    return path


@pytest.fixture(scope="session")
def hypervisor():
    """What is outside the machine: it can take devices away and bring them."""
    monitor = Hypervisor()
    yield monitor
    monitor.close()


@pytest.fixture(scope="session")
def zips():
    """The ZIPs."""
    accelerators = [Accelerator(number) for number in range(Accelerator.count())]
    yield accelerators
    for accelerator in accelerators:
        accelerator.model.close()


@pytest.fixture
def sva(zips):
    """A queue of the first ZIP, whose kernel driver keeps it: the process's own addresses."""
    return Device(zips[0].name, "sva")


@pytest.fixture(scope="module")
def zips_of_vfio():
    """The machine's ZIPs, with vfio-pci: one with PASIDs, one with few of them, one without."""
    devices = accelerators()
    with owned(*devices):
        yield devices


@pytest.fixture(scope="module")
def pci(zips_of_vfio):
    return zips_of_vfio[0].pci


def assert_no_complaints(log):
    """The kernel tells of no fault in what it said since it was last asked."""
    complaints = log.read_complaints()
    assert not complaints, "the kernel complained:\n" + "\n".join(complaints)


@pytest.fixture(scope="session")
def kernel_log():
    """The kernel's log, which tells of no fault after the last application has ended either."""
    log = machine.KernelLog()
    yield log
    assert_no_complaints(log)
    log.close()


@pytest.fixture(autouse=True)
def calm_kernel(request, kernel_log):
    """No test, and no application that ended after the one before it, makes the kernel complain."""
    application.recent[:] = [app for app in application.recent if app.is_running()]
    request.node.kernel_log = kernel_log
    assert_no_complaints(kernel_log)
    yield
    assert_no_complaints(kernel_log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """A failure comes with what the applications and the kernel said."""
    report = yield
    if report.failed:
        for app in application.recent:
            lines = app.output().splitlines()[-TAIL:]
            report.sections.append((f"{app} ({app.log})", "\n".join(lines)))
        log = getattr(item, "kernel_log", None)
        if log and log.lines:
            report.sections.append(("kernel log", "\n".join(log.lines[-TAIL:])))
    return report
