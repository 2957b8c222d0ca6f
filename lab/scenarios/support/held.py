# SPDX-License-Identifier: BSD-3-Clause
"""What an application has, and what the kernel has for it: the same before and after what was to
leave nothing.
"""
from support.application import Prompted
from support.machine import open_files
from support.memory import forget_what_is_not_needed, pinned_pages, status, vmstat

SIZES = "VmSize", "VmData", "VmPin", "VmLck", "VmPTE"


def held(app: Prompted) -> dict:
    """By what it is; the application has the commands of lab/apps/ealmem.h."""
    sizes = status(app.pid)
    forget_what_is_not_needed()
    return {"files": open_files(app.pid), **{name: sizes[name] for name in SIZES},
            "heap": app.command("usage").splitlines()[-1], "pinned": pinned_pages(),
            "page tables": vmstat()["nr_iommu_pages"]}
