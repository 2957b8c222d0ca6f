# SPDX-License-Identifier: BSD-3-Clause
"""What the lab needs from the machine it runs on, and what it takes from it."""
import os
import re
import shutil
import subprocess
from pathlib import Path

from labvm.artefact import ENVIRONMENT, make_root
from labvm.errors import USAGE, LabError

MIRROR = "DPDK_IOMMUFD_LAB_MIRROR"
APT = Path("/etc/apt")
NEEDED_GIB = 12
PROGRAMS = {"unshare": "util-linux", "mount": "mount", "chroot": "coreutils"}


def check() -> None:
    """Ends the lab with a sentence when this machine can't run it."""
    if os.geteuid() != 0:
        raise LabError("lab must run as root: it makes root trees (chroot, mount). "
                       "Run it again as root, or in a container that has CAP_SYS_ADMIN.", USAGE)
    if os.uname().machine != "x86_64":
        raise LabError(f"lab runs on x86_64 only, this machine is {os.uname().machine}.", USAGE)
    for program, package in PROGRAMS.items():
        if not shutil.which(program):
            raise LabError(f"{program} is missing: install the package {package}.", USAGE)
    probe = subprocess.run(["unshare", "--mount", "--pid", "--fork", "true"],
                           capture_output=True, text=True)
    if probe.returncode:
        raise LabError(f"cannot make a mount and pid namespace: {probe.stderr.strip()}. "
                       "In a container, give it CAP_SYS_ADMIN (docker: --privileged).", USAGE)


def check_disk() -> None:
    """Called before something big is made: a full disk fails in odd ways."""
    root = make_root()
    free = shutil.disk_usage(root).free / 2**30
    if free < NEEDED_GIB:
        raise LabError(f"{root} has {free:.1f} GiB free, the lab needs {NEEDED_GIB} GiB there: "
                       f"free some, or set {ENVIRONMENT} to a directory on another disk.", USAGE)


def _codename() -> str:
    text = Path("/etc/os-release").read_text()
    match = re.search(r'^VERSION_CODENAME="?([^"\n]+)', text, re.MULTILINE)
    return match.group(1) if match else ""


def _deb822_entries(text: str):
    """(uris, suites, components) of each stanza of a *.sources file."""
    for stanza in re.split(r"\n\s*\n", text):
        unfolded = re.sub(r"\n[ \t]+", " ", re.sub(r"^#.*\n?", "", stanza, flags=re.MULTILINE))
        field = {key.strip().lower(): value.split()
                 for key, _, value in (line.partition(":") for line in unfolded.splitlines())}
        if "deb" in field.get("types", []) and field.get("enabled") != ["no"]:
            yield field.get("uris", []), field.get("suites", []), field.get("components", [])


def _one_line_entries(text: str):
    """(uris, suites, components) of each line of a *.list file."""
    for line in text.splitlines():
        match = re.match(r"\s*deb\s+(?:\[[^]]*\]\s*)?(\S+)\s+(\S+)\s+([^#]*)", line)
        if match:
            yield [match.group(1)], [match.group(2)], match.group(3).split()


def mirror() -> str:
    """The Debian mirror this machine itself installs from."""
    if os.environ.get(MIRROR):
        return os.environ[MIRROR]
    entries = []
    for path in sorted((APT / "sources.list.d").glob("*.sources")):
        entries += _deb822_entries(path.read_text())
    for path in [APT / "sources.list", *sorted((APT / "sources.list.d").glob("*.list"))]:
        if path.is_file():
            entries += _one_line_entries(path.read_text())
    suite = _codename()
    for uris, suites, components in entries:
        if suite in suites and "main" in components:
            for uri in uris:
                if uri.startswith(("http://", "https://")):
                    return uri.rstrip("/")
    raise LabError(f"no http mirror for the suite {suite or '(none)'}, component main, in "
                   f"{APT}/sources.list* : set {MIRROR} to the URI of a Debian mirror.", USAGE)


def apt_proxies() -> list[str]:
    """The proxy options apt has here, as apt.conf lines."""
    dump = subprocess.run(["apt-config", "dump"], capture_output=True, text=True).stdout
    return [line.rstrip(";") for line in dump.splitlines()
            if re.match(r'Acquire::\S*Proxy\S* "[^"]+"', line)]
