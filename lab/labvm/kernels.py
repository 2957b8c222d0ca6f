# SPDX-License-Identifier: BSD-3-Clause
"""The guest kernels: flavours of Debian's kernel sources, compiled in a root tree."""
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from labvm import host, patch, trees
from labvm.artefact import artefact, cache_root, fingerprint, lock, log_path
from labvm.errors import LabError
from labvm.progress import run_logged
from labvm.sandbox import Bind, chrooted

RECIPE = 1  # raise when the way a kernel is made changes
FRAGMENTS = Path(__file__).parent.parent / "kernel"
# What is changed in a source, whichever flavour is made of it. zip: the accelerator's mailbox does
# nothing on a CPU that isn't arm64; and QEMU's IOMMU doesn't tell that its walks of page tables are
# coherent, as all emulated ones are, without which Linux shares no address space with a device
PATCHES = {"linux-source-7.2": ("zip",)}


@dataclass(frozen=True)
class Flavour:
    purpose: str
    dpdk: str                    # the tree that carries the source and compiles it
    source: str                  # Debian's package of the source
    fragments: tuple[str, ...]   # a later one overrules an earlier one


# In this order, and with as much in common as possible, the flavours of one source recompile least
FLAVOURS = {
    "measure": Flavour("measuring: no debugging code", "25.11", "linux-source-7.2",
                       ("base", "zip")),
    "nocdev": Flavour("a kernel without /dev/vfio/devices", "25.11", "linux-source-7.2",
                      ("base", "zip", "nocdev")),
    "compat": Flavour("measuring: /dev/vfio/vfio is answered by iommufd", "25.11",
                      "linux-source-7.2", ("base", "zip", "compat")),
    "fault": Flavour("testing: fault injection, iommufd's self-test, page tables in debugfs",
                     "25.11", "linux-source-7.2", ("base", "zip", "fault")),
    "6.12": Flavour("a kernel without IOMMU_IOAS_MAP_FILE", "24.11", "linux-source-6.12",
                    ("base",)),
}


def merged(fragments: tuple[str, ...]) -> dict[str, str]:
    """The options of all fragments: {"CONFIG_SMP": "y", ...}"""
    options = {}
    for fragment in fragments:
        for line in (FRAGMENTS / f"{fragment}.config").read_text().splitlines():
            if line and not line.startswith("#"):
                name, _, value = line.partition("=")
                options[name] = value
    return options


def patches(source: str) -> list[str]:
    """The texts of the patches to a source."""
    return [(FRAGMENTS / f"{name}.patch").read_text() for name in PATCHES.get(source, ())]


def not_honoured(options: dict[str, str], config: str) -> list[str]:
    """The lines of the fragments that Kconfig dropped or changed."""
    found = dict(line.split("=", 1) for line in config.splitlines()
                 if line.startswith("CONFIG_"))
    return [f"{name}={value}" for name, value in options.items()
            if found.get(name, "n") != value]


class Build:
    """One flavour being compiled in the object directory of its source."""

    def __init__(self, name: str, result: Path, work: Path):
        self.name = name
        self.flavour = FLAVOURS[name]
        self.result = result
        self.work = work
        self.options = merged(self.flavour.fragments)

    def run(self) -> None:
        self._unpack()
        # make can't tell an object that was cut short by a kill from a whole one
        unfinished = self.work / "unfinished"
        if unfinished.exists():
            shutil.rmtree(self.work / "objects", ignore_errors=True)
        unfinished.touch()
        self._configure()
        self._make("compiling", f"-j{os.cpu_count()}", "bzImage")
        unfinished.unlink()
        for product in (".config", "arch/x86/boot/bzImage"):
            shutil.copy(self.work / "objects" / product, self.result)

    def _step(self, doing: str, argv: list[str]) -> None:
        root = trees.tree(self.flavour.dpdk)
        binds = [Bind(self.work, "/build", writable=True), Bind(self.result, "/out")]
        run_logged(chrooted(root, binds, argv), f"kernel {self.name}: {doing}",
                   log_path(f"kernel-{self.name}-{doing}"),
                   "The configuration is made from lab/kernel/*.config.")

    def _make(self, doing: str, *arguments: str) -> None:
        self._step(doing, ["make", "-C", "/build/source", "O=/build/objects",
                           f"LOCALVERSION=-{self.name}", "KBUILD_BUILD_USER=lab",
                           "KBUILD_BUILD_HOST=lab", *arguments])

    def _unpack(self) -> None:
        if (self.work / "source").is_dir():
            return
        partial = self.work / "source.partial"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        self._step("unpacking", ["tar", "-xf", f"/usr/src/{self.flavour.source}.tar.xz",
                                 "-C", "/build/source.partial", "--strip-components=1"])
        for text in patches(self.flavour.source):
            patch.apply(text, partial)
        partial.rename(self.work / "source")

    def _configure(self) -> None:
        lines = [f"{name}={value}\n" for name, value in self.options.items()]
        (self.result / "wanted.config").write_text("".join(lines))
        self._make("configuring", "KCONFIG_ALLCONFIG=/out/wanted.config", "allnoconfig")
        dropped = not_honoured(self.options, (self.work / "objects/.config").read_text())
        if dropped:
            raise LabError(f"kernel {self.name}: {self.flavour.source} does not honour "
                           f"{', '.join(dropped)}. These lines of lab/kernel/*.config depend on "
                           "something that is off, or have another name in this kernel.")


def kernel(name: str) -> Path:
    """The directory with bzImage and .config of a flavour, made if need be."""
    flavour = FLAVOURS[name]
    version = trees.package_version(trees.tree(flavour.dpdk), flavour.source)

    changes = patches(flavour.source)

    def build(directory: Path) -> None:
        host.check_disk()
        patched = f"-{fingerprint(changes)}" if changes else ""
        work = cache_root() / f"objects-{flavour.source}-{version}{patched}"
        with lock(work.name):
            work.mkdir(exist_ok=True)
            Build(name, directory, work).run()

    ingredients = [RECIPE, flavour.source, version, merged(flavour.fragments)]
    return artefact(f"kernel-{name}", ingredients + [changes] if changes else ingredients, build)
