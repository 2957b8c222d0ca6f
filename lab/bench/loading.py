# SPDX-License-Identifier: BSD-3-Clause
"""Instructions that the library costs an application which is started without the flag.

A small application is started and ended three ways: as it is, with the library, and with a copy
of the library from which the dynamic loader takes neither a constructor nor a function. What it
takes more with the library than with the copy is the constructor and the wrapped calls; what it
takes more with the copy than without is the dynamic loader's work.
"""
import contextlib
import os
import subprocess
from collections import defaultdict
from pathlib import Path
from statistics import median

from elftools.elf.elffile import ELFFile

from support.application import BUILD, EXAMPLES

ROUNDS = 15
LIBRARY = BUILD / "install/lib/librte_eal_iommufd.so.0"
COPIES = Path("/tmp/loading")   # in memory: pages of the host's files would be waited for
DRIVERS = Path("/usr/lib/x86_64-linux-gnu/dpdk")
ARGUMENTS = ("-l", "0", "--no-huge", "--no-pci", "-m", "32")


def without_effect(library: bytes, elf: ELFFile) -> bytes:
    """A library that is loaded as before, but runs nothing and stands in front of nothing."""
    patched = bytearray(library)
    dynamic = elf.get_section_by_name(".dynamic")
    for number, tag in enumerate(dynamic.iter_tags()):
        if tag.entry.d_tag == "DT_INIT_ARRAYSZ":
            value = dynamic["sh_offset"] + number * dynamic["sh_entsize"] + 8
            patched[value:value + 8] = bytes(8)
    symbols = elf.get_section_by_name(".dynsym")
    for number, symbol in enumerate(symbols.iter_symbols()):
        if symbol.name.startswith("rte_") and symbol.entry.st_shndx != "SHN_UNDEF":
            section = symbols["sh_offset"] + number * symbols["sh_entsize"] + 6
            patched[section:section + 2] = bytes(2)
    return bytes(patched)


def copies() -> tuple[Path, Path, Path]:
    """The application, the library, and that without effect."""
    COPIES.mkdir(exist_ok=True)
    application, library = COPIES / "memory", COPIES / LIBRARY.name
    application.write_bytes((EXAMPLES / "memory").read_bytes())
    application.chmod(0o755)
    library.write_bytes(LIBRARY.read_bytes())
    control = COPIES / "without-effect.so"
    with LIBRARY.open("rb") as file:
        control.write_bytes(without_effect(LIBRARY.read_bytes(), ELFFile(file)))
    return application, library, control


@contextlib.contextmanager
def _without_drivers():
    """EAL loads 150 drivers at its start, and each interrupt meanwhile would be counted too."""
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", DRIVERS], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", DRIVERS], check=True)


def _instructions(application: Path, preloaded: Path | None) -> float:
    """From exec to exit, without what it waits for."""
    environment = {**os.environ, **({"LD_PRELOAD": str(preloaded)} if preloaded else {})}
    null = os.open(os.devnull, os.O_RDWR)
    pid = os.posix_spawn(application, [str(application), *ARGUMENTS], environment, file_actions=[
        (os.POSIX_SPAWN_DUP2, null, stream) for stream in range(3)])
    _, status, usage = os.wait4(pid, 0)
    os.close(null)
    if status:
        raise RuntimeError(f"{application} {' '.join(ARGUMENTS)}: wait status {status}")
    return (usage.ru_utime + usage.ru_stime) * 1e9


def figures() -> dict[str, dict[str, float]]:
    """Instructions of starts and ends by turns, and the median of each."""
    application, library, control = copies()
    found = defaultdict(list)
    with _without_drivers():
        for _ in range(ROUNDS):
            for preloaded in (None, library, control):
                found[preloaded].append(_instructions(application, preloaded))
    plain, loaded, inert = (median(found[way]) for way in (None, library, control))
    return {
        "iommufd": {"loaded only: start and end": loaded,
                    "loaded only: constructor, calls": loaded - inert},
        "not loaded": {"loaded only: start and end": plain,
                       "loaded only: constructor, calls": 0},
    }
