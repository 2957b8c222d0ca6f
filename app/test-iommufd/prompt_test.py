# SPDX-License-Identifier: BSD-3-Clause
"""The application at a terminal: its prompt completes, explains, and refuses what is wrong.

What commands of address spaces do with devices is in lab/scenarios.
"""
import re
import signal

import pexpect
import pytest

from program import PROGRAM, PROMPT, SECONDS, argv, run, succeeds

# A command's line in help: its usage, in several words, and what it does
HELP_LINE = re.compile(r"^  (\S.*?) {2,}(\S.*)$", re.MULTILINE)
TAB, BEGINNING, ERASE = "\t", "\x01", "\x0b"

# For each command with arguments: what is wrong with which, and what is said
WRONG = (
    ("show as x", "x: not a number from 0"),
    ("show as shared", "there is no shared address space: start with --iova-mode=iommufd"),
    ("show as 7", "iommufd is not in use: start with --iova-mode=iommufd"),
    ("show port summary 5", "5: no port; there are: 0"),
    ("show port info none", "none: no port; there are: 0"),
    ("show port stats 5", "5: no port; there are: 0"),
    ("show port xstats 5", "5: no port; there are: 0"),
    ("show queue 5", "5: no port; there are: 0"),
    ("show queue 5 0", "5: no port; there are: 0"),
    ("show queue 0 7", "7: no queue; port 0 has 1 for receiving and 1 for sending"),
    ("show queue 0 x", "x: not a number from 0 to 65535"),
    ("wait packets many", "many: not a number from 0"),
    ("wait packets 1", "nothing is running"),
    ("wait long", "long: not a number from 0"),
    ("set fwd fish", "fish: no engine; there are: io mac"),
    ("set burst 513", "513: not a number from 1 to 512"),
    ("set zip flat", "flat: not both, compress or decompress"),
    ("set txpkts 1", "1: not bytes of the first buffer (64 at least)"),
    ("set tx-pps -1", "-1: not a number from 0"),
    ("set eth-peer nobody", "nobody: not PORT,M:M:M:M:M:M"),
    ("set verify maybe", "maybe: neither on nor off"),
    ("set record-core-cycles maybe", "maybe: neither on nor off"),
    ("port start 5", "5: no port; there are: 0"),
    ("port stop 5", "5: no port; there are: 0"),
    ("port attach net_nothing0", "net_nothing0 can't be attached"),
    ("port detach 5", "5: no port; there are: 0"),
    ("port detach 0", "port 0 is started: stop it first"),
    ("clear port stats 5", "5: no port; there are: 0"),
    ("clear port xstats 5", "5: no port; there are: 0"),
    ("as create", "an address space can't be created: Operation not supported"),
    ("as destroy 5", "5: not an address space that was created here"),
    ("as map 5 0 4k", "4k: not an address or a number of bytes"),
    ("as map 5 0 4096", "5: not an address space that was created here"),
    ("as unmap 5 zero 4096", "zero: not an address or a number of bytes"),
    ("as copy 5 0 x 0 4096", "x: not a number from 0"),
    ("as bind shared 0000:01:00.0", "there is no shared address space"),
    ("queue bind 0000:03:00.0 0 77", "77: not an address space that was created here"),
    ("queue unbind 0000:03:00.0 0", "queue 0 can't be bound: No such device"),
    ("as rebind 0000:01:00.0 0 5", "0: not a number from 1"),
    ("as rebind 0000:01:00.0 1 5", "0000:01:00.0: PASID 1 was not bound here"),
    ("as unbind 0000:01:00.0 1", "0000:01:00.0: PASID 1 was not bound here"),
    ("mem add gold 4096", "gold: no kind of memory; there are: hugepages anonymous file"),
    ("mem add hugepages 4k", "4k: not an address or a number of bytes"),
    ("mem add hugepages 100", "100: not a number of whole pages of 4096 bytes"),
    ("mem add hugepages 0x10000000000", "1024 GiB of hugepages memory can't be had: "),
    ("mem add anonymous 4096", "can't be mapped for devices"),
    ("mem add file 4096", "(start with --iova-mode=iommufd)"),
    ("mem remove 0", "0: not a number from 1"),
    ("mem remove 1", "1: not memory that was added here; show mem has it all"),
    ("probe-address here", "here: not an address or a number of bytes"),
    ("probe-address 0", "iommufd is not in use: start with --iova-mode=iommufd"),
    ("help nothing", "nothing: no command begins so"),
)

# What is typed, and what becomes of it
COMPLETED = (
    ("sh{TAB}io{TAB}", "show iommufd"),
    ("set fwd macs{TAB}", "set fwd macswap"),
    ("set ver{TAB}of{TAB}", "set verify off"),
    ("port stop a{TAB}", "port stop all"),
    ("show as sh{TAB}", "show as shared"),
    ("mem a{TAB}hug{TAB}", "mem add hugepages"),
    ("pro{TAB}", "probe-address"),
    ("as reb{TAB}", "as rebind"),
)


class Terminal:
    """It at a terminal, whose keys are sent one by one."""

    def __init__(self):
        self.child = pexpect.spawn(PROGRAM, argv("-i")[1:], encoding="utf-8", timeout=SECONDS,
                                   dimensions=(100, 200))
        self.child.delaybeforesend = None
        self.child.expect_exact(PROMPT)

    def command(self, line):
        self.child.sendline(line)
        self.child.expect_exact(PROMPT)
        return self.child.before.replace("\r", "")

    def type(self, keys):
        self.child.send(keys)

    def erase(self):
        """The line that is being typed; a command is carried out then as if it had never been."""
        self.child.sendline(BEGINNING + ERASE + "show config")
        self.child.expect_exact("--tx-pps")
        self.child.expect_exact(PROMPT)

    def shows(self, text):
        """It is on the screen next, whatever is erased beside it."""
        self.child.expect("".join(re.escape(one) + r"(?:\x1b\[0?K)*" for one in text))

    def end(self):
        """Waits for its end; returns the exit status."""
        self.child.expect_exact(pexpect.EOF)
        self.child.close()
        return self.child.exitstatus

    def kill(self):
        if self.child.isalive():
            self.child.kill(signal.SIGKILL)
            self.child.wait()


@pytest.fixture(scope="class")
def lasting(tmp_path_factory):
    """One for all tests of a class."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RUNTIME_DIRECTORY", str(tmp_path_factory.mktemp("run")))
        patch.setenv("ASAN_OPTIONS", "detect_leaks=0")
        terminal = Terminal()
    yield terminal
    terminal.kill()


@pytest.fixture
def terminal():
    terminal = Terminal()
    yield terminal
    terminal.kill()


def usages(terminal):
    """What help says: [(usage, what it does), ...]."""
    return [(usage, what) for usage, what in HELP_LINE.findall(terminal.command("help"))]


class TestPrompt:
    """One run, which stays at its prompt whatever is typed."""

    @pytest.mark.parametrize("keys, completed", COMPLETED, ids=lambda words: words.split("{")[0])
    def test_words_and_arguments_are_completed(self, lasting, keys, completed):
        lasting.type(keys.replace("{TAB}", TAB))
        lasting.shows(completed + " ")
        lasting.erase()

    def test_each_command_explains_itself_where_it_is_typed(self, lasting):
        """A TAB in the place of its first argument, or of its last word, shows what it does."""
        known = usages(lasting)
        assert len(known) > 40
        for usage, what in known:
            words = usage.split()
            place = next((number for number, word in enumerate(words) if word.isupper()),
                         len(words) - 1)
            lasting.type("".join(f"{word} " for word in words[:place]) + TAB)
            lasting.shows(what)
            lasting.erase()

    def test_each_command_has_help_and_is_found_by_its_first_word(self, lasting):
        known = usages(lasting)
        assert len(set(known)) == len(known) == lasting.command("help").count("\n  ")
        for word in sorted({usage.split()[0] for usage, _ in known}):
            some = HELP_LINE.findall(lasting.command(f"help {word}"))
            assert some == [one for one in known if one[0].split()[0] == word]

    @pytest.mark.parametrize("line, complaint", WRONG, ids=lambda text: text.replace(" ", "_"))
    def test_wrong_arguments_are_refused_with_what_is_right(self, lasting, line, complaint):
        assert complaint in lasting.command(line)

    def test_each_command_with_arguments_was_given_wrong_ones(self, lasting):
        """In the list above; benches have tests of their own."""
        def fits(usage, line):
            words, given = usage.split(), line.split()
            return len(words) == len(given) and all(
                word.isupper() or word == one for word, one in zip(words, given))
        unrefused = [usage for usage, _ in usages(lasting)
                     if usage.split()[-1].isupper() and not usage.startswith("bench ")
                     and not any(fits(usage, line) for line, _ in WRONG)]
        assert unrefused == []

    def test_what_is_no_command_is_refused(self, lasting):
        assert "Command not found" in lasting.command("hello")
        for line in ("show nothing", "as", "mem add", "probe-address", "start now"):
            assert re.search("Bad arguments|Ambiguous|Incomplete", lasting.command(line)), line

    def test_everything_can_be_shown_without_devices(self, lasting):
        for line, expected in (
                ("show iommufd", "not in use: start with --iova-mode=iommufd"),
                ("show port summary all", "net_ring0"), ("show port info 0", "driver net_ring"),
                ("show port stats 0", "RX-packets: 0"),
                ("show port xstats 0", "rx_good_packets: 0"),
                ("show queue 0", "RX queue 0"), ("show queue 0 0", "TX queue 0"),
                ("show fwd streams", "nothing was started"),
                ("show fwd stats", "nothing was started"), ("show verify", "nothing is checked"),
                ("show config", "--burst=32"), ("show mem", "none was added here")):
            assert expected in lasting.command(line)


def test_arguments_are_shown_with_what_they_may_be(terminal):
    terminal.type("port stop " + TAB)
    terminal.shows(" 0 [a port, or all]: stop ports; forwarding must be stopped")
    terminal.erase()
    terminal.type("mem add " + TAB)
    for kind in ("hugepages", "anonymous", "file"):
        terminal.shows(f" {kind} [a kind of memory]: more memory for devices, and its number")
    terminal.erase()
    assert "memory 1: " in terminal.command("mem add hugepages 4096")
    terminal.type("mem remove " + TAB)
    terminal.shows("1 ")


@pytest.mark.parametrize("key", ["\x03", "\x04"], ids=["Ctrl-C", "Ctrl-D"])
def test_it_ends_by(terminal, key):
    terminal.command("start")
    terminal.type(key)
    terminal.shows("all streams of io")
    assert terminal.end() == 0


def test_it_ends_when_told_to(terminal):
    terminal.child.sendline("quit")
    assert terminal.end() == 0


class TestMemory:
    """Of EAL's heap, which has its size from the start here."""

    def test_it_is_taken_and_given_back(self):
        said = succeeds("--exec", "mem add hugepages 0x100000; mem add hugepages 4096; show mem;"
                        "mem remove 1; show mem")
        assert re.findall(r"^memory (\d+): (\d+ \w+) of hugepages, process (0x\w+), IOVA \3$", said,
                          re.MULTILINE)[2:] == re.findall(
            r"^memory (\d+): (\d+ \w+) of hugepages, process (0x\w+), IOVA \3$", said,
            re.MULTILINE)[:2] + re.findall(
            r"^memory (2): (4 KiB) of hugepages, process (0x\w+), IOVA \3$", said,
            re.MULTILINE)[:1]
        assert "have grown" not in said and said.count("EAL's heaps have 256 MiB") == 2

    def test_what_was_removed_is_there_no_more(self):
        status, said = run("--exec", "mem add hugepages 4096; mem remove 1; mem remove 1")
        assert status == 1 and "1: not memory that was added here" in said
