#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause

"""Compare the library's table of wrapped functions with the DPDK that is installed.

A VFIO function that EAL exports or a driver imports, and that the table doesn't know, would reach
DPDK's own VFIO code behind the library's back; a function in the table that EAL doesn't export
would be called through a null pointer.
"""

import argparse
import re
import sys
from pathlib import Path

try:
    from elftools.elf.elffile import ELFFile
except ImportError:
    sys.exit("check-vfio-symbols: pyelftools is missing: apt-get install python3-pyelftools")

# As of 26.11 the functions are DPDK's own and start with dev_
VFIO_FUNCTION = re.compile(r"(?:rte|dev)_vfio_\w+")
ROW = re.compile(r"^\t(?:UN)?WRAPPED\((\w+), (?:\w+, )?(\d+), (\d+)\),", re.MULTILINE)
EAL = "librte_eal.so."


def table_for(source, abi):
    """The functions that the table has for an ABI, by its number."""
    rows = ROW.findall(source.read_text())
    if not rows:
        sys.exit(f"check-vfio-symbols: {source}: no rows found")
    return {name for name, first, last in rows if int(first) <= abi <= int(last)}


def find_eal(libdir):
    """The file of EAL's library and the number of its ABI."""
    found = sorted(path for path in libdir.glob(f"{EAL}*")
                   if path.name.removeprefix(EAL).isdigit())
    if not found:
        sys.exit(f"check-vfio-symbols: no {EAL}N in {libdir}")
    return found[-1], int(found[-1].name.removeprefix(EAL))


def find_libraries(libdir, abi):
    """Every library and driver of DPDK, each once, whatever names it has."""
    found = [*libdir.glob(f"librte_*.so.{abi}"), *libdir.glob(f"dpdk/pmds-{abi}*/librte_*.so*")]
    return sorted({path.resolve() for path in found})


def vfio_symbols(path):
    """The VFIO functions that a library defines, and those that it wants from others."""
    defined, wanted = set(), set()
    with open(path, "rb") as file:
        for symbol in ELFFile(file).get_section_by_name(".dynsym").iter_symbols():
            if VFIO_FUNCTION.fullmatch(symbol.name):
                (wanted if symbol["st_shndx"] == "SHN_UNDEF" else defined).add(symbol.name)
    return defined, wanted


def main():
    """Entry point; the exit status is 1 where table and libraries disagree."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", type=Path, help="iommufd_wrap.c")
    parser.add_argument("libdir", type=Path, help="where DPDK's libraries are installed")
    args = parser.parse_args()

    eal, abi = find_eal(args.libdir)
    libraries = find_libraries(args.libdir, abi)
    known = table_for(args.table, abi)
    exported, _ = vfio_symbols(eal)

    complaints = [f"{eal}: exports {name}, which {args.table.name} doesn't have for ABI {abi}"
                  for name in sorted(exported - known)]
    complaints += [f"{args.table.name}: has {name} for ABI {abi}, which {eal} doesn't export"
                   for name in sorted(name for name in known - exported
                                      if VFIO_FUNCTION.fullmatch(name))]
    for library in libraries:
        complaints += [f"{library}: imports {name}, which {args.table.name} doesn't have"
                       for name in sorted(vfio_symbols(library)[1] - known)]

    print("\n".join(complaints) or f"ABI {abi}: {len(exported)} VFIO functions of EAL are covered, "
          f"and what {len(libraries)} libraries import of them")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
