# SPDX-License-Identifier: BSD-3-Clause
"""Instructions that Debian's dpdk-testpmd needs for each packet it forwards.

Its two NICs are joined by a cable, so that packets circulate. The forwarding thread and the
main one share the machine's only CPU.
"""
import re
import subprocess
import time
from collections import defaultdict
from statistics import median

from support.application import IOMMUFD, UNDER_LAUNCHER, allowed, forget_hugepages
from support.machine import nics

ROUNDS = 3
SECONDS = 0.05      # of a machine that counts: some 200 thousand packets
PROMPT = "testpmd> "
CYCLES = re.compile(r"busy cycles=(\d+) / total io packets=(\d+)")

# What is run in front of the application, and its flag
WAYS = {
    "type1": ((), ()),
    "iommufd": (UNDER_LAUNCHER, (IOMMUFD,)),
    "loaded": (UNDER_LAUNCHER, ()),
}


def per_packet(text: str) -> float:
    """From what testpmd says when forwarding stops. A cycle of the CPU is an instruction here."""
    found = CYCLES.search(text)
    if not found or not int(found[2]):
        raise ValueError(f"no packets in:\n{text}")
    return int(found[1]) / int(found[2])


class Testpmd:
    """At its prompt. Without time limits: where the guest waits, its clock is ahead by any time."""

    def __init__(self, way: str):
        before, flag = WAYS[way]
        self.argv = [*before, "dpdk-testpmd", "--lcores=0@0,1@0", *allowed(*nics()[:2]), *flag,
                     "--", "-i", "--total-num-mbufs=8192"]
        self.process = subprocess.Popen(self.argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT)
        self.output = b""
        self._prompt()

    def _prompt(self) -> str:
        start = len(self.output)
        while not self.output.endswith(PROMPT.encode()):
            data = self.process.stdout.read1()
            if not data:
                raise RuntimeError(f"{' '.join(self.argv)} ended:\n{self.output.decode()}")
            self.output += data
        return self.output[start:].decode()

    def command(self, line: str) -> str:
        """Has a command carried out; returns what it printed."""
        self.process.stdin.write(f"{line}\n".encode())
        self.process.stdin.flush()
        return self._prompt()

    def quit(self) -> None:
        self.process.communicate(b"quit\n")
        forget_hugepages(self.argv)
        if self.process.returncode:
            raise RuntimeError(f"{' '.join(self.argv)}: exit {self.process.returncode}")


def _measure(way: str) -> float:
    testpmd = Testpmd(way)
    while testpmd.command("show port summary all").count(" up ") < 2:
        time.sleep(0.1)
    testpmd.command("set record-core-cycles on")
    testpmd.command("start tx_first")
    time.sleep(SECONDS)
    text = testpmd.command("stop")
    testpmd.quit()
    return per_packet(text)


def figures() -> dict[str, dict[str, float]]:
    """Instructions for a packet; the ways by turns, and the median of each."""
    found = defaultdict(list)
    for _ in range(ROUNDS):
        for way in WAYS:
            found[way].append(_measure(way))
    middle = {way: median(values) for way, values in found.items()}
    return {
        "type1": {"forwarding": middle["type1"],
                  "forwarding, loaded only": middle["type1"]},
        "iommufd": {"forwarding": middle["iommufd"],
                    "forwarding, loaded only": middle["loaded"]},
    }
