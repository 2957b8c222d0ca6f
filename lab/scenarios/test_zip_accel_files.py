# SPDX-License-Identifier: BSD-3-Clause
"""examples/zip_accel on files: BGZF and back, on an accelerator or in software."""
import contextlib
import gzip
import os
import struct
import subprocess
import zlib

import pytest

from support.application import Application
from support.compress import Device, device
from support.machine import wait_until
from support.zip_accel import PROGRAM, SOFTWARE, Summary, command, files

pytestmark = pytest.mark.accel

BYTES = 1 << 20
BLOCK = 65280       # BGZF's
END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
TRAILER = struct.Struct("<II")


@pytest.fixture(scope="module")
def text(payload):
    return payload.read_bytes()[:BYTES]


@pytest.fixture(params=["shared", "private", "sva", "software"])
def anything(zips, request):
    """An accelerator, or None for software."""
    if request.param == "software":
        yield None
    else:
        with device(zips[0], request.param) as found:
            yield found


class Files:
    """Names in a directory, for one input after the other."""

    def __init__(self, directory):
        self.plain, self.packed, self.back = (
            directory / name for name in ("plain", "packed.gz", "back"))

    def compress(self, data, used, *options, **how):
        """Returns what it said."""
        self.plain.write_bytes(data)
        return files(used, "--input", self.plain, "--output", self.packed, *options, **how)

    def decompress(self, used, data=None, **how):
        if data is not None:
            self.packed.write_bytes(data)
        return files(used, "--operation", "decompress", "--input", self.packed,
                     "--output", self.back, **how)


@pytest.fixture
def there(tmp_path):
    return Files(tmp_path)


def member(data, extra=b"", level=6):
    """One of BGZF, by Python's zlib; extra fields may stand in front of BGZF's own."""
    packer = zlib.compressobj(level, zlib.DEFLATED, -15)
    packed = packer.compress(data) + packer.flush()
    fields = len(extra) + 6
    size = 12 + fields + len(packed) + TRAILER.size
    return (b"\x1f\x8b\x08\x04\0\0\0\0\0\xff" + struct.pack("<H", fields) + extra
            + b"BC\2\0" + struct.pack("<H", size - 1) + packed
            + TRAILER.pack(zlib.crc32(data), len(data)))


class TestRoundTrip:
    def test_gunzip_reads_it_and_it_reads_it_itself(self, anything, there, text):
        said = Summary(there.compress(text, anything))
        assert subprocess.run(["gunzip", "-c", there.packed], capture_output=True,
                              check=True).stdout == text
        assert said.converted("compressed") == (
            -(-len(text) // BLOCK), len(text), there.packed.stat().st_size)
        assert said.copied == 0
        said = Summary(there.decompress(anything))
        assert there.back.read_bytes() == text
        assert said.copied == 0

    @pytest.mark.parametrize("size", [0, 1, BLOCK + 1])
    def test_any_size(self, sva, there, text, size):
        there.compress(text[:size], sva)
        assert gzip.decompress(there.packed.read_bytes()) == text[:size]
        there.decompress(sva)
        assert there.back.read_bytes() == text[:size]

    @pytest.mark.parametrize("used", ["accelerator", "software"])
    def test_what_gets_no_shorter_is_stored_as_it_is(self, sva, there, used):
        noise = os.urandom(BLOCK + 1)
        there.compress(noise, sva if used == "accelerator" else None)
        # A header, BGZF's and the stored block's, and a trailer for each block, and the end
        assert there.packed.stat().st_size == len(noise) + 2 * (18 + 5 + 8) + len(END)
        there.decompress(sva)
        assert there.back.read_bytes() == noise

    def test_small_blocks_on_several_queues(self, sva, there, text):
        said = Summary(there.compress(text[:BLOCK], sva, "--block-size", "1000", "--queues", "2",
                                      "--burst", "8"))
        assert said.converted("compressed")[0] == said.operations == -(-BLOCK // 1000)
        assert gzip.decompress(there.packed.read_bytes()) == text[:BLOCK]

    def test_copying_is_counted(self, sva, there, text):
        said = Summary(there.compress(text, sva, "--copy"))
        blocks, bytes_in, _ = said.converted("compressed")
        compressed = there.packed.stat().st_size - len(END) - blocks * (18 + 8)
        assert said.copied == bytes_in + compressed
        assert gzip.decompress(there.packed.read_bytes()) == text


class TestOthersBgzf:
    """What Python's zlib has compressed."""

    def test_further_fields_and_members_of_nothing(self, sva, there, text):
        there.decompress(sva, member(text[:1000], extra=b"XY\3\0abc") + END + member(
            text[1000:2000], level=1) + END)
        assert there.back.read_bytes() == text[:2000]

    def test_a_member_of_64_kib_takes_two_mbufs(self, sva, there, text):
        there.decompress(sva, member(text[:65536]) + END)
        assert there.back.read_bytes() == text[:65536]

    def test_software_that_takes_no_chains_says_so(self, there, text):
        said = there.decompress(None, member(text[:65536]) + END, status=1)
        assert "compress_zlib doesn't take chains of mbufs" in said


def changed(data, at):
    return data[:at] + bytes([data[at] ^ 0xff]) + data[at + 1:]


GOOD = member(b"some text " * 1000)
BAD = {
    "plain gzip": (gzip.compress(b"text"), "it is gzip, but not BGZF"),
    "no gzip": (b"some text, as it is", "it isn't gzip data"),
    "no end": (GOOD, "the file was cut off"),
    "cut off": (GOOD + GOOD[:-5], f"member at byte {len(GOOD)}: it is cut off"),
    "cut off in a header": (GOOD + END[:5], "it is cut off"),
    "data": (GOOD[:18] + b"\xff" * 20 + GOOD[38:] + END, "block 0: its data isn't valid"),
    "checksum": (GOOD + changed(GOOD, len(GOOD) - 8) + END, "block 1: its checksum is wrong"),
    "length": (GOOD[:-4] + struct.pack("<I", 10001) + END, "block 0: its length is wrong"),
    "too much": (GOOD[:-4] + struct.pack("<I", 1 << 20) + END, "more than 64 KiB"),
    "size": (GOOD[:16] + b"\1\0" + GOOD[18:] + END, "its header is wrong"),
}


@pytest.mark.parametrize("used, what", [
    *(("accelerator", what) for what in BAD),
    *(("software", what) for what in ("data", "checksum", "length")),
])
def test_bad_input_is_refused_and_leaves_no_output(sva, there, used, what):
    data, why = BAD[what]
    said = there.decompress(sva if used == "accelerator" else None, data, status=1)
    assert f"{there.packed}: " in said and why in said
    assert not there.back.exists()


class TestNames:
    """No accelerator has a part in it."""

    def test_input_that_is_not_there(self, there):
        assert f"--input {there.plain}: No such file or directory" in files(
            None, "--input", there.plain, "--output", there.packed, status=1)

    def test_output_is_overwritten_only_by_force(self, there, text):
        there.packed.write_text("mine")
        said = there.compress(text[:1000], None, status=1)
        assert f"--output {there.packed}: File exists (--force overwrites it)" in said
        assert there.packed.read_text() == "mine"
        there.compress(text[:1000], None, "--force")
        assert gzip.decompress(there.packed.read_bytes()) == text[:1000]

    def test_output_that_is_the_input(self, there, text):
        there.plain.write_bytes(text)
        assert "it is --input" in files(None, "--input", there.plain, "--output", there.plain,
                                        "--force", status=1)
        assert there.plain.read_bytes() == text

    def test_a_full_disk(self, there, text):
        there.plain.write_bytes(text)
        assert "/dev/full: it can't be written: No space left on device" in files(
            None, "--input", there.plain, "--output", "/dev/full", "--force", status=1)
        assert os.path.exists("/dev/full")


class TestSilence:
    """The device doesn't answer."""

    @contextlib.contextmanager
    def waiting(self, zips, there, text, *options):
        """It is at work on a file and gets no answer."""
        there.plain.write_bytes(text)
        zips[1].model.misbehave("silence")
        used = Device(zips[1].name, "sva")
        before = zips[1].model.counters()["requests"]
        with Application(command(used, "--input", there.plain, "--output", there.packed,
                                 *options)) as app:
            wait_until(lambda: zips[1].model.counters()["requests"] > before, "a request")
            yield app

    def test_an_operation_that_takes_too_long(self, zips, there, text):
        with self.waiting(zips, there, text, "--timeout", "1") as app:
            assert app.wait() == 1
        assert f"iommufd:{zips[1].name}: queue pair 0 hasn't done an operation for 1 s" \
            in app.output()
        assert not there.packed.exists()

    def test_ctrl_c_while_it_waits(self, zips, there, text):
        with self.waiting(zips, there, text, "--timeout", "600") as app:
            app.ask_to_end()
            assert app.wait() == 1
        assert "interrupted" in app.output()
        assert Summary(app.output()).copied == 0
        assert not there.packed.exists()


@pytest.mark.parametrize("options, why", [
    ("--burst 0", "--burst 0: it takes a number from 1 to 64"),
    ("--burst many", "--burst many: it takes a number from 1 to 64"),
    ("--block-size 65281", "--block-size 65281: it takes a number from 1 to 65280"),
    ("--framing raw", "--framing raw: it takes ipcomp|payload"),
    ("--as any", "--as any: it takes shared|private|sva"),
    ("--level", "'--level' requires an argument"),
    ("--nonsense", "unrecognized option '--nonsense'"),
    ("file", "file: all options begin with --"),
    ("--input file", "--input takes either --output FILE or --repeat TIMES"),
    ("--output file", "--output is for files: --input FILE is missing"),
    ("--input file --output file --operation both", "--operation both is for packets"),
    ("--plain 7", "--plain 7: there are 0 ports"),
    ("--input /dev/null --output /tmp/x --device nobody",
     "there is no compression device nobody"),
    ("--input /dev/null --output /tmp/x --as sva",
     "compress_zlib: --as sva is wanted, this device isn't on the bus iommufd"),
])
def test_bad_options_are_refused(options, why):
    done = subprocess.run([PROGRAM, "-l", "0", "--no-pci", "--no-huge", "-m", "64", "--vdev",
                           SOFTWARE, "--", *options.split()], capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == 1
    assert why in done.stderr + done.stdout


def test_more_queue_pairs_than_there_are(zips, there, text):
    used = Device(zips[0].name, "sva")
    assert "64 queue pairs are wanted (--queues for each lcore), it has" in there.compress(
        text[:1000], used, "--queues", "64", status=1)


def test_another_address_space_than_is_asked_for(zips, there, text):
    with device(zips[0], "shared") as used:
        said = there.compress(text[:1000], used, "--as", "private", status=1)
    assert "--as private is wanted, its queues are as=shared" in said
