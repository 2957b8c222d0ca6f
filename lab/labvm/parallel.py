# SPDX-License-Identifier: BSD-3-Clause
"""Several machines at work at the same time."""
from concurrent.futures import ThreadPoolExecutor
from typing import Callable, Protocol, TypeVar

from labvm.progress import Step


class Run(Protocol):
    """What one machine is booted for."""

    def state(self) -> str:
        """For the progress line; empty while the machine isn't running."""

    def stop(self) -> None:
        """Ends the machine, if it is running."""


AnyRun = TypeVar("AnyRun", bound=Run)
Result = TypeVar("Result")


def each(what: str, runs: list[AnyRun], at_once: int,
         work: Callable[[AnyRun], Result]) -> list[Result]:
    """The result of work(run) for every run; where one raises, the others are ended."""
    def state() -> str:
        return "; ".join(filter(None, (run.state() for run in runs)))

    with Step(f"{what} on {len(runs)} machine(s)", state), ThreadPoolExecutor(at_once) as pool:
        futures = [pool.submit(work, run) for run in runs]
        try:
            return [future.result() for future in futures]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for run in runs:
                run.stop()
            raise
