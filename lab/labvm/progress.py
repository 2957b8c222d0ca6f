# SPDX-License-Identifier: BSD-3-Clause
"""Says what a long step is doing, how long it has taken and what it waits for."""
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Callable

from labvm.errors import LabError, tail

QUIET_SECONDS = 2  # a step that is over sooner says nothing
TTY_SECONDS = 1
LOG_SECONDS = 30


class Step:
    """A step of seconds or minutes: `with Step("kernel measure"): ...`

    On a terminal one line is rewritten; elsewhere there is a line at the start,
    one every 30 seconds and one at the end. A step of a moment says nothing.
    """

    def __init__(self, title: str, detail: Callable[[], str] = lambda: ""):
        self.title = title
        self.detail = detail
        self.tty = sys.stderr.isatty()
        self.announced = False
        self.done = threading.Event()
        self.thread = threading.Thread(target=self._repeat, daemon=True)

    def __enter__(self) -> "Step":
        self.started = time.monotonic()
        self.thread.start()
        return self

    def __exit__(self, kind, value, trace) -> None:
        self.done.set()
        self.thread.join()
        if self.announced:
            outcome = "failed after" if kind else "done in"
            self._say(f"{self.title}: {outcome} {self._elapsed()} s", last=True)

    def _elapsed(self) -> int:
        return round(time.monotonic() - self.started)

    def _repeat(self) -> None:
        if self.done.wait(QUIET_SECONDS):
            return
        self.announced = True
        self._say(f"{self.title} ...")
        while not self.done.wait(TTY_SECONDS if self.tty else LOG_SECONDS):
            detail = self.detail()
            self._say(f"{self.title}: {self._elapsed()} s" + (f", {detail}" if detail else ""))

    def _say(self, text: str, last: bool = False) -> None:
        line = f"lab: {text}"
        if self.tty:
            width = shutil.get_terminal_size().columns - 1
            line = "\r\x1b[K" + line[:width] + ("\n" if last else "")
        else:
            line += "\n"
        sys.stderr.write(line)
        sys.stderr.flush()


def last_line(log: Path) -> str:
    """What a step is at: the newest line of its log."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 400))
            lines = file.read().decode(errors="replace").split("\n")
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def run_logged(argv: list[str], title: str, log: Path, what_to_do: str) -> None:
    """Runs a long command with its output in a log that a failure quotes."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output, Step(title, lambda: last_line(log)):
        with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=output,
                              stderr=subprocess.STDOUT) as process:
            try:
                status = process.wait()
            except BaseException:
                process.kill()
                raise
        if status:
            raise LabError(f"{title} failed (exit status {status}).\n{what_to_do}\n"
                           f"The log is {log}; its end:\n{tail(log)}")
