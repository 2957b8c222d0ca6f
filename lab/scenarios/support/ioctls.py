# SPDX-License-Identifier: BSD-3-Clause
"""The VFIO and iommufd requests of an application, as lab/apps/ioctls.c wrote them down."""
import json
from dataclasses import dataclass
from pathlib import Path

from support.application import EXAMPLES

LIBRARY = EXAMPLES / "ioctls.so"

MAPS = ("VFIO_IOMMU_MAP_DMA", "IOMMU_IOAS_MAP", "IOMMU_IOAS_MAP_FILE", "IOMMU_IOAS_COPY")
UNMAPS = ("VFIO_IOMMU_UNMAP_DMA", "IOMMU_IOAS_UNMAP")


@dataclass(frozen=True)
class Call:
    """One request. The range is that of a map or unmap as it was asked for."""
    name: str
    pid: int
    cpu: int
    node: int
    nanoseconds: int
    error: int      # errno, 0 for success
    iova: int
    length: int


class Recording:
    """The requests of applications started with this environment, or behind this command."""

    def __init__(self, path: Path):
        self.path = path
        self.environment = {"LD_PRELOAD": str(LIBRARY), "LAB_IOCTLS": str(path)}
        self.before = ("env", *(f"{name}={value}" for name, value in self.environment.items()))

    def calls(self, *names: str) -> list[Call]:
        """Requests of these names, or all, that succeeded or not, in the order they ended."""
        if not self.path.exists():
            return []
        found = [Call(**json.loads(line)) for line in self.path.read_text().splitlines()]
        return [call for call in found if not names or call.name in names]

    def succeeded(self, *names: str) -> list[Call]:
        return [call for call in self.calls(*names) if call.error == 0]

    def forget(self) -> None:
        """Begins anew: what comes from here on is counted."""
        self.path.unlink(missing_ok=True)
