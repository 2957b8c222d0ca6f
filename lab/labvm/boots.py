# SPDX-License-Identifier: BSD-3-Clause
"""The machines that `lab test` boots, and which scenarios run on each.

A machine runs the scenarios (lab/scenarios) that carry its marker. Rows are in
the order they are started in: longest first, so that none runs alone at the end.
"""
from dataclasses import dataclass
from fnmatch import fnmatch

from labvm.errors import USAGE, LabError
from labvm.machine import Options

UNIT = "unit"  # a name like a machine's: the unit tests, which need none


@dataclass(frozen=True)
class Boot:
    name: str
    dpdk: str
    kernel: str
    marker: str
    options: Options = Options()
    sanitize: bool = False  # the ZIPs' models


# First-stage page tables need 48 bits, and Linux 6.12 gives iommufd second-stage ones
SECOND_STAGE = "fsts=off,svm=off"
# Without interrupt remapping the kernel refuses a device unless told otherwise
UNSAFE = "iommufd.allow_unsafe_interrupts=1 vfio_iommu_type1.allow_unsafe_interrupts=1"

BOOTS = (
    Boot("cycles-25.11", "25.11", "fault", "cycles", Options(nics=8, append="log_buf_len=4M")),
    Boot("intel-25.11", "25.11", "fault", "intel"),
    Boot("intel-24.11", "24.11", "fault", "intel"),
    Boot("numa-25.11", "25.11", "fault", "numa",
         Options(memory="10G", hugepages=1024, gigantic=4, numa=2)),
    Boot("zip5-25.11", "25.11", "fault", "zip5",
         Options(nics=1, zip=3, zip_opts="version=5/no-pri,pasid-bits=8/no-pasid")),
    Boot("zip-25.11", "25.11", "fault", "zip", Options(nics=0, zip=2), sanitize=True),
    Boot("accel-25.11", "25.11", "fault", "accel",
         Options(nics=4, zip=2, zip_opts="version=3/version=5")),
    Boot("accel-24.11", "24.11", "fault", "accel",
         Options(nics=4, zip=2, zip_opts="version=3/version=5")),
    Boot("amd-25.11", "25.11", "fault", "smoke", Options(iommu="amd")),
    Boot("virtio-25.11", "25.11", "fault", "smoke", Options(iommu="virtio", append=UNSAFE)),
    Boot("narrow-25.11", "25.11", "fault", "narrow",
         Options(iommu_opts=f"aw-bits=39,{SECOND_STAGE}")),
    Boot("6.12-25.11", "25.11", "6.12", "old", Options(iommu_opts=SECOND_STAGE)),
    Boot("nocdev-25.11", "25.11", "nocdev", "nocdev"),
    Boot("noremap-25.11", "25.11", "fault", "noremap", Options(iommu="virtio")),
)


def selected(patterns: list[str]) -> tuple[list[Boot], bool]:
    """The machines whose names match, and whether the unit tests do."""
    patterns = patterns or ["*"]
    names = [UNIT] + [boot.name for boot in BOOTS]
    for pattern in patterns:
        if not any(fnmatch(name, pattern) for name in names):
            raise LabError(f"no machine is called {pattern}: lab test --list shows them, "
                           "-k selects tests by name.", USAGE)

    def matches(name: str) -> bool:
        return any(fnmatch(name, pattern) for pattern in patterns)

    return [boot for boot in BOOTS if matches(boot.name)], matches(UNIT)


def listing() -> str:
    lines = [f"{'machine':<14} {'dpdk':<6} {'kernel':<8} {'iommu':<7} {'scenarios':<10} options"]
    for boot in BOOTS:
        zips = f"{boot.options.zip} ZIPs" if boot.options.zip else ""
        options = " ".join(filter(None, [boot.options.iommu_opts, zips, boot.options.zip_opts,
                                         boot.options.append]))
        lines.append(f"{boot.name:<14} {boot.dpdk:<6} {boot.kernel:<8} {boot.options.iommu:<7} "
                     f"{boot.marker:<10} {options}".rstrip())
    return "\n".join([*lines, f"{UNIT:<14} all    (no machine)"])
