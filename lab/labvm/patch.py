# SPDX-License-Identifier: BSD-3-Clause
"""Applies a patch (unified diff, -p1) strictly: root trees have no program for that."""
import re
from pathlib import Path

from labvm.errors import LabError

HUNK = re.compile(r"^@@.*\n", re.MULTILINE)
FILE = re.compile(r"^--- a/\S+\n\+\+\+ b/(\S+)\n", re.MULTILINE)


def _side(hunk: str, marks: str) -> str:
    """The text of a hunk before (" -") or after (" +") the change."""
    return "".join(line[1:] for line in hunk.splitlines(keepends=True) if line[0] in marks)


def changed(text: str, hunks: list[str], what: str) -> str:
    """A file's text with the changes made; each must find its place, and only one."""
    for hunk in hunks:
        before = _side(hunk, " -")
        if text.count(before) != 1:
            raise LabError(f"a change does not fit {what}: its place is there "
                           f"{text.count(before)} times:\n{hunk}")
        text = text.replace(before, _side(hunk, " +"))
    return text


def apply(patch: str, directory: Path) -> None:
    _, *parts = FILE.split(patch)
    for name, body in zip(parts[::2], parts[1::2]):
        path = directory / name
        path.write_text(changed(path.read_text(), HUNK.split(body)[1:], name))
