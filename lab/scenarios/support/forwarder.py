# SPDX-License-Identifier: BSD-3-Clause
"""dpdk-test-iommufd at its prompt."""
import re

from support.application import TEST_IOMMUFD, Interactive, allowed
from support.machine import Nic


class Forwarder(Interactive):
    """Our application, with two lcores; it needs no launcher."""
    prompt = "test-iommufd> "

    def __init__(self, nics: list[Nic], *eal: str, mode: str = "io", app: tuple[str, ...] = (),
                 environment: dict[str, str] | None = None):
        devices = allowed(*nics) if nics else ("--no-pci",)
        super().__init__([TEST_IOMMUFD, "-l", "0-1", *devices, *eal, "--", "-i",
                          "--total-num-mbufs=8192", f"--forward-mode={mode}", *app], environment)

    def packets(self, port: int) -> tuple[int, int]:
        """(received, sent) by a port since its counters were cleared."""
        text = self.command(f"show port stats {port}")
        received, sent = (re.search(rf"{way}-packets: (\d+)", text) for way in ("RX", "TX"))
        assert received and sent, f"no packet counters in:\n{text}"
        return int(received[1]), int(sent[1])

    def forwarded(self) -> tuple[int, int]:
        """(received, sent) by all streams since the start."""
        text = self.command("show fwd stats")
        found = re.findall(r"RX-packets: (\d+) +TX-packets: (\d+)", text)[-1]
        return int(found[0]), int(found[1])

    def verified(self) -> dict[str, int]:
        """What --verify counted: {"good": 1000, "lost": 0, ...}."""
        text = self.command("show verify")
        line = re.search(r"verify: (.*)", text)
        assert line, text
        return {name: int(number) for name, number in re.findall(r"(\w+) (\d+)", line[1])}
