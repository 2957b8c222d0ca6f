# SPDX-License-Identifier: BSD-3-Clause
"""Builds the project, DPDK's own examples and the lab's ZIP model, in root trees.

The guest sees the project's build directory as /build: project/ (meson's), install/ (the
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
MODEL = "model"  # the name of its build directory
SANITIZE_OPTIONS = ("-Db_sanitize=address,undefined", "-Db_lundef=false")


def build_directory(clone: Path, name: str, sanitize: bool = False) -> Path:
    """Where a clone is built for a version of DPDK, or where its ZIP model is."""
    directory = cache_root() / "build" / fingerprint(str(clone)) / \
        (f"{name}-asan" if sanitize else name)
    directory.mkdir(parents=True, exist_ok=True)
    return directory


class MesonBuild:
    """A meson project of one clone."""

    def __init__(self, clone: Path, name: str, title: str, dpdk: str, source: str,
                 sanitize: bool):
        self.clone = clone
        self.title = title + (", sanitized" if sanitize else "")
        self.root = trees.tree(dpdk)
        self.source = source
        self.options = MESON_OPTIONS + (SANITIZE_OPTIONS if sanitize else ())
        self.directory = build_directory(clone, name, sanitize)
        self.lock = f"build-{self.directory.parent.name}-{self.directory.name}"

    def run(self) -> Path:
        """Compiles what has changed; returns the host's directory that is /build."""
        with lock(self.lock):
            self._forget_other_settings()
            if not (self.directory / "project/build.ninja").exists():
                self._step("configuring", ["meson", "setup", "/build/project", self.source,
                                           *self.options])
            self._step("compiling", ["ninja", "-C", "/build/project"])
            self._install()
        return self.directory

    def _install(self) -> None:
        """What else is needed of it."""

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
        # EAL, which unit tests start, looks for its CPUs in /sys
        binds = [Bind(Path("/sys"), "/sys"), Bind(self.clone, "/src"),
                 Bind(self.directory, "/build", writable=True)]
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


class Build(MesonBuild):
    """The project of one clone, for one version of DPDK."""

    def __init__(self, clone: Path, dpdk: str, sanitize: bool = False):
        super().__init__(clone, dpdk, f"project for DPDK {dpdk}", dpdk, "/src", sanitize)

    def _install(self) -> None:
        self._step("installing", ["meson", "install", "-C", "/build/project",
                                  "--no-rebuild", "--only-changed"])

    def examples(self) -> None:
        with lock(self.lock):
            (self.directory / "examples").mkdir(exist_ok=True)
            self._step("examples", ["make", "-C", "/build/examples", "-f", "/src/lab/examples.mk"])


class ModelBuild(MesonBuild):
    """The ZIP model (lab/hisi_zip_model) of one clone, which runs beside QEMU."""

    def __init__(self, clone: Path, sanitize: bool = False):
        super().__init__(clone, MODEL, "ZIP model", trees.TOOLS, "/src/lab/hisi_zip_model",
                         sanitize)
