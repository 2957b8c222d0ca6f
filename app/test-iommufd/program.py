# SPDX-License-Identifier: BSD-3-Clause
"""The application as its tests run it: without devices, with ports of DPDK's software drivers.

The program is in TEST_IOMMUFD_PROGRAM.
"""
import os
import re
import signal
import subprocess

import pexpect

PROGRAM = os.environ["TEST_IOMMUFD_PROGRAM"]
OPTIONS = ("--no-huge", "--no-pci", "-m", "256", "--log-level=lib.*:error")
# Both threads may share a CPU: the main one only waits
EAL = (*OPTIONS, "--lcores=0@0,1@0")
OTHER_CPU = max(os.sched_getaffinity(0))
ELSEWHERE = (*OPTIONS, "--file-prefix=other", f"--lcores=0@{OTHER_CPU},1@{OTHER_CPU}")
RING = "--vdev=net_ring0"
PROMPT = "test-iommufd> "
SECONDS = 120
USAGE = 2


def argv(*options, devices=(RING,)):
    return [PROGRAM, *EAL, *devices, "--", "--disable-link-check", *options]


def run(*options, devices=(RING,), commands=""):
    """Runs it to its end; returns the exit status, and all it said."""
    done = subprocess.run(argv(*options, devices=devices), input=commands, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS)
    return done.returncode, done.stdout


def succeeds(*options, devices=(RING,), commands=""):
    status, said = run(*options, devices=devices, commands=commands)
    assert status == 0, said
    return said


def verified(said):
    """What the last check of data counted: {"good": 1000000, "lost": 0, ...}."""
    line = re.findall(r"verify: (.*)", said)[-1]
    return {name: int(number) for name, number in re.findall(r"(\w+) (\d+)", line)}


class Interactive:
    """It at a prompt of its own, until it is told to quit."""

    def __init__(self, eal, devices, *options):
        self.child = pexpect.spawn(PROGRAM, [*eal, *devices, "--", "-i", *options],
                                   encoding="utf-8", timeout=SECONDS)
        self.child.delaybeforesend = None
        self.child.expect_exact(PROMPT)

    def command(self, line):
        self.child.sendline(line)
        self.child.expect_exact(PROMPT)
        return self.child.before

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.child.sendline("quit")
            self.child.expect_exact(pexpect.EOF)
        elif self.child.isalive():
            self.child.kill(signal.SIGKILL)
        assert self.child.wait() == 0 or kind, self.child.before
