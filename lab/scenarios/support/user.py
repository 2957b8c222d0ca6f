# SPDX-License-Identifier: BSD-3-Clause
"""What applications are started with that run as a user, not as root."""

USER = 1000
AS_USER = ("setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--")


def memlock(kib: int) -> tuple[str, ...]:
    """The start of a command that may lock so much memory."""
    return ("prlimit", f"--memlock={kib * 1024}", "--")
