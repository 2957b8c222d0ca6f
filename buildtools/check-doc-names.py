#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause

"""Look up what the guides and READMEs name in the project, and complain of what isn't there.

Looked up are words in ``literals`` (pages) and `literals` (READMEs): paths of files, functions and
constants of the public headers, scenarios, telemetry's commands, and environment variables. On the
page of a program its options (.. option::) are compared with what the program shows, both ways.
Figures, as 1,234 or 123.45, must be in lab/README.md, which has the commands that make them.
"""

import argparse
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

LITERAL = re.compile(r"``(.+?)``|`([^`\n]+)`", re.DOTALL)
BLOCK = re.compile(r"^(?:    |\t).*$", re.MULTILINE)
TOP = r"(?:app|buildtools|doc|drivers|examples|lab|lib|usertools)"
NO_FILE = r"\b(?!\.\w)"  # behind a word
PAGE_OPTION = re.compile(r"^\.\. option:: (.+)$", re.MULTILINE)
FIGURE = re.compile(r"\d{1,3}(?:,\d{3})+|\d{3,}\.\d\d")
HELP_OPTION = re.compile(r"^ +(-.*?)(?:  |$)", re.MULTILINE)
OPTION = re.compile(r"(?<![\w-])--?[a-z][\w-]*")


@dataclass(frozen=True)
class Names:
    """A kind of names: what they look like, and the files one of which must have them."""
    pattern: re.Pattern
    patterns: tuple[str, ...]
    words: str = r"\w+"  # what such a name can be there

    def known(self, top):
        """All words in these files."""
        words = set()
        for pattern in self.patterns:
            for path in top.glob(pattern):
                words |= set(re.findall(self.words, path.read_text()))
        return words


KINDS = (
    Names(re.compile(r"\b(?:rte_(?:bus_)?iommufd|RTE_(?:(?:BUS|PMD_REGISTER)_)?IOMMUFD)_?\w*"
                     rf"{NO_FILE}"),
          ("lib/eal_iommufd/rte_iommufd.h", "drivers/bus/iommufd/*.h")),
    Names(re.compile(rf"\btest_\w+{NO_FILE}"), ("lab/scenarios/*.py",)),
    Names(re.compile(r"(?<!\w)/iommufd(?:_bus)?/\w+"),
          ("lib/eal_iommufd/*telemetry.c", "drivers/bus/iommufd/*telemetry.c"), r'"(/\w+/\w+)"'),
    # Those of the lab are made of its options
    Names(re.compile(r"\bDPDK_IOMMUFD_(?!LAB_)\w+"), ("usertools/*.py", "drivers/**/version.map")),
)


def is_there(top, path):
    """Whether a path names a file or directory, or several (*)."""
    path = path.rstrip("/.,:;")
    return (top / path).exists() or any(top.glob(path))


def literals_of(text):
    """What is set as code, with the paths that links of READMEs lead to."""
    for found in LITERAL.finditer(text):
        yield found[1] or found[2]
    yield from BLOCK.findall(text)


def check_page(top, page, known, figures):
    """Complaints about a page."""
    text = page.read_text()
    where = page.relative_to(top)
    for literal in literals_of(text):
        for path in re.findall(rf"(?<![\w./-]){TOP}/[\w./*-]+", literal):
            if not is_there(top, path):
                yield f"{where}: there is no {path}"
        for kind, words in known:
            for name in kind.pattern.findall(literal):
                if name not in words and not (name.endswith("_") and any(
                        word.startswith(name) for word in words)):
                    yield f"{where}: {name} is in none of {', '.join(kind.patterns)}"
    for figure in FIGURE.findall(text):
        if figure not in figures:
            yield f"{where}: the figure {figure} isn't in lab/README.md"
    for link in re.findall(r"\]\((?!\w+:)([^)#]+)\)", text):
        if not (page.parent / link).exists():
            yield f"{where}: links to {link}, which isn't there"


def options_in(pattern, text):
    """The options that the matches of a pattern have."""
    return {option for found in pattern.findall(text) for option in OPTION.findall(found)}


def check_options(top, page, command):
    """Complaints about a page with the options of a program, which the command shows."""
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0:
        return [f"{' '.join(command)}: exit status {result.returncode}: {result.stderr}"]
    shown = options_in(HELP_OPTION, result.stdout)
    described = options_in(PAGE_OPTION, (top / page).read_text())
    program = Path(command[0]).name
    return [f"{page}: {program} has no option {option}" for option in sorted(described - shown)] + \
        [f"{page}: {option} of {program} is missing" for option in sorted(shown - described)]


def main():
    """Entry point; the exit status is 1 where something isn't there."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("top", type=Path, help="the project's directory")
    parser.add_argument("--program", nargs=2, action="append", default=[],
                        metavar=("PAGE", "COMMAND"), help="a program's page, and what shows help")
    args = parser.parse_args()
    top = args.top.resolve()

    pages = [*sorted(top.glob("doc/**/*.rst")), top / "README.md", top / "lab/README.md"]
    known = [(kind, kind.known(top)) for kind in KINDS]
    figures = set(FIGURE.findall((top / "lab/README.md").read_text()))
    complaints = [complaint for page in pages
                  for complaint in check_page(top, page, known, figures)]
    for page, command in args.program:
        complaints += check_options(top, page, shlex.split(command))
    print("\n".join(complaints) or f"{len(pages)} pages name only what is there")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
