# SPDX-License-Identifier: BSD-3-Clause
"""CPU time that the ZIP model takes for real files in blocks of 64 KiB.

By the model's own account: all of its threads, from before the first request until after the
last, with doorbells, interrupts and all accesses to the guest's memory.
"""
from pathlib import Path

from support.application import EXAMPLES, Interactive
from support.zip import Model

SECONDS = 600   # for a step: a guard
DEVICE = "hisi_zip-0"
MIB = 1 << 20
STEPS = {"compress": "zip-model: compression", "decompress": "zip-model: decompression"}
BOTH = "zip-model"


class Blocks(Interactive):
    """lab/apps/blocks.c"""
    prompt = "blocks> "

    def __init__(self):
        super().__init__([EXAMPLES / "blocks"])

    def done(self, line: str) -> None:
        """Has a command carried out, which must succeed."""
        answer = self.command(line, SECONDS)
        if answer.splitlines()[-1] != "ok":
            raise RuntimeError(f"blocks: {line}: {answer}")


def figures(files: list[str]) -> dict[str, dict[str, float]]:
    """ms of CPU time for a MiB of data that isn't compressed."""
    mebibytes = sum(Path(file).stat().st_size for file in files) / MIB
    model = Model(0)
    found = {}
    with Blocks() as blocks:
        blocks.done(f"open {DEVICE}")
        for file in files:
            blocks.done(f"file {file}")
        for step, name in STEPS.items():
            before = model.counters()["cpu_us"]
            blocks.done(step)
            found[name] = (model.counters()["cpu_us"] - before) / 1000 / mebibytes
    model.close()
    found[BOTH] = sum(found.values())
    return {"iommufd": found}
