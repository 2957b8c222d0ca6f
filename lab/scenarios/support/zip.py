# SPDX-License-Identifier: BSD-3-Clause
"""The ZIP accelerators: what the kernel shows of them, what their model tells, who uses them."""
import re
import time
from pathlib import Path

from support.application import COMMAND_SECONDS, EXAMPLES, Prompted
from support.machine import PCI
from support.port import Port, port_names

PORT = "lab.zip"
UACCE = Path("/sys/class/uacce")
DMAR = Path("/sys/kernel/debug/iommu/intel/dmar_translation_struct")
ANSWER_SECONDS = 30
FIRST_REQUESTS = 6  # those of the kernel's self-tests of one direction and the other
ALL = 1 << 20
SVA = 1     # of the flags
EXERCISE_REQUESTS = 3   # for each round of an exercise
SUCCESS, FAULT = 0, 0x0a    # a request's status (lab/hisi_zip_model/zip.h)


class ModelError(AssertionError):
    """The model refused a question."""


class Model:
    """The program behind a ZIP, which tells what the ZIP did."""

    def __init__(self, number: int):
        self.port = Port(f"{PORT}{number}")

    def ask(self, question: str, **more) -> dict:
        self.port.send({"ask": question, **more})
        answer = self.port.receive(time.monotonic() + ANSWER_SECONDS, f"answer to {question}")
        if "error" in answer:
            raise ModelError(f"{self.port.name}: {question}: {answer['error']}")
        return answer

    def counters(self) -> dict:
        return self.ask("counters")

    def faults_of(self, pasid: int) -> int:
        """How many there were with a PASID."""
        return self.counters()["pasids"].get(str(pasid), {"faults": 0})["faults"]

    def next_serial(self, kind: str) -> int:
        """The number of the request or fault that comes next: the first has 0."""
        return self.counters()[kind]

    def last(self, kind: str, since: int = 0, limit: int = ALL) -> list[dict]:
        """What is still remembered of the requests or faults, from a serial number on."""
        return self.ask(kind, since=since, limit=limit)[kind]

    def latest(self, kind: str) -> dict:
        """The newest request or fault."""
        return self.last(kind, self.next_serial(kind) - 1)[-1]

    def misbehave(self, how: str, requests: int = 1) -> None:
        self.ask("misbehave", how=how, requests=requests)

    def close(self) -> None:
        self.port.close()


class Accelerator:
    """A ZIP in the guest; its number is the same there as outside."""

    def __init__(self, number: int):
        self.number = number
        self.model = Model(number)
        # The model forgets them when it has had many more
        self.first_requests = self.model.last("requests", 0, FIRST_REQUESTS)

    @staticmethod
    def count() -> int:
        """How many the machine has."""
        return sum(name.startswith(PORT) for name in port_names())

    @property
    def name(self) -> str:
        return f"hisi_zip-{self.number}"

    @property
    def node(self) -> Path:
        return Path("/dev") / self.name

    @property
    def pci(self) -> str:
        return (UACCE / self.name / "device").resolve().name

    @property
    def sysfs(self) -> Path:
        return PCI / "devices" / self.pci

    def attribute(self, name: str) -> str:
        return (UACCE / self.name / name).read_text().strip()

    @property
    def available(self) -> int:
        """Queues that nobody has."""
        return int(self.attribute("available_instances"))

    def reset(self) -> None:
        """Has the kernel reset it, under whoever uses it."""
        (self.sysfs / "reset").write_text("1")

    def pasids(self) -> set[int]:
        """Those in the IOMMU's PASID table that lead somewhere."""
        found = set()
        mine = False
        bus_device_function = self.pci.partition(":")[2]
        for line in DMAR.read_text().splitlines():
            words = line.split()
            # The first line of a device has its address and two entries more
            if re.match(r"[0-9a-f]{2}:[0-9a-f]{2}\.", line):
                mine = words[0] == bus_device_function
                words = words[3:]
            if mine and len(words) == 2 and words[0].isdigit():
                found.add(int(words[0]))
        return found


class Zip(Prompted):
    """lab/apps/zip.c: requests at its own addresses, by the kernel's uacce interface alone."""
    prompt = "zip> "

    def __init__(self, *before: str):
        super().__init__([*before, EXAMPLES / "zip"])

    def begin(self, line: str) -> None:
        """Has a command started."""
        self.child.sendline(line)

    def finish(self, seconds: float = COMMAND_SECONDS) -> str:
        """Waits for the end of the command that was begun; returns the last line it printed."""
        return self.expect(self.prompt, seconds).splitlines()[-1]

    def stop(self) -> str:
        """Stops "exercise until told"; returns what it says at its end."""
        self.begin("")
        result = self.finish()
        self.finish()   # the empty line is no command
        return result

    def error(self, line: str) -> str:
        """Has a command carried out that must fail; returns the error's symbol."""
        return self.failure(line)[0]

    def open(self, zip_: Accelerator, kind: str = "compress") -> int:
        """Takes a queue; returns its number."""
        return self.number(f"open {zip_.name} {kind}", "queue")

    def buffer(self, kind: str, size: int) -> int:
        """Takes memory; returns its address."""
        return self.number(f"buffer {kind} {size}", "buffer")

    def sum(self, address: int, size: int) -> int:
        """The CRC-32 of what is there."""
        return self.number(f"sum {address:#x} {size}", "sum")

    def submit(self, *what) -> None:
        """Hands in a request, with arguments as request()."""
        self.done(f"submit {_request(*what)}")

    def request(self, *what) -> tuple[int, int]:
        """Has a request done: source, its size, destination, its size. Returns the status (0:
        success) and the number of bytes produced.
        """
        line = f"request {_request(*what)}"
        answer = self.command(line)
        found = re.search(r"^status (\w+) consumed \d+ produced (\d+)$", answer, re.MULTILINE)
        assert found, f"{line}: {answer}"
        return int(found[1], 0), int(found[2])


def _request(source: int, size: int, destination: int, room: int) -> str:
    return f"zlib {source:#x} {size} {destination:#x} {room}"


class Compressor(Zip):
    """A process with a queue, text, and room for what becomes of it."""

    def __init__(self, zip_: Accelerator, size: int = 16384, before: tuple[str, ...] = ()):
        super().__init__(*before)
        self.open(zip_)
        self.source, self.size = self.buffer("malloc", size), size
        self.destination, self.room = self.buffer("malloc", 2 * size), 2 * size
        self.done(f"text {self.source:#x} {size} 1")

    @property
    def transfer(self) -> tuple[int, int, int, int]:
        """Arguments of a request that succeeds."""
        return self.source, self.size, self.destination, self.room

    def assert_works(self) -> None:
        status, produced = self.request(*self.transfer)
        assert status == SUCCESS and produced > 0
