# SPDX-License-Identifier: BSD-3-Clause
"""The cache: things that take minutes to make, each made once.

An artefact lives in `<name>-<hash>`, the hash being over everything it is made
from. It is built in `<name>-<hash>.partial-<pid>` and put in place by one
rename, under a lock of its own, so it is either whole or not there.
"""
import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import sys
from pathlib import Path
from typing import Callable, Iterator

from labvm.errors import USAGE, LabError
from labvm.progress import Step

ENVIRONMENT = "DPDK_IOMMUFD_LAB_CACHE"
DEFAULT = "/var/cache/dpdk-iommufd-lab"


def cache_root() -> Path:
    return Path(os.environ.get(ENVIRONMENT) or DEFAULT).absolute()


def make_root() -> Path:
    """The cache's directory, made when it isn't there."""
    root = cache_root()
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LabError(f"cannot make the cache {root}: {error.strerror}. "
                       f"Set {ENVIRONMENT} to a directory that can be written.", USAGE)
    return root


def log_path(name: str) -> Path:
    return cache_root() / "log" / f"{name}.log"


def fingerprint(ingredients: object) -> str:
    """A short hash of everything an artefact is made from."""
    text = json.dumps(ingredients, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


@contextlib.contextmanager
def lock(name: str) -> Iterator[None]:
    """One process at a time; a second one says whom it waits for."""
    path = cache_root() / "lock" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            with Step(f"waiting for process {holder}, which is busy with {name}"):
                fcntl.flock(file, fcntl.LOCK_EX)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


@contextlib.contextmanager
def in_use() -> Iterator[None]:
    """Held by every command that uses the cache, so that `clean` can refuse."""
    with (make_root() / "active").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield


def _remove_stale(directory: Path) -> None:
    """Removes what builders left behind that were killed."""
    for partial in directory.parent.glob(f"{directory.name}.partial-*"):
        pid = partial.name.rpartition("-")[2]
        if not Path(f"/proc/{pid}").exists():
            shutil.rmtree(partial)


def artefact(name: str, ingredients: object, build: Callable[[Path], None]) -> Path:
    """The directory of an artefact; `build` fills it when it isn't there."""
    final = make_root() / f"{name}-{fingerprint(ingredients)}"
    if final.is_dir():
        return final
    with lock(final.name):
        if final.is_dir():
            return final
        _remove_stale(final)
        partial = final.with_name(f"{final.name}.partial-{os.getpid()}")
        partial.mkdir()
        try:
            build(partial)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        partial.rename(final)
    return final


def _size(root: Path) -> int:
    """Bytes on disk, hard links counted once."""
    seen = {}
    for folder, _, files in os.walk(root):
        for name in files:
            stat = os.lstat(os.path.join(folder, name))
            seen[stat.st_ino] = stat.st_blocks * 512
    return sum(seen.values())


def clean() -> None:
    """Removes the cache unless a lab is running."""
    root = cache_root()
    if not root.is_dir():
        print(f"lab: {root} does not exist: nothing to free", file=sys.stderr)
        return
    with (root / "active").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LabError(f"a lab command is using {root}: wait until it has ended", USAGE)
        freed = _size(root)
        shutil.rmtree(root)
    print(f"lab: removed {root}: {freed / 2**30:.1f} GiB are free again", file=sys.stderr)
