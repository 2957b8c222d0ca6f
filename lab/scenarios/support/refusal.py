# SPDX-License-Identifier: BSD-3-Clause
"""Applications that must not start."""
import subprocess

from support.application import LOG_PREFIX, UNDER_LAUNCHER, forget_hugepages

START_SECONDS = 150


def attempt(*argv: str) -> tuple[int, str]:
    """Runs a command without input until it ends; returns its exit status and output."""
    words = [str(word) for word in argv]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=START_SECONDS)
    forget_hugepages(words)
    return done.returncode, done.stdout


def refused(*argv: str, before: tuple[str, ...] = ()) -> str:
    """An application under the launcher says why it can't start, and fails; returns that line."""
    status, output = attempt(*before, *UNDER_LAUNCHER, *argv)
    said = [line for line in output.splitlines() if LOG_PREFIX in line]
    assert status > 0, f"exit status {status}:\n{output}"
    assert len(said) == 1, f"{len(said)} lines of the library, not one:\n{output}"
    return said[0].partition(LOG_PREFIX)[2]
