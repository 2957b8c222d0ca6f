# SPDX-License-Identifier: BSD-3-Clause
"""Builds the project, and DPDK's own examples, in a root tree.

The guest sees the build directory as /build: project/ (meson's), install/ (the
installed prefix) and examples/ (lab/examples.mk).
"""
import shutil
from pathlib import Path

from labvm import trees
from labvm.artefact import cache_root, fingerprint, lock, log_path
from labvm.progress import run_logged
from labvm.sandbox import Bind, chrooted

MESON_OPTIONS = ("-Dwerror=true", "-Dbuildtype=debugoptimized", "--prefix=/build/install",
                 "--libdir=lib")
SANITIZE_OPTIONS = ("-Db_sanitize=address,undefined", "-Db_lundef=false")


def build_directory(clone: Path, dpdk: str, sanitize: bool = False) -> Path:
    """Where a clone is built for a version of DPDK."""
    name = f"{dpdk}-asan" if sanitize else dpdk
    directory = cache_root() / "build" / fingerprint(str(clone)) / name
    directory.mkdir(parents=True, exist_ok=True)
    return directory


class Build:
    """The project of one clone, for one version of DPDK."""

    def __init__(self, clone: Path, dpdk: str, sanitize: bool = False):
        self.clone = clone
        self.title = f"project for DPDK {dpdk}" + (", sanitized" if sanitize else "")
        self.root = trees.tree(dpdk)
        self.options = MESON_OPTIONS + (SANITIZE_OPTIONS if sanitize else ())
        self.directory = build_directory(clone, dpdk, sanitize)
        self.lock = f"build-{self.directory.parent.name}-{self.directory.name}"

    def run(self) -> Path:
        """Compiles what has changed and installs it into /build/install."""
        with lock(self.lock):
            self._forget_other_settings()
            if not (self.directory / "project/build.ninja").exists():
                self._step("configuring", ["meson", "setup", "/build/project", "/src",
                                           *self.options])
            self._step("compiling", ["ninja", "-C", "/build/project"])
            self._step("installing", ["meson", "install", "-C", "/build/project",
                                      "--no-rebuild", "--only-changed"])
        return self.directory

    def examples(self) -> None:
        with lock(self.lock):
            (self.directory / "examples").mkdir(exist_ok=True)
            self._step("examples", ["make", "-C", "/build/examples", "-f", "/src/lab/examples.mk"])

    def unit_tests(self) -> Path:
        """Runs them; returns the JUnit report, which says what failed."""
        report = self.directory / "project/meson-logs/testlog.junit.xml"
        report.unlink(missing_ok=True)
        with lock(self.lock):
            self._step("unit tests", ["sh", "-c", "meson test -C /build/project "
                                      "--print-errorlogs || test -s /build/project/"
                                      "meson-logs/testlog.junit.xml"])
        return report

    def _step(self, doing: str, argv: list[str]) -> None:
        binds = [Bind(self.clone, "/src"), Bind(self.directory, "/build", writable=True)]
        run_logged(chrooted(self.root, binds, argv), f"{self.title}: {doing}",
                   log_path(f"{self.lock}-{doing.replace(' ', '-')}"),
                   "Paths below are those in the root tree: /src is the clone, /build is "
                   f"{self.directory}.")

    def _forget_other_settings(self) -> None:
        """A build made with another tree or other options is started anew."""
        stamp = self.directory / "settings"
        settings = "\n".join([str(self.root), *self.options])
        if stamp.exists() and stamp.read_text() == settings:
            return
        for made in ("project", "install", "examples"):
            shutil.rmtree(self.directory / made, ignore_errors=True)
        stamp.write_text(settings)
