# SPDX-License-Identifier: BSD-3-Clause
"""Instructions that Debian's dpdk-testpmd, and ours, need for each packet they forward.

The two NICs are joined by a cable, so that packets circulate. The forwarding thread and the
main one share the machine's only CPU.
"""
import re
import time
from collections import defaultdict

import pexpect

from bench.application import mean_of, measured
from support.application import IOMMUFD, UNDER_LAUNCHER, allowed, forget_hugepages
from support.machine import nics

ROUNDS = 2
# Of a machine that counts: some 4 million packets. The first ones take more, by testpmd and by ours
SECONDS = 1
PROMPT = "testpmd> "
CYCLES = re.compile(r"busy cycles=(\d+) / total io packets=(\d+)")

# testpmd, and its flag
WAYS = {
    "type1": (("dpdk-testpmd",), ()),
    "iommufd": ((*UNDER_LAUNCHER, "dpdk-testpmd"), (IOMMUFD,)),
    "loaded": ((*UNDER_LAUNCHER, "dpdk-testpmd"), ()),
}


def per_packet(text: str) -> float:
    """From what testpmd says when forwarding stops. A cycle of the CPU is an instruction here."""
    found = CYCLES.search(text)
    if not found or not int(found[2]):
        raise ValueError(f"no packets in:\n{text}")
    return int(found[1]) / int(found[2])


class Testpmd:
    """It at its prompt.

    Without time limits: where the guest waits, its clock is ahead by any time.
    """

    def __init__(self, way: str):
        application, flag = WAYS[way]
        self.argv = [*application, "--lcores=0@0,1@0", *allowed(*nics()[:2]), *flag,
                     "--", "-i", "--total-num-mbufs=8192"]
        self.child = pexpect.spawn(self.argv[0], self.argv[1:], timeout=None, encoding="utf-8")
        self.child.delaybeforesend = None
        self.child.expect_exact(PROMPT)

    def command(self, line: str) -> str:
        """Has a command carried out; returns what it printed."""
        self.child.sendline(line)
        self.child.expect_exact(PROMPT)
        return self.child.before

    def forward(self, seconds: float) -> str:
        """Forwards for a while; returns what it says at the end.

        Nothing is read meanwhile: whatever else runs on the only CPU is counted as forwarding.
        """
        self.child.sendline("start tx_first")
        time.sleep(seconds)
        self.child.sendline("stop")
        self.child.expect(CYCLES)
        text = self.child.after
        self.child.expect_exact(PROMPT)
        return text

    def quit(self) -> None:
        self.child.sendline("quit")
        self.child.expect_exact(pexpect.EOF)
        self.child.close()
        forget_hugepages(self.argv)
        if self.child.exitstatus:
            raise RuntimeError(f"{' '.join(self.argv)}: exit {self.child.exitstatus}")


def _measure(way: str) -> float:
    testpmd = Testpmd(way)
    while testpmd.command("show port summary all").count(" up ") < 2:
        time.sleep(0.1)
    testpmd.command("set record-core-cycles on")
    text = testpmd.forward(SECONDS)
    testpmd.quit()
    return per_packet(text)


def _measure_ours() -> float:
    """The same by dpdk-test-iommufd, which counts itself."""
    found = measured(f"bench forward {SECONDS}", *allowed(*nics()[:2]), IOMMUFD, options=("--tx-first",))
    return mean_of(found["forwarding"])


def figures() -> dict[str, dict[str, float]]:
    """Instructions for a packet; the ways by turns, and the least of each: a disturbance adds."""
    found = defaultdict(list)
    for _ in range(ROUNDS):
        for way in WAYS:
            found[way].append(_measure(way))
        found["test-iommufd"].append(_measure_ours())
    least = {way: min(values) for way, values in found.items()}
    return {
        "type1": {"forwarding": least["type1"]},
        "not loaded": {"forwarding, loaded only": least["type1"]},
        "testpmd": {"forwarding, test-iommufd": least["iommufd"]},
        "iommufd": {"forwarding": least["iommufd"],
                    "forwarding, test-iommufd": least["test-iommufd"],
                    "forwarding, loaded only": least["loaded"]},
    }
