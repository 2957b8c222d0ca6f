# SPDX-License-Identifier: BSD-3-Clause
"""Boots a fresh virtual machine, runs one command in it and returns its status."""
import contextlib
import os
import select
import shlex
import shutil
import socket
import subprocess
import sys
import termios
import time
import tty
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Iterator

from labvm import machine
from labvm.artefact import cache_root
from labvm.errors import LabError, tail
from labvm.models import Models
from labvm.sandbox import Bind, chrooted

KEPT_RUNS = 20
ATTEMPTS = 3        # at booting
BOOT_SECONDS = 120  # from QEMU's start to the job's: usually 5
EXIT_SECONDS = 15   # from the end of the job's output to the end of QEMU
POLL_SECONDS = 0.1
CHUNK = 65536


@dataclass(frozen=True)
class Parts:
    """What a machine is made of: directories of this host."""
    tools: Path    # root tree with QEMU
    image: Path    # root tree of the guest, as a disk image
    kernel: Path
    source: Path   # the clone: /src
    build: Path    # what was built of it: /build
    model: Path | None = None   # where the ZIP model was built; not without ZIPs


def _forget_old_runs(runs: Path) -> None:
    """Keeps the newest runs, for whoever wants to see what happened."""
    ended = [run for run in sorted(runs.iterdir(), key=lambda run: run.stat().st_mtime)
             if not Path(f"/proc/{run.name.split('-')[2]}").exists()]
    for run in ended[:-KEPT_RUNS]:
        shutil.rmtree(run, ignore_errors=True)


def new_run(name: str) -> Path:
    """A directory for one machine: console.log, qemu.log, qmp.sock and out/, its /out."""
    runs = cache_root() / "run"
    runs.mkdir(exist_ok=True)
    _forget_old_runs(runs)
    run = runs / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}-{name}"
    (run / "out").mkdir(parents=True)
    return run


class Machine:
    """One running virtual machine."""

    def __init__(self, options: machine.Options, parts: Parts, run: Path, command: list[str],
                 out: Path | None = None, interactive: bool = False):
        self.run = run
        out = out or run / "out"
        self.job = out / ".lab"
        shutil.rmtree(self.job, ignore_errors=True)
        self.job.mkdir(parents=True)
        (self.job / "command").write_text(f"exec {shlex.join(command)}\n")
        if interactive:
            size = os.get_terminal_size()
            (self.job / "terminal").write_text(
                f"{size.lines} {size.columns} {os.environ.get('TERM', 'linux')}\n")
        binds = [Bind(parts.image.parent, "/guest"), Bind(parts.source, "/src"),
                 Bind(parts.build, "/build"), Bind(parts.kernel, "/kernel"),
                 Bind(run, "/out", writable=True), Bind(out, "/out/out", writable=True)]
        argv = chrooted(parts.tools, binds, machine.arguments(options, interactive))
        self.models = Models(options, parts.tools, parts.model, run)
        self.port, guest_end = socket.socketpair()
        with guest_end, (run / "qemu.log").open("wb") as log:
            # A session of its own: Ctrl-C reaches the lab, which then ends QEMU
            self.process = subprocess.Popen(argv, stdin=guest_end, stdout=log, stderr=log,
                                            start_new_session=True)

    def __enter__(self) -> "Machine":
        return self

    def __exit__(self, *exception) -> None:
        self.process.kill()
        self.process.wait()
        self.models.stop()
        self.port.close()

    def has_booted(self) -> bool:
        """Waits for the job's start; False when the guest hangs or crashes before it."""
        started = self.job / "started"
        deadline = time.monotonic() + BOOT_SECONDS
        while not started.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                return started.exists()
            time.sleep(POLL_SECONDS)
        return True

    def relay_output(self, output: BinaryIO, timeout: float) -> None:
        """Copies the job's output until QEMU ends or time is up."""
        deadline = time.monotonic() + timeout if timeout else None
        while True:
            left = max(0, deadline - time.monotonic()) if deadline else None
            if not select.select([self.port], [], [], left)[0]:
                raise self.failure(f"the command did not end within {timeout:g} s "
                                   "(--timeout gives it longer)")
            data = self.port.recv(CHUNK)
            if not data:
                return
            output.write(data)
            output.flush()

    def relay_terminal(self) -> None:
        """Joins the host's terminal to the guest's until QEMU ends."""
        keyboard, screen = sys.stdin.fileno(), sys.stdout.fileno()
        saved = termios.tcgetattr(keyboard)
        tty.setraw(keyboard)
        try:
            while True:
                ready = select.select([keyboard, self.port], [], [])[0]
                if self.port in ready:
                    data = self.port.recv(CHUNK)
                    if not data:
                        return
                    os.write(screen, data)
                if keyboard in ready:
                    self.port.sendall(os.read(keyboard, CHUNK))
        finally:
            termios.tcsetattr(keyboard, termios.TCSADRAIN, saved)

    def status(self) -> int:
        """The job's exit status, when its output has ended."""
        try:
            self.process.wait(EXIT_SECONDS)
        except subprocess.TimeoutExpired:
            raise self.failure("QEMU did not end after the guest's reset")
        try:
            return int((self.job / "status").read_text())
        except (OSError, ValueError):
            raise self.failure(f"QEMU ended (exit status {self.process.returncode}) "
                               "before the command did: the guest crashed or QEMU refused "
                               "its arguments")

    def failure(self, what: str) -> LabError:
        return LabError("\n".join([
            f"{what}.", f"Everything about this run is in {self.run}",
            "End of the guest's console (console.log):", tail(self.run / "console.log"),
            "End of QEMU's messages (qemu.log):", tail(self.run / "qemu.log"),
            *self.models.ends()]))


@contextlib.contextmanager
def booted(*what, **how) -> Iterator[Machine]:
    """A machine that has come to its job.

    An emulated one on a busy host may hang on the way, or its kernel may crash while it patches
    its own code.
    """
    for attempt in range(1, ATTEMPTS + 1):
        with Machine(*what, **how) as guest:
            if guest.has_booted():
                yield guest
                return
            if attempt == ATTEMPTS:
                raise guest.failure(
                    f"the guest did not come to its command within {BOOT_SECONDS} s, {ATTEMPTS} "
                    "times: it hangs, it crashed, or QEMU refused its arguments")
            aside = guest.run / f"console-{attempt}.log"
            with contextlib.suppress(FileNotFoundError):
                (guest.run / "console.log").rename(aside)
        print(f"lab: the guest did not come to its command ({aside}): starting it again",
              file=sys.stderr)


def _ended(guest: Machine) -> int:
    """The job's exit status; what went wrong beside it is told."""
    status = guest.status()
    guest.models.stop()
    for failure in guest.models.failures():
        print(f"lab: the model {failure}", file=sys.stderr)
    return status


def run(options: machine.Options, parts: Parts, command: list[str], output: BinaryIO,
        timeout: float = 0, out: Path | None = None) -> int:
    """Runs a command in a fresh machine; returns its exit status."""
    with booted(options, parts, new_run("run"), command, out) as guest:
        guest.relay_output(output, timeout)
        return _ended(guest)


def terminal(options: machine.Options, parts: Parts, name: str, command: list[str]) -> int:
    """Runs a command in a fresh machine on this terminal; returns its exit status."""
    with booted(options, parts, new_run(name), command, interactive=True) as guest:
        guest.relay_terminal()
        return _ended(guest)
