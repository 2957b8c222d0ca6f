# SPDX-License-Identifier: BSD-3-Clause
"""The lab's command line."""
import argparse
import dataclasses
import os
import signal
import sys
from pathlib import Path

from labvm import (artefact, bench, boots, counters, demo, host, kernels, machine, project, tests,
                   trees, vm)
from labvm.errors import USAGE, LabError

CLONE = Path(__file__).resolve().parents[2]
DESCRIPTION = """\
Runs this project in a virtual machine with iommufd, an emulated IOMMU and NICs.
Everything it needs is made from Debian packages on first use and kept in
$DPDK_IOMMUFD_LAB_CACHE (default /var/cache/dpdk-iommufd-lab).
"""
TEST_SECONDS = 1800
EXIT_STATUS = """\
exit status: that of the command in the guest; 125 when the lab itself failed,
2 when the caller or this machine has to change something first
"""


def _machine_options(parser: argparse.ArgumentParser, kernel: str = "measure") -> None:
    """Options about the machine; each has a default in the environment."""
    def add(name: str, default, help_text: str, **more) -> None:
        variable = "DPDK_IOMMUFD_LAB_" + name.upper().replace("-", "_")
        value = os.environ.get(variable, default)
        if value not in more.get("choices", [value]):
            raise LabError(f"{variable}={value}: it can be {', '.join(more['choices'])}.", USAGE)
        parser.add_argument(f"--{name}", default=value, help=f"{help_text} (default: {default}; "
                            f"environment: {variable})", **more)

    add("dpdk", "25.11", "DPDK release, by its Debian suite", choices=list(trees.TREES))
    purposes = [f"{name}: {flavour.purpose}" for name, flavour in kernels.FLAVOURS.items()]
    add("kernel", kernel, "; ".join(purposes), choices=list(kernels.FLAVOURS))
    add("iommu", "intel", "IOMMU of the machine", choices=list(machine.IOMMUS))
    add("iommu-opts", "", "more QEMU properties of the IOMMU, for instance aw-bits=39,fsts=off")
    add("cpus", 2, "CPUs of the guest", type=int)
    add("memory", "3G", "memory of the guest")
    add("hugepages", 512, "2 MiB hugepages in the guest", type=int)
    add("gigantic", 0, "1 GiB hugepages in the guest", type=int)
    add("numa", 1, "NUMA nodes, which share CPUs, memory and hugepages", type=int)
    add("nics", 2, f"DPDK NICs, at most {machine.MAX_NICS}", type=int)
    add("zip", 0, f"ZIP accelerators, at most {machine.MAX_ZIPS}; "
        "kernels measure and fault have the driver", type=int)
    add("zip-opts", "", "more options of the ZIP model, for instance version=5,no-pri; "
        "help shows them all")
    parser.add_argument("--joined", action="store_true",
                        help="join the DPDK NICs in couples instead of each to the kernel's")
    parser.add_argument("--counted", action="store_true",
                        help="count: a nanosecond is an instruction; one CPU, and slow")
    add("append", "", "more of the guest kernel's command line")
    parser.add_argument("--no-build", dest="build", action="store_false",
                        help="leave /build as it is instead of bringing the project up to date")
    add("timeout", 0, "seconds until the machine is ended, 0: none", type=float)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lab", description=DESCRIPTION, epilog=EXIT_STATUS,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, function, text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text, epilog=EXIT_STATUS)
        sub.set_defaults(function=function)
        return sub

    shown = add("demo", _demo, "show the project at work in a fresh machine")
    _machine_options(shown, "fault")
    shown.add_argument("--prompt", action="store_true",
                       help="start testpmd over iommufd, forwarding, and leave me at its prompt")
    test = add("test", _test, "run unit tests and scenarios; the last line has the totals")
    test.add_argument("pattern", nargs="*",
                      help="machines to run on, such as 'intel-*', or unit (default: all)")
    test.add_argument("-k", dest="keyword", default="", metavar="EXPRESSION",
                      help="only the scenarios that match, as in pytest")
    test.add_argument("--list", action="store_true", help="show the machines and end")
    test.add_argument("--timeout", type=float, default=TEST_SECONDS,
                      help="seconds each machine may take (default: %(default)s)")
    run = add("run", _run, "run a command in a fresh machine: lab run -- uname -a")
    _machine_options(run)
    run.add_argument("--out", type=Path, help="directory that the guest sees as /out")
    run.add_argument("argv", nargs="+", metavar="COMMAND", help="program and arguments")
    _machine_options(add("shell", _shell, "an interactive shell in a fresh machine"))
    asked = add("counters", _counters, "what the ZIPs of the machine that is running have done")
    asked.add_argument("--json", action="store_true", help="as JSON, by the ZIP's name")
    asked.add_argument("--watch", action="store_true",
                       help="every second, until the machine has ended")
    measured = add("bench", _bench, "compare what mapping and forwarding cost with other ways")
    measured.add_argument("pattern", nargs="?", default="*",
                          help="rows to show, such as 'growth' or 'external*' (default: all)")
    measured.add_argument("--json", type=Path, metavar="FILE", help="write the rows there too")
    measured.add_argument("--dpdk", default="25.11", choices=list(trees.TREES),
                          help="DPDK release (default: %(default)s)")
    setup = add("setup", _setup, "make the root trees and kernels (all, unless one is named)")
    setup.add_argument("--dpdk", choices=list(trees.TREES), action="append")
    setup.add_argument("--kernel", choices=list(kernels.FLAVOURS), action="append")
    add("clean", _clean, "remove the cache: gives the disk back")
    return parser


def _options(arguments: argparse.Namespace) -> machine.Options:
    if not 0 <= arguments.nics <= machine.MAX_NICS:
        raise LabError(f"--nics {arguments.nics}: 0 to {machine.MAX_NICS} are possible.", USAGE)
    if not 0 <= arguments.zip <= machine.MAX_ZIPS:
        raise LabError(f"--zip {arguments.zip}: 0 to {machine.MAX_ZIPS} are possible.", USAGE)
    if arguments.zip and arguments.iommu != "intel":
        raise LabError(f"--zip needs --iommu intel, not {arguments.iommu}: the ZIP's accesses go "
                       "through the page tables of an Intel IOMMU.", USAGE)
    if not 1 <= arguments.numa <= arguments.cpus:
        raise LabError(f"--numa {arguments.numa}: 1 to {arguments.cpus} are possible, "
                       "a CPU (--cpus) for each node.", USAGE)
    return machine.Options(**{field.name: getattr(arguments, field.name)
                              for field in dataclasses.fields(machine.Options)})


def _parts(arguments: argparse.Namespace) -> vm.Parts:
    build = project.build_directory(CLONE, arguments.dpdk)
    model = project.build_directory(CLONE, project.MODEL) if arguments.zip else None
    if arguments.build:
        project.Build(CLONE, arguments.dpdk).run()
        if model:
            project.ModelBuild(CLONE).run()
    return vm.Parts(trees.tree(trees.TOOLS), trees.image(arguments.dpdk),
                    kernels.kernel(arguments.kernel), CLONE, build, model)


def _need_terminal(what: str) -> None:
    """Before anything is made: that may take minutes."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise LabError(f"{what} needs a terminal; for a script use: lab run -- COMMAND", USAGE)


def _demo(arguments: argparse.Namespace) -> int:
    if arguments.prompt:
        _need_terminal("lab demo --prompt")
    return demo.run(_options(arguments), _parts(arguments), arguments.timeout, arguments.prompt)


def _test(arguments: argparse.Namespace) -> int:
    if arguments.list:
        print(boots.listing())
        return 0
    return tests.run(CLONE, arguments.pattern, arguments.keyword, arguments.timeout)


def _run(arguments: argparse.Namespace) -> int:
    return vm.run(_options(arguments), _parts(arguments), arguments.argv, sys.stdout.buffer,
                  arguments.timeout, arguments.out)


def _shell(arguments: argparse.Namespace) -> int:
    _need_terminal("lab shell")
    return vm.terminal(_options(arguments), _parts(arguments), "shell", ["bash"])


def _bench(arguments: argparse.Namespace) -> int:
    return bench.run(CLONE, arguments.pattern, arguments.dpdk, arguments.json)


def _counters(arguments: argparse.Namespace) -> int:
    return counters.show(arguments.json, arguments.watch)


def _setup(arguments: argparse.Namespace) -> int:
    everything = not (arguments.dpdk or arguments.kernel)
    for dpdk in trees.TREES if everything else arguments.dpdk or ():
        print(trees.tree(dpdk))
    for kernel in kernels.FLAVOURS if everything else arguments.kernel or ():
        print(kernels.kernel(kernel))
    return 0


def _clean(_: argparse.Namespace) -> int:
    artefact.clean()
    return 0


def _interrupt(signum: int, _frame) -> None:
    raise KeyboardInterrupt(signum)


def main() -> int:
    for signum in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, _interrupt)
    try:
        arguments = _parser().parse_args()
        host.check()
        if arguments.function is _clean:
            return _clean(arguments)
        with artefact.in_use():
            return arguments.function(arguments)
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return error.status
    except KeyboardInterrupt:
        print("lab: interrupted; nothing is left running", file=sys.stderr)
        return 128 + signal.SIGINT
    except BrokenPipeError:
        # Whoever read the output has gone; there is nobody to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
