# SPDX-License-Identifier: BSD-3-Clause
"""Runs programs so that nothing stays mounted or running afterwards.

Every program gets a mount and pid namespace of its own, which the kernel takes
down with everything in it when `unshare` ends, and `unshare` is killed by the
kernel when the lab itself ends, however it ends.
"""
import shlex
from dataclasses import dataclass
from pathlib import Path

PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Bind:
    """A host directory or file as a path in a chroot."""
    source: Path
    target: str
    writable: bool = False


def contained(argv: list[str]) -> list[str]:
    """The command that runs argv in a mount and pid namespace."""
    return ["setpriv", "--pdeathsig", "KILL",
            "unshare", "--mount", "--pid", "--fork", "--kill-child=KILL", "--mount-proc",
            "--", *argv]


def _bind(bind: Bind, root: Path) -> list[str]:
    target = shlex.quote(f"{root}{bind.target}")
    lines = [f"mount --bind {shlex.quote(str(bind.source))} {target}"]
    if not bind.writable:
        lines.append(f"mount -o remount,bind,ro {target}")
    return lines


def chrooted(root: Path, binds: list[Bind], argv: list[str]) -> list[str]:
    """The command that runs argv in a tree, read-only but for writable binds.

    Binds are made in order, so one may lie inside another.
    """
    script = _bind(Bind(root, ""), root)
    script += [f"mount -t proc proc {shlex.quote(str(root))}/proc",
               f"mount --rbind /dev {shlex.quote(str(root))}/dev",
               f"mount -t tmpfs tmpfs {shlex.quote(str(root))}/tmp"]
    for bind in binds:
        script += _bind(bind, root)
    script.append(f"exec chroot {shlex.quote(str(root))} /usr/bin/env -i PATH={PATH} HOME=/tmp "
                  f'LANG=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 TERM="${{TERM:-dumb}}" "$@"')
    return contained(["sh", "-ec", "\n".join(script), "sh", *argv])
