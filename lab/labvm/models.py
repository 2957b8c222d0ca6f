# SPDX-License-Identifier: BSD-3-Clause
"""The ZIP accelerators of a machine: a program beside QEMU for each (lab/hisi_zip_model)."""
import subprocess
import time
from pathlib import Path

from labvm.errors import LabError, tail
from labvm.machine import Options, zip_paths
from labvm.sandbox import Bind, chrooted

PROGRAM = "/build/project/hisi-zip-model"
START_SECONDS = 60
END_SECONDS = 5     # from the end of QEMU to the model's
POLL_SECONDS = 0.05


def options_of_each(options: Options) -> list[list[str]]:
    """The models' arguments: "version=5/no-pri" is for the first ZIP and for all others."""
    said = [[f"--{option}" for option in each.split(",") if option]
            for each in options.zip_opts.split("/")]
    return [said[min(number, len(said) - 1)] for number in range(options.zip)]


class Model:
    """One running model. Its sockets and its log are in the run's directory: its /out."""

    def __init__(self, number: int, options: list[str], tools: Path, build: Path, run: Path):
        self.name = f"zip{number}"
        self.log = run / f"{self.name}.log"
        paths = zip_paths(number)
        self.sockets = [run / Path(path).name for path in (paths.socket, paths.control)]
        # Of an attempt to boot that failed
        for path in self.sockets:
            path.unlink(missing_ok=True)
        argv = chrooted(tools, [Bind(build, "/build"), Bind(run, "/out", writable=True)],
                        [PROGRAM, "--socket", paths.socket, "--monitor", paths.monitor,
                         "--control", paths.control, "--id", self.name, *options])
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            start_new_session=True)

    def wait_until_ready(self) -> None:
        """Waits until it listens: QEMU connects when it starts."""
        deadline = time.monotonic() + START_SECONDS
        while not all(path.exists() for path in self.sockets):
            if self.process.poll() is not None:
                raise LabError(f"the model {self.end()}")
            if time.monotonic() > deadline:
                raise LabError(f"the model {self.name} does not listen after {START_SECONDS} s. "
                               f"End of its log ({self.log}):\n{tail(self.log)}")
            time.sleep(POLL_SECONDS)

    def end(self) -> str:
        """How it ended; empty while it is running."""
        if self.process.poll() is None:
            return ""
        return (f"{self.name} ended with status {self.process.returncode}. End of its log "
                f"({self.log}):\n{tail(self.log)}")

    def stop(self) -> None:
        """It ends when QEMU has gone, or is ended."""
        try:
            self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Models:
    """All models of a machine, from before QEMU's start until after its end."""

    def __init__(self, options: Options, tools: Path, build: Path | None, run: Path):
        self.running: list[Model] = []
        try:
            for number, more in enumerate(options_of_each(options)):
                self.running.append(Model(number, more, tools, build, run))
            for model in self.running:
                model.wait_until_ready()
        except BaseException:
            self.kill()
            raise

    def ends(self) -> list[str]:
        """How those ended that are no longer running."""
        return [end for end in (model.end() for model in self.running) if end]

    def failures(self) -> list[str]:
        """How those ended that did not just end with QEMU."""
        return [model.end() for model in self.running if (model.process.poll() or 0) > 0]

    def stop(self) -> None:
        for model in self.running:
            model.stop()

    def kill(self) -> None:
        for model in self.running:
            model.process.kill()
            model.process.wait()
