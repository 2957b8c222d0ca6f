# SPDX-License-Identifier: BSD-3-Clause
"""`lab demo`: builds the project and shows it at work in a machine."""
import sys

from labvm import vm
from labvm.machine import Options

COMMAND = ["/src/lab/guest/demo"]


def run(options: Options, parts: vm.Parts, timeout: float, prompt: bool) -> int:
    if prompt:
        return vm.terminal(options, parts, "demo", [*COMMAND, "--prompt"])
    status = vm.run(options, parts, COMMAND, sys.stdout.buffer, timeout)
    if status:
        print(f"lab: the demo failed: {COMMAND[0]} ended with status {status} in the guest, "
              "the reason is in its output above", file=sys.stderr)
    return status
