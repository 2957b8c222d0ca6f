# SPDX-License-Identifier: BSD-3-Clause
"""DPDK applications: started on a terminal of their own, logged, and never left running."""
import itertools
import os
import re
import signal
import subprocess
from pathlib import Path

import pexpect

from support.machine import Nic

BUILD = Path("/build")
LAUNCHER = BUILD / "project/usertools/dpdk-iommufd.py"
TEST_IOMMUFD = BUILD / "install/bin/dpdk-test-iommufd"
EXAMPLES = BUILD / "examples"
LOGS = Path("/out/applications")
HUGEPAGES = (Path("/dev/hugepages"), Path("/dev/hugepages1G"))

UNDER_LAUNCHER = (str(LAUNCHER), "run", "--")
IOMMUFD = "--iova-mode=iommufd"
SECONDARY = "--proc-type=secondary"
LOG_PREFIX = "IOMMUFD: "

START_SECONDS = 150
COMMAND_SECONDS = 90
AUTOTEST_SECONDS = 300
TERMINAL_CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")

_number = itertools.count(1)
recent: list["Application"] = []  # for the report of a test that fails


def dpdk_release() -> tuple[int, int]:
    """The installed DPDK's, as (25, 11)."""
    version = subprocess.run(["pkg-config", "--modversion", "libdpdk"], check=True,
                             capture_output=True, text=True).stdout
    year, month = version.split(".")[:2]
    return int(year), int(month)


def allowed(*nics: Nic) -> list[str]:
    """EAL's arguments for these NICs and no other device."""
    return [argument for nic in nics for argument in ("-a", nic.pci)]


def forget_hugepages(argv) -> None:
    """EAL leaves its hugepage files to its next start; the next test wants them free.

    Those of a secondary process are its primary's.
    """
    if SECONDARY in argv:
        return
    prefix = next((word.partition("=")[2] for word in argv
                   if word.startswith("--file-prefix=")), "rte")
    for mounted in HUGEPAGES:
        for file in mounted.glob(f"{prefix}map_*"):
            file.unlink()


class Application:
    """A running DPDK application; as a context manager it ends well or the test fails."""

    def __init__(self, argv: list[str], environment: dict[str, str] | None = None):
        LOGS.mkdir(exist_ok=True)
        self.argv = [str(word) for word in argv]
        self.log = LOGS / f"{os.getpid()}-{next(_number):03}.log"
        self._file = self.log.open("w")
        self.child = pexpect.spawn(
            self.argv[0], self.argv[1:], logfile=self._file, encoding="utf-8",
            codec_errors="replace", dimensions=(50, 250), timeout=START_SECONDS,
            env={**os.environ, **(environment or {})})
        recent.append(self)

    def __str__(self) -> str:
        return " ".join(self.argv)

    @property
    def pid(self) -> int:
        return self.child.pid

    def output(self) -> str:
        """Everything it has printed, or was told, so far."""
        if not self._file.closed:
            self._file.flush()
        return TERMINAL_CODES.sub("", self.log.read_text(errors="replace"))

    def is_running(self) -> bool:
        return self.child.isalive()

    def expect(self, pattern: str, seconds: float = COMMAND_SECONDS) -> str:
        """Waits until it prints something; returns what it printed before that."""
        try:
            self.child.expect(pattern, timeout=seconds)
        except (pexpect.EOF, pexpect.TIMEOUT) as error:
            how = "ended" if isinstance(error, pexpect.EOF) else f"took over {seconds:g} s"
            raise AssertionError(f"{self} {how} before it printed {pattern!r}") from None
        return TERMINAL_CODES.sub("", self.child.before)

    def wait(self, seconds: float = COMMAND_SECONDS) -> int:
        """Waits for its end; returns its exit status, negative for a signal."""
        self.expect_end(seconds)
        self.child.close()
        self._file.close()
        forget_hugepages(self.argv)
        return self.child.exitstatus if self.child.signalstatus is None \
            else -self.child.signalstatus

    def expect_end(self, seconds: float) -> None:
        try:
            self.child.expect(pexpect.EOF, timeout=seconds)
        except pexpect.TIMEOUT:
            raise AssertionError(f"{self} did not end within {seconds:g} s") from None

    def kill(self) -> None:
        """Ends it by SIGKILL."""
        self.child.kill(signal.SIGKILL)
        self.wait()

    def abandon(self) -> None:
        """Kills it and doesn't wait, where the kernel takes minutes to take back what it has."""
        self.child.kill(signal.SIGKILL)

    def ask_to_end(self) -> None:
        """How this application is told to end: by Ctrl-C."""
        self.child.sendintr()

    def end(self) -> None:
        """Ends it in its own way, which must succeed."""
        self.ask_to_end()
        status = self.wait()
        assert status == 0, f"{self} ended with exit status {status}"

    def __enter__(self):
        return self

    def __exit__(self, kind, *_) -> None:
        if self.child.closed:
            return
        if kind is None:
            try:
                self.end()
            except AssertionError:
                self._kill_if_running()
                raise
        else:
            self._kill_if_running()

    def _kill_if_running(self) -> None:
        if not self.child.closed:
            self.kill()


class Interactive(Application):
    """An application that reads commands at a prompt."""
    prompt = ""

    def __init__(self, argv: list[str], environment: dict[str, str] | None = None):
        super().__init__(argv, environment)
        # A pause for programs that ask for passwords
        self.child.delaybeforesend = None
        try:
            self.greeting = self.expect(self.prompt, START_SECONDS)
        except AssertionError:
            self._kill_if_running()
            raise

    def command(self, line: str, seconds: float = COMMAND_SECONDS) -> str:
        """Has a command carried out; returns what it printed."""
        self.child.sendline(line)
        return self.expect(self.prompt, seconds)

    def ask_to_end(self) -> None:
        self.child.sendline("quit")


class Testpmd(Interactive):
    """Debian's dpdk-testpmd under the launcher."""
    __test__ = False
    prompt = "testpmd> "

    def __init__(self, nics: list[Nic], *eal: str, app: tuple[str, ...] = (), mode: str = "io"):
        super().__init__([*UNDER_LAUNCHER, "dpdk-testpmd", "-l", "0-1", *allowed(*nics), *eal,
                          "--", "-i", "--total-num-mbufs=8192", f"--forward-mode={mode}", *app])

    def lets_go(self, ports: int) -> None:
        """Waits until it has let a device go and forwards anew, between the ports that it has left.

        Another of its threads prints about that: what a command prints meanwhile, the prompt too,
        is mixed with it letter by letter.
        """
        self.expect("Device is detached")
        self.expect(rf"nb forwarding ports={ports}\b")
        if ports:
            self.expect(r"TX RS bit threshold=\d+")

    def packets(self, port: int) -> tuple[int, int]:
        """(received, sent) by a port since its counters were cleared."""
        text = self.command(f"show port stats {port}")
        received, sent = (re.search(rf"{way}-packets: (\d+)", text) for way in ("RX", "TX"))
        assert received and sent, f"no packet counters in:\n{text}"
        return int(received[1]), int(sent[1])


class DpdkTest(Interactive):
    """Debian's dpdk-test under the launcher."""
    __test__ = False
    prompt = "RTE>>"

    def __init__(self, nics: list[Nic], *eal: str):
        super().__init__([*UNDER_LAUNCHER, "dpdk-test", "-l", "0-1", *allowed(*nics), *eal])

    def verdict(self, autotest: str) -> str:
        """Runs one of its autotests; returns what it says at the end, as "OK"."""
        text = self.command(autotest, AUTOTEST_SECONDS)
        said = re.search(r"^Test (OK|Failed|Skipped)$", text, re.MULTILINE)
        assert said, f"no verdict in:\n{text}"
        return said[1]


class Prompted(Interactive):
    """One of lab/apps that answers at its prompt with "ok", an error, or what was asked for."""

    def done(self, line: str, seconds: float = COMMAND_SECONDS) -> None:
        """Has a command carried out, which must succeed."""
        answer = self.command(line, seconds)
        assert answer.splitlines()[-1] == "ok", f"{line}: {answer}"

    def failure(self, line: str) -> tuple[str, str]:
        """Has a command carried out that must fail; returns the error's symbol, and all it said."""
        answer = self.command(line)
        found = re.search(r"^error: .* \((\w+)\)$", answer, re.MULTILINE)
        assert found, f"{line}: {answer}"
        # One number has two names
        return found[1].replace("EOPNOTSUPP", "ENOTSUP"), answer

    def error(self, line: str) -> tuple[str, str]:
        """Has a command carried out that must fail.

        Returns the error's symbol, and the library's lines about it.
        """
        symbol, answer = self.failure(line)
        said = [word.partition(LOG_PREFIX)[2] for word in answer.splitlines()
                if LOG_PREFIX in word]
        return symbol, "\n".join(said)

    def number(self, line: str, what: str) -> int:
        """Has a command carried out that answers with a number."""
        answer = self.command(line)
        found = re.fullmatch(rf"{what} (-?\w+)", answer.splitlines()[-1])
        assert found, f"{line}: {answer}"
        return int(found[1], 0)


class OwnApplication(Prompted):
    """One of lab/apps, on one CPU."""
    program = ""

    def __init__(self, nics: list[Nic], *eal: str, before: tuple[str, ...] = ()):
        super().__init__([*before, *UNDER_LAUNCHER, EXAMPLES / self.program, "-l", "0",
                          *allowed(*nics), *eal])


class Memory(OwnApplication):
    """lab/apps/memory.c: an application whose memory grows and shrinks as it is told."""
    program = "memory"
    prompt = "memory> "


class Vfio(OwnApplication):
    """lab/apps/vfio.c: an application that makes the calls of the VFIO API that it is told."""
    program = "vfio"
    prompt = "vfio> "

    def descriptor(self, line: str) -> int:
        """Has a command carried out that answers with a file descriptor."""
        answer = self.command(line)
        found = re.search(r"^fd (\d+)$", answer, re.MULTILINE)
        assert found, f"{line}: {answer}"
        return int(found[1])

    def buffer(self, kind: str, length: int) -> tuple[int, int]:
        """Takes memory that isn't EAL's: "anonymous", "file" or "hugefile".

        Returns its address, and the file's descriptor or -1.
        """
        answer = self.command(f"buffer {kind} {length:#x}")
        found = re.search(r"^buffer (0x[0-9a-f]+) (-?\d+)$", answer, re.MULTILINE)
        assert found, answer
        return int(found[1], 0), int(found[2])
