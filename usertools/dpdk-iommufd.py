#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause

"""Start DPDK applications with the iommufd backend in front of EAL, and draw what benches measured.

    dpdk-iommufd.py run -- dpdk-testpmd -a 01:00.0 --iova-mode=iommufd -- --forward-mode=io
    dpdk-iommufd.py plot bench.json -o bench.svg

Without --iova-mode=iommufd among its arguments the application runs as if started by itself.
"""

import argparse
import os
import shutil
import stat
import sys
from pathlib import Path

try:
    from elftools.common.exceptions import ELFError
    from elftools.elf.elffile import ELFFile
except ImportError:
    sys.exit("dpdk-iommufd: pyelftools is missing: apt-get install python3-pyelftools")

LIBRARY = "librte_eal_iommufd.so.0"
EAL = "librte_eal.so."
LIBRARY_VARIABLE = "DPDK_IOMMUFD_LIBRARY"


class UserError(Exception):
    """Why something can't be done, for the user."""


def find_library():
    """The library of this copy of the script: of its build tree, or of the same prefix."""
    named = os.environ.get(LIBRARY_VARIABLE)
    if named:
        if not Path(named).is_file():
            raise UserError(f"{LIBRARY_VARIABLE} names {named}, which is not a file")
        return Path(named)

    top = Path(__file__).resolve().parent.parent
    for pattern in (f"lib/eal_iommufd/{LIBRARY}", f"lib*/{LIBRARY}", f"lib/*/{LIBRARY}"):
        for found in sorted(top.glob(pattern)):
            return found
    raise UserError(
        f"{LIBRARY} was not found under {top}: build the project (ninja -C build) and run "
        f"build/usertools/{Path(__file__).name}, install it (meson install -C build), or name "
        f"the file in {LIBRARY_VARIABLE}")


def needed_eal(elf):
    """The file name of the EAL that an ELF file is linked with, or None."""
    dynamic = elf.get_section_by_name(".dynamic")
    if dynamic is None:
        return None
    for tag in dynamic.iter_tags("DT_NEEDED"):
        if tag.needed.startswith(EAL):
            return tag.needed
    return None


def defines_eal(elf):
    """Whether an ELF file has EAL linked into it."""
    for name in (".symtab", ".dynsym"):
        table = elf.get_section_by_name(name)
        for symbol in (table.get_symbol_by_name("rte_eal_init") or []) if table else []:
            if symbol["st_shndx"] != "SHN_UNDEF":
                return True
    return False


def check_privileges(app):
    """The dynamic loader ignores LD_PRELOAD where a program is given privileges by its file."""
    mode = app.stat().st_mode
    capabilities = "security.capability" in os.listxattr(app)
    if mode & (stat.S_ISUID | stat.S_ISGID) or capabilities:
        kind = "file capabilities" if capabilities else "the set-user-ID or set-group-ID bit"
        raise UserError(
            f"{app} has {kind}, so the dynamic loader will not put the library in front of it: "
            "give the process its capabilities another way (AmbientCapabilities= of systemd, "
            "capsh --addamb), or link the application with pkg-config libdpdk-iommufd")


def check_linkage(app, library):
    """Refuse an application that the library could not get in front of."""
    with open(app, "rb") as file:
        try:
            elf = ELFFile(file)
        except ELFError:
            return  # A script: what it starts will inherit the library.
        if elf.get_section_by_name(".interp") is None or defines_eal(elf):
            raise UserError(
                f"{app} has DPDK linked into it (statically), so no library can stand in front of "
                "it: link it with the shared DPDK libraries")
        app_eal = needed_eal(elf)
    with open(library, "rb") as file:
        library_eal = needed_eal(ELFFile(file))
    if app_eal is not None and app_eal != library_eal:
        raise UserError(
            f"{app} is linked with {app_eal}, but {library} was built with {library_eal}: build "
            "this project against the DPDK that the application uses")


def find_application(name):
    """The application's file, found as a shell finds it."""
    path = shutil.which(name)
    if path is None:
        raise UserError(f"{name}: no such program, or not executable")
    return Path(path).resolve()


def run(args):
    """Become the application, with the library in front of its own."""
    library = find_library()
    app = find_application(args.application)
    check_privileges(app)
    check_linkage(app, library)

    preload = os.environ.get("LD_PRELOAD", "")
    environment = dict(os.environ, LD_PRELOAD=f"{library} {preload}".strip())
    os.execve(app, [args.application, *args.arguments], environment)


def plot(args):
    """Draw the figures of a bench; nobody else needs what that is done with."""
    sys.dont_write_bytecode = True  # not beside programs
    import dpdk_iommufd_plot

    try:
        dpdk_iommufd_plot.plot(args.figures, args.output)
    except dpdk_iommufd_plot.PlotError as error:
        raise UserError(error) from None


def parse(argv):
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="dpdk-iommufd.py", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser(
        "run", help="start an application", usage="%(prog)s [--] APPLICATION [ARGUMENT ...]",
        description="Start an application with the library in front of EAL.")
    command.add_argument("application", metavar="APPLICATION")
    command.add_argument("arguments", metavar="ARGUMENT", nargs=argparse.REMAINDER)
    command.set_defaults(function=run)

    command = commands.add_parser(
        "plot", help="draw the figures of a bench",
        description="Draw what dpdk-test-iommufd --json or lab bench --json wrote: bars of ours "
        "beside others, and percentiles. It needs matplotlib.")
    command.add_argument("figures", metavar="BENCH.json")
    command.add_argument("-o", "--output", metavar="FILE",
                         help="the drawing, .svg or .png; BENCH.svg without it")
    command.set_defaults(function=plot)
    return parser.parse_args(argv)


def main():
    """Entry point; the exit status is the application's, or 2 where something can't be done."""
    args = parse(sys.argv[1:])
    try:
        args.function(args)
        return 0
    except UserError as error:
        print(f"dpdk-iommufd: {error}", file=sys.stderr)
    except OSError as error:
        print(f"dpdk-iommufd: {error.filename}: {error.strerror}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
