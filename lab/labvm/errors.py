# SPDX-License-Identifier: BSD-3-Clause
"""The one exception that ends the lab with a message instead of a traceback."""
from pathlib import Path

USAGE = 2     # the caller or the host has to change something first
BROKEN = 125  # the lab failed, not the command that ran in it


class LabError(Exception):
    """What failed, on what, and what to do about it."""

    def __init__(self, message: str, status: int = BROKEN):
        super().__init__(message)
        self.status = status


def tail(path: Path, lines: int = 20) -> str:
    """The end of a log, indented, for an error message."""
    try:
        text = path.read_text(errors="replace")
    except OSError as error:
        return f"    (no log: {error.strerror})"
    return "\n".join("    " + line for line in text.splitlines()[-lines:])
