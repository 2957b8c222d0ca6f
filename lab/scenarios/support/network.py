# SPDX-License-Identifier: BSD-3-Clause
"""The kernel's ends of the two segments: network namespaces, and traffic between them."""
import contextlib
import hashlib
import subprocess
from dataclasses import dataclass
from pathlib import Path

from support.machine import wait_until

PORT = 5000
TRANSFER_SECONDS = 120
SEGMENT = 1460          # of a TCP stream, that an Ethernet frame carries at most
LIBRARIES = Path("/usr/lib/x86_64-linux-gnu")


def _run(argv: list[str], **how) -> subprocess.CompletedProcess:
    done = subprocess.run(argv, capture_output=True, text=True, **how)
    assert done.returncode == 0, f"{' '.join(argv)}: exit {done.returncode}\n{done.stderr}"
    return done


def _from(source: str) -> list[str]:
    """ping's arguments for one of several addresses as the source."""
    return ["-I", source] if source else []


@dataclass(frozen=True)
class Namespace:
    """One end: a network namespace with one interface, eth0."""
    name: str
    address: str

    @classmethod
    @contextlib.contextmanager
    def of(cls, interface: str, name: str, address: str):
        """A new namespace for an interface of the kernel's, for a while."""
        end = cls(name, address)
        _run(["ip", "netns", "add", name])
        try:
            _run(["ip", "link", "set", interface, "netns", name, "name", "eth0"])
            end.ip("addr", "add", f"{address}/24", "dev", "eth0")
            end.ip("link", "set", "eth0", "up")
            yield end
        finally:
            _run(["ip", "netns", "del", name])

    def inside(self, *command: str) -> list[str]:
        return ["ip", "netns", "exec", self.name, *command]

    def run(self, *command: str) -> str:
        return _run(self.inside(*command)).stdout

    def ip(self, *command: str) -> str:
        return _run(["ip", "-n", self.name, *command]).stdout

    @property
    def mac(self) -> str:
        return self.run("cat", "/sys/class/net/eth0/address").strip()

    def reaches(self, address: str, source: str = "") -> bool:
        """Whether one ping is answered; from which of its addresses may be told."""
        return subprocess.run(self.inside("ping", "-c1", "-W1", *_from(source), address),
                              capture_output=True).returncode == 0

    def listens(self) -> bool:
        return bool(self.run("ss", "-Hltn", f"sport = :{PORT}"))


LEFT = Namespace("left", "10.0.1.1")
RIGHT = Namespace("right", "10.0.1.2")


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_payload(path: Path, length: int) -> None:
    """Makes a file to send: real programs, at least so many bytes of them."""
    with path.open("wb") as file:
        for library in sorted(LIBRARIES.glob("librte_*.so.*")):
            if file.tell() >= length:
                break
            file.write(library.read_bytes())
    assert path.stat().st_size >= length


def send_file(sender: Namespace, receiver: Namespace, path: Path) -> str:
    """Sends a file by TCP; returns the SHA-256 of what arrived."""
    arrived = path.with_suffix(".arrived")
    listener = subprocess.Popen(receiver.inside(
        "socat", "-u", f"TCP-LISTEN:{PORT},reuseaddr", f"CREATE:{arrived}"))
    try:
        wait_until(receiver.listens, f"socat listens in {receiver.name}")
        _run(sender.inside("socat", "-u", f"OPEN:{path}", f"TCP:{receiver.address}:{PORT}"),
             timeout=TRANSFER_SECONDS)
        listener.wait(TRANSFER_SECONDS)
        return sha256(arrived)
    finally:
        listener.kill()
        listener.wait()
        arrived.unlink(missing_ok=True)


@contextlib.contextmanager
def flood(sender: Namespace, address: str, source: str = ""):
    """Pings as fast as they are answered, for a while."""
    ping = subprocess.Popen(sender.inside("ping", "-f", "-q", *_from(source), address),
                            stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        ping.kill()
        ping.wait()


def assert_reachable(sender: Namespace = LEFT, address: str = RIGHT.address) -> None:
    """Something forwards between the segments: pings get through."""
    wait_until(lambda: sender.reaches(address), f"{sender.name} reaches {address}")


def assert_forwarded(path: Path) -> None:
    """A file gets from the left to the right and is the same there."""
    assert_reachable()
    assert send_file(LEFT, RIGHT, path) == sha256(path)


def assert_file_is_counted(app, path: Path) -> None:
    """A file goes from left to right, and both ports count it."""
    app.command("clear port stats all")
    assert_forwarded(path)
    frames = path.stat().st_size // SEGMENT
    (from_left, to_left), (from_right, to_right) = app.packets(0), app.packets(1)
    assert from_left >= frames and to_right >= frames
    assert from_right > 0 and to_left > 0


@contextlib.contextmanager
def routed(end: Namespace, mac: str, address: str, far: str, gateway_mac: str):
    """Another MAC and address for a while, and the far end behind a gateway.

    l3fwd has routes and next hops compiled in, and answers no ARP.
    """
    old = end.mac
    try:
        end.ip("link", "set", "eth0", "address", mac)
        end.ip("addr", "add", f"{address}/24", "dev", "eth0")
        end.ip("route", "add", f"{far}/32", "dev", "eth0", "src", address)
        end.ip("neigh", "replace", far, "lladdr", gateway_mac, "dev", "eth0")
        yield
    finally:
        end.ip("neigh", "flush", "dev", "eth0")
        end.ip("neigh", "del", far, "dev", "eth0")
        end.ip("route", "del", f"{far}/32", "dev", "eth0")
        end.ip("addr", "del", f"{address}/24", "dev", "eth0")
        end.ip("link", "set", "eth0", "address", old)
