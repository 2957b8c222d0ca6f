#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause

"""Write the text that dpdk-pmdinfo.py shows of a driver of the iommufd bus.

RTE_PMD_REGISTER_IOMMUFD() and the macros beside it (bus_iommufd_driver.h) leave the driver's name
in its object, and the names of its tables. The tables are read as the compiler made them, so what
is shown is what the driver matches, and become a string in a C file for the driver's library.
"""

import argparse
import json
import struct
import sys
from pathlib import Path

try:
    from elftools.elf.elffile import ELFFile
    from elftools.elf.relocation import RelocationSection
except ImportError:
    sys.exit("iommufd-pmdinfo: pyelftools is missing: apt-get install python3-pyelftools")

NAME = "this_pmd_name_"
# struct rte_bus_iommufd_id: vendor, device, and pointers to the names of api and algorithm
ID = struct.Struct("<HH4xQQ")
API, ALGORITHM = 8, 16
POINTER = struct.Struct("<Q")
ANY = 0xffff  # subsystem ids, by which this bus doesn't match


class PmdInfoError(Exception):
    """What is wrong with an object, for the driver's author."""


class DriverObject:
    """An object file, as the compiler made it."""

    def __init__(self, file):
        self.elf = ELFFile(file)
        if self.elf.elfclass != 64 or not self.elf.little_endian:
            raise PmdInfoError("only objects of 64 bit, little-endian, are understood")
        table = self.elf.get_section_by_name(".symtab")
        self.symbols = {symbol.name: symbol for symbol in table.iter_symbols() if symbol.name}
        # (section, offset there): (section, offset) that a pointer there will point to
        self.pointers = {}
        for section in self.elf.iter_sections():
            if isinstance(section, RelocationSection) and section.is_RELA():
                self._read_pointers(section)

    def _read_pointers(self, relocations):
        symbols = self.elf.get_section(relocations["sh_link"])
        for relocation in relocations.iter_relocations():
            target = symbols.get_symbol(relocation["r_info_sym"])
            self.pointers[relocations["sh_info"], relocation["r_offset"]] = (
                target["st_shndx"], target["st_value"] + relocation["r_addend"])

    def place_of(self, name, wanted_by):
        """Where a variable is: its section and offset."""
        symbol = self.symbols.get(name)
        if symbol is None or symbol["st_shndx"] == "SHN_UNDEF":
            raise PmdInfoError(f"{wanted_by} names {name}, which isn't in this object")
        return symbol["st_shndx"], symbol["st_value"]

    def text_at(self, place):
        """The string at a place."""
        section, offset = place
        data = self.elf.get_section(section).data()
        return data[offset:data.index(b"\0", offset)].decode()

    def text_behind(self, place):
        """The string that a pointer at a place points to; None for a null pointer."""
        target = self.pointers.get(place)
        return None if target is None else self.text_at(target)

    def text_of(self, name):
        """The string that a variable is; None where there is no such variable."""
        return self.text_at(self.place_of(name, name)) if name in self.symbols else None


def ids_of(file, name):
    """The driver's table: PCI ids, and what it wants of uacce devices."""
    export = f"__{name}_iommufd_tbl_export"
    table = file.text_of(export)
    if table is None:
        raise PmdInfoError(f"{name}: RTE_PMD_REGISTER_IOMMUFD_TABLE() is missing")
    section, offset = file.place_of(table, export)
    data = file.elf.get_section(section).data()
    pci, uacce = [], []
    while True:
        vendor, device, _, _ = ID.unpack_from(data, offset)
        api = file.text_behind((section, offset + API))
        if vendor == 0 and api is None:
            return pci, uacce
        if vendor != 0:
            pci.append([vendor, device, ANY, ANY])
        if api is not None:
            algorithm = file.text_behind((section, offset + ALGORITHM))
            uacce.append({"api": api, **({"algorithm": algorithm} if algorithm else {})})
        offset += ID.size


def params_of(file, name):
    """The arguments' description, which must be of those that the driver takes."""
    export = f"__{name}_iommufd_params_export"
    table = file.text_of(export)
    if table is None:
        return None
    section, offset = file.place_of(table, export)
    taken = []
    while (param := file.text_behind((section, offset))) is not None:
        taken.append(param)
        offset += POINTER.size
    text = file.text_of(f"__{name}_param_string_export") or ""
    described = [word.partition("=")[0] for word in text.split()]
    if described[len(described) - len(taken):] != taken:
        raise PmdInfoError(f"{name}: \"{text}\" should end with what {table}[] has: "
                           f"{', '.join(taken)}")
    return text


def driver_info(file, name):
    """What dpdk-pmdinfo.py is to show of a driver."""
    pci, uacce = ids_of(file, name)
    info = {"name": name, "params": params_of(file, name),
            "kmod": file.text_of(f"__{name}_kmod_dep_export")}
    info = {key: value for key, value in info.items() if value}
    return {**info, "pci_ids": pci, **({"uacce": uacce} if uacce else {})}


def drivers_in(path):
    """All drivers that an object registers."""
    with open(path, "rb") as opened:
        file = DriverObject(opened)
        return [driver_info(file, file.text_of(symbol))
                for symbol in sorted(file.symbols) if symbol.startswith(NAME)]


def main():
    """Entry point; the exit status is 1 where an object's driver can't be shown."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("objects", type=Path, nargs="+", metavar="OBJECT")
    parser.add_argument("output", type=Path, metavar="C-FILE")
    args = parser.parse_args()

    lines = []
    for path in args.objects:
        try:
            found = drivers_in(path)
        except PmdInfoError as error:
            sys.exit(f"iommufd-pmdinfo: {path}: {error}")
        lines += [f"__attribute__((used)) static const char {info['name']}_pmd_info[] =\n"
                  f"\t{json.dumps('PMD_INFO_STRING= ' + json.dumps(info))};\n" for info in found]
    if not lines:
        sys.exit("iommufd-pmdinfo: no driver was registered with RTE_PMD_REGISTER_IOMMUFD() in "
                 f"{', '.join(map(str, args.objects))}")
    args.output.write_text("".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
