# SPDX-License-Identifier: BSD-3-Clause
"""The root trees: a Debian with one version of DPDK, used as guest and as toolbox.

A tree is never written to after it was made. Chroots see its root/ read-only; the
guest's root is root.erofs, the same files as a disk image, from which programs
start several times faster than over 9p. The tools tree also carries QEMU.
"""
import subprocess
from dataclasses import dataclass
from pathlib import Path

from labvm import host
from labvm.artefact import artefact, log_path
from labvm.errors import LabError
from labvm.progress import run_logged
from labvm.sandbox import Bind, chrooted, contained

RECIPE = 1  # raise when the way a tree is made changes
MOUNT_POINTS = ("src", "build", "out", "guest", "kernel")
UNUSED = ("doc", "locale", "man")
# dpdk-doc brings the sources of DPDK's examples
COMMON = """
    dpdk dpdk-dev dpdk-doc libdpdk-dev libnuma-dev zlib1g-dev
    gcc libc6-dev linux-libc-dev meson ninja-build pkgconf libasan8 libubsan1
    libcmocka-dev python3-pexpect python3-pyelftools python3-pytest
    ethtool iproute2 iputils-ping kmod mount netcat-openbsd pciutils procps socat
    strace tcpdump util-linux
    bc bison cpio erofs-utils flex libelf-dev libssl-dev make xz-utils
""".split()


@dataclass(frozen=True)
class Tree:
    dpdk: str                 # the DPDK release its packages must have
    suites: tuple[str, ...]   # the first is the base
    packages: tuple[str, ...]


TREES = {
    "25.11": Tree("25.11", ("forky",), (
        "linux-source-7.2", "python3-matplotlib", "python3-sphinx", "qemu-system-data",
        "qemu-system-x86", "seabios")),
    # The newest stable release; iommufd.h of its own kernel lacks what 7.x has
    "24.11": Tree("24.11", ("trixie", "trixie-backports"), (
        "linux-libc-dev/trixie-backports", "linux-source-6.12")),
}
TOOLS = "25.11"


def _mmdebstrap(tree: Tree, directory: Path) -> list[str]:
    mirror = host.mirror()
    packages = ",".join(COMMON + list(tree.packages))
    options = ['Acquire::Check-Valid-Until "false"', *host.apt_proxies()]
    return ["mmdebstrap", "--variant=apt", "--mode=root", "--format=directory",
            *(f"--aptopt={option}" for option in options),
            *(f"--dpkgopt=path-exclude=/usr/share/{unused}/*" for unused in UNUSED),
            f"--include={packages}", tree.suites[0], str(directory),
            *(f"deb {mirror} {suite} main" for suite in tree.suites)]


def package_version(directory: Path, package: str) -> str:
    """The version of a package in a tree, from its dpkg database."""
    query = subprocess.run(["dpkg-query", f"--root={directory}", "--showformat=${Version}",
                            "--show", package], capture_output=True, text=True)
    if query.returncode:
        raise LabError(f"the tree {directory} has no package {package}: {query.stderr.strip()}")
    return query.stdout


def tree(dpdk: str) -> Path:
    """The root directory of the tree with this version of DPDK, made if need be."""
    wanted = TREES[dpdk]
    name = f"tree-{wanted.suites[0]}"

    def build(directory: Path) -> None:
        host.check_disk()
        root = directory / "root"
        run_logged(contained(_mmdebstrap(wanted, root)),
                   f"root tree {wanted.suites[0]} with DPDK {dpdk} (about a minute)",
                   log_path(name),
                   "Can this machine reach its Debian mirror? Try: apt-get update")
        found = package_version(root, "dpdk").rpartition(":")[2]
        if not found.startswith(dpdk):
            raise LabError(f"{wanted.suites[0]} has DPDK {found}, the lab is made for {dpdk}: "
                           "bring the table in lab/labvm/trees.py up to date.")
        for point in MOUNT_POINTS:
            (root / point).mkdir()
        binds = [Bind(root, "/guest"), Bind(directory, "/out", writable=True)]
        run_logged(chrooted(root, binds, ["mkfs.erofs", "/out/root.erofs", "/guest"]),
                   f"disk image of {wanted.suites[0]}", log_path(f"{name}-image"),
                   "Is the disk full?")

    ingredients = [RECIPE, wanted.dpdk, wanted.suites, COMMON, wanted.packages, UNUSED,
                   MOUNT_POINTS]
    return artefact(name, ingredients, build) / "root"


def image(dpdk: str) -> Path:
    """The same tree as a disk image."""
    return tree(dpdk).parent / "root.erofs"
