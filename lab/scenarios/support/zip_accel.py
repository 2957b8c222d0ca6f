# SPDX-License-Identifier: BSD-3-Clause
"""examples/zip_accel: running it, and what it says at its end."""
import re
import subprocess

from support.application import BUILD, IOMMUFD, Application, forget_hugepages
from support.compress import Device
from support.machine import Nic

PROGRAM = BUILD / "install/bin/dpdk-zip_accel"
SOFTWARE = "compress_zlib"
SECONDS = 120
DEBUG = "--log-level=user.zip_accel:debug"


class Summary:
    """What it said at its end."""

    def __init__(self, text: str):
        self.text = text

    def number(self, pattern: str) -> int:
        """The number behind a line's beginning; 0: there is no such line."""
        found = re.search(rf"{pattern}:? (\d+)", self.text)
        return int(found[1]) if found else 0

    @property
    def copied(self) -> int:
        assert "payload bytes copied" in self.text, self.text
        return self.number("payload bytes copied by the CPU")

    @property
    def operations(self) -> int:
        return self.number("operations")

    def converted(self, how: str) -> tuple[int, int, int]:
        """Of what was "compressed" or "decompressed": how many, bytes in, bytes out."""
        found = re.search(rf"^  {how} (\d+) \w+: (\d+) bytes to (\d+)", self.text, re.MULTILINE)
        assert found, self.text
        return int(found[1]), int(found[2]), int(found[3])

    def passed(self, why: str) -> int:
        return self.number(f"passed as they are, {why}")

    def dropped(self, why: str) -> int:
        return self.number(f"dropped, {why}")


class Forwarder(Application):
    """One between two NICs, which is forwarding."""

    def __init__(self, plain: Nic, packed: Nic, device: Device | None, *options: str,
                 eal: tuple[str, ...] = (), lcores: str = "1"):
        super().__init__([PROGRAM, "-l", lcores, IOMMUFD, "-a", plain.pci, "-a", packed.pci,
                          *for_eal(device), *eal, "--", *named(device), "--plain", plain.pci,
                          "--packed", packed.pci, *options])
        try:
            self.expect("forwarding on")
        except AssertionError:
            self._kill_if_running()
            raise

    def stop(self) -> Summary:
        """Ends it by Ctrl-C; returns what it says then."""
        self.end()
        return Summary(self.output().rpartition("forwarding on")[2])


def for_eal(device: Device | None) -> tuple[str, ...]:
    """EAL's arguments for an accelerator, or for software."""
    return ("-a", device.devargs) if device else ("--vdev", SOFTWARE)


def named(device: Device | None) -> tuple[str, ...]:
    """EAL may find accelerators by itself."""
    return "--device", device.full_name if device else SOFTWARE


def command(device: Device | None, *options, lcores: str = "0") -> list[str]:
    """The command line for files, on an accelerator or in software."""
    eal = device.eal if device else []
    return [str(word) for word in [PROGRAM, "-l", lcores, "--no-pci", *eal, *for_eal(device), "--",
                                   *named(device), *options]]


def files(device: Device | None, *options, status: int = 0) -> str:
    """Runs it on files; returns what it said."""
    argv = command(device, *options)
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=SECONDS)
    forget_hugepages(argv)
    assert done.returncode == status, f"exit status {done.returncode}: {done.stdout}"
    return done.stdout
