# SPDX-License-Identifier: BSD-3-Clause
"""What applications tell by DPDK's telemetry, asked with Debian's dpdk-telemetry.py."""
import json
import os
import subprocess

CLIENT = "dpdk-telemetry.py"


class Gone(Exception):
    """There is no application that answers, or it has ended."""


class Client:
    """dpdk-telemetry.py, connected to an application that runs."""

    def __init__(self, file_prefix: str = "rte"):
        self.process = subprocess.Popen(
            [CLIENT, "-f", file_prefix], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"})

    def ask(self, question: str):
        """What it answers: None where it can't."""
        try:
            self.process.stdin.write(question + "\n")
            self.process.stdin.flush()
            return json.loads(self.process.stdout.readline())[question.partition(",")[0]]
        except (OSError, ValueError):
            self.close()
            raise Gone(question) from None

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()


_clients: dict[str, Client] = {}  # starting one takes a second in the lab


def telemetry(question: str, file_prefix: str = "rte"):
    """What the application that runs now answers: None where it can't."""
    if file_prefix in _clients:
        try:
            return _clients[file_prefix].ask(question)
        except Gone:
            pass  # it was of an application before this one
    _clients[file_prefix] = Client(file_prefix)
    return _clients[file_prefix].ask(question)


def listed(command: str, *arguments: str | int, file_prefix: str = "rte",
           whose: str = "iommufd") -> list[dict]:
    """All objects of a kind, in as many questions as it takes."""
    objects: list[dict] = []
    while True:
        words = (f"/{whose}/{command}", *arguments, len(objects))
        answer = telemetry(",".join(map(str, words)), file_prefix)
        assert answer is not None, words
        shown = answer[command]
        assert list(shown) == [str(len(objects) + number) for number in range(len(shown))]
        objects += shown.values()
        assert answer.get("next", answer["total"]) == len(objects)
        if len(objects) == answer["total"]:
            return objects


def listed_by_bus(command: str) -> list[dict]:
    """The same, of the iommufd bus."""
    return listed(command, whose="iommufd_bus")
