# SPDX-License-Identifier: BSD-3-Clause
"""`lab counters`: what the ZIPs of a running machine have done, asked from this host."""
import contextlib
import json
import os
import socket
import sys
import time
from pathlib import Path

from labvm.artefact import cache_root
from labvm.errors import USAGE, LabError

WATCH_SECONDS = 1
ANSWER_SECONDS = 10
COLUMNS = ("requests", "errors", "faults", "bytes_in", "bytes_out")

# By the ZIP's name; each as the model tells them (lab/hisi_zip_model/record.h)
Counters = dict[str, dict]


def _ask(path: Path, question: dict) -> dict:
    """One question to a model, by its control socket."""
    # The path may be longer than that of a socket may be
    directory = os.open(path.parent, os.O_PATH)
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(ANSWER_SECONDS)
            connection.connect(f"/proc/self/fd/{directory}/{path.name}")
            connection.sendall(json.dumps(question).encode() + b"\n")
            with connection.makefile() as answers:
                return json.loads(answers.readline())
    finally:
        os.close(directory)


def _counters(run: Path) -> Counters:
    """Of the models of a run that are there and answer."""
    found = {}
    for path in sorted(run.glob("zip*.control")):
        with contextlib.suppress(OSError, json.JSONDecodeError):
            found[path.stem] = _ask(path, {"ask": "counters"})
    return found


def _running() -> Path:
    """The newest run with a ZIP."""
    runs = sorted((cache_root() / "run").glob("*"), key=lambda run: run.stat().st_mtime)
    for run in reversed(runs):
        if _counters(run):
            return run
    raise LabError("no machine with a ZIP is running: lab shell --zip 1 starts one.", USAGE)


def table(counters: Counters) -> str:
    """For people: a block for each ZIP."""
    lines = []
    for name, all_of_it in counters.items():
        lines.append(f"{name:<12}" + "".join(f"{column:>14}" for column in COLUMNS))
        rows = {"all": all_of_it}
        for kind in ("pasid", "queue"):
            rows |= {f"{kind} {key}": of_one for key, of_one in all_of_it[f"{kind}s"].items()}
        for title, row in rows.items():
            lines.append(f"{title:<12}" + "".join(f"{row[column]:>14,}" for column in COLUMNS))
        lines.append(", ".join(f"{key} {value:,}" for key, value in all_of_it.items()
                               if isinstance(value, int) and key not in COLUMNS))
    return "\n".join(lines)


def show(as_json: bool, watch: bool) -> int:
    """Prints them once, or every second until the machine has ended."""
    run = _running()
    counters = _counters(run)
    while counters:
        clear = "\x1b[H\x1b[J" if watch and not as_json and sys.stdout.isatty() else ""
        print(clear + (json.dumps(counters) if as_json else table(counters)), flush=True)
        if not watch:
            break
        time.sleep(WATCH_SECONDS)
        counters = _counters(run)
    return 0
