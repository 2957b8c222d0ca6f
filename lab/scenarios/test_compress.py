# SPDX-License-Identifier: BSD-3-Clause
"""The compressdev driver of the ZIP: stock applications, and operations of each kind."""
import hashlib
import mmap
import re
import zlib

import pytest

from support.compress import DRIVER, Compress, device, stock
from support.machine import wait_until
from support.zswap import MADV_PAGEOUT, PAGE, compressed_swap, own_requests, real_files

pytestmark = pytest.mark.zip

SIZE = 16384
LONGEST = 8 << 20
SWAPPED = 16 << 20
MOST = 0.9      # of the pages: some have nothing but zeroes
NOTHING_COMES_MS = 1000
HEADERS = {"zlib": b"\x78\x9c", "gzip": b"\x1f\x8b\x08" + bytes(7)}
WINDOWS = {"zlib": 15, "gzip": 31}     # by which Python's zlib knows the formats
SUMS = {"zlib": ("adler32", zlib.adler32), "gzip": ("crc32", zlib.crc32)}
PASSED = {
    "test_compressdev_invalid_configuration",
    "test_compressdev_deflate_stateless_dynamic",
    "test_compressdev_deflate_stateless_dynamic_big",
    "test_compressdev_deflate_stateless_multi_op",
    "test_compressdev_deflate_stateless_multi_level",
    "test_compressdev_deflate_stateless_multi_xform",
    "test_compressdev_deflate_stateless_sgl",
    "test_compressdev_external_mbufs",
    *(f"test_compressdev_deflate_im_buffers_{which}" for which in (
        "LB_1op", "LB_2ops_first", "LB_2ops_second", "LB_3ops", "LB_4ops",
        "SGL_1op", "SGL_2ops_first", "SGL_2ops_second", "SGL_3ops", "SGL_4ops",
        "SGL_over_1op", "SGL_over_2ops_first", "SGL_over_2ops_second")),
}
# The hardware has no fixed codes to choose, no streams, and no checksums of raw DEFLATE
UNSUPPORTED = {
    "test_compressdev_deflate_stateless_fixed",
    "test_compressdev_deflate_stateless_checksum",
    "test_compressdev_out_of_space_buffer",
    "test_compressdev_deflate_stateful_decomp",
    "test_compressdev_deflate_stateful_decomp_checksum",
    "test_compressdev_deflate_stateless_fixed_oos_recoverable",
}


@pytest.fixture(scope="class", params=["sva", "shared"])
def any_device(zips, request):
    with device(zips[0], request.param) as found:
        yield found


@pytest.fixture
def model(zips):
    return zips[0].model


def perf(device_, payload, test, segments):
    """Compresses and decompresses a file with DPDK's program; returns what it said."""
    return stock(device_, "dpdk-test-compress-perf", "--", "--driver-name", DRIVER, "--ptest", test,
                 "--input-file", str(payload), "--extended-input-sz", str(1 << 20),
                 "--num-iter", "2", "--seg-sz", "4096", "--max-num-sgl-segs", str(segments),
                 "--compress-level", "1", "--operation", "comp_and_decomp")


@pytest.mark.accel
class TestStock:
    """Debian's programs, without a change."""

    @pytest.mark.parametrize("segments", [1, 16])
    def test_compress_perf_finds_what_it_put_in(self, any_device, model, payload, segments):
        before = model.counters()
        said = perf(any_device, payload, "verify", segments)
        assert re.search(r"^\s+1\s+1\s+\d+\s+[\d.]+$", said, re.MULTILINE), said
        after = model.counters()
        assert after["requests"] > before["requests"]
        assert after["errors"] == before["errors"]

    @pytest.mark.parametrize("test", ["throughput", "pmd-cyclecount"])
    def test_compress_perf_measures(self, any_device, payload, test):
        said = perf(any_device, payload, test, 1)
        assert re.search(r"^\s+1\s+1\s+\d+\s+[\d.]+\s", said, re.MULTILINE), said

    def test_compressdev_autotest(self, any_device):
        said = stock(any_device, "dpdk-test", DPDK_TEST="compressdev_autotest")
        verdicts = dict(re.findall(r"TestCase \[ *\d+\] : (\w+) (\w+)", said))
        assert {test for test, verdict in verdicts.items() if verdict == "succeeded"} == PASSED
        assert {test for test, verdict in verdicts.items()
                if verdict == "unsupported"} == UNSUPPORTED
        assert len(verdicts) == len(PASSED) + len(UNSUPPORTED)


@pytest.fixture(scope="class")
def app(any_device):
    with Compress(any_device) as application:
        application.done("open")
        yield application
        application.done("close")


class TestOperations:
    """Each kind, in both kinds of address spaces."""

    def test_the_device_works_at_the_addresses_of_the_mbufs(self, app, model):
        source, destination = app.text(SIZE), app.buffer("eal", SIZE)
        assert app.request("compress", source, destination)[0] == "SUCCESS"
        request = model.latest("requests")
        assert request["operation"] == "compress deflate"
        assert request["pasid"] is not None
        assert int(request["source"]["address"], 16) == source.address
        assert int(request["destination"]["address"], 16) == destination.address

    @pytest.mark.parametrize("segments", [1, 2, 16, 17, 64])
    def test_round_trip(self, app, segments):
        size = SIZE // segments * segments
        app.round_trip(app.text(size, segments=segments), segments=segments)

    def test_lists_and_flat_buffers_go_together(self, app):
        app.round_trip(app.text(SIZE), segments=4)

    def test_the_longest_operation(self, app):
        app.round_trip(app.text(LONGEST, segments=256), segments=256)

    def test_longer_than_the_hardware_takes(self, app):
        before = app.stats()["refused"]
        source = app.buffer("eal", LONGEST + 256, 256)
        assert app.refused("compress", source, source, LONGEST + 1) == "INVALID_ARGS"
        assert app.stats()["refused"] == before + 1

    def test_nothing_to_do(self, app):
        source = app.text(SIZE)
        assert app.refused("compress", source, source, 0) == "INVALID_ARGS"

    @pytest.mark.parametrize("segments", [1, 4])
    def test_destination_too_small(self, app, segments):
        source, destination = app.text(SIZE), app.buffer("eal", 64, segments)
        assert app.request("compress", source, destination) == ("OUT_OF_SPACE_TERMINATED", 0, 0)
        app.round_trip(app.text(SIZE))

    def test_decompressing_what_is_not_compressed(self, app):
        before = app.stats()["errors"]
        source, destination = app.text(SIZE), app.buffer("eal", SIZE)
        assert app.request("decompress", source, destination) == ("ERROR", 0, 0)
        assert app.stats()["errors"] == before + 1
        app.round_trip(app.text(SIZE))

    @pytest.mark.parametrize("segments", [1, 4])
    def test_destination_that_is_not_there(self, app, model, segments):
        since = model.next_serial("faults")
        source, destination = app.text(SIZE), app.buffer("nowhere", SIZE, segments)
        assert app.request("compress", source, destination) == ("ERROR", 0, 0)
        fault = model.last("faults", since)[0]
        assert fault["access"] == "write"
        assert destination.address <= int(fault["address"], 16) < destination.address + SIZE
        app.round_trip(app.text(SIZE))


@pytest.fixture(scope="class", params=["zlib", "gzip"])
def format_(request):
    return request.param


@pytest.fixture(scope="class")
def with_trailers(any_device, format_):
    with Compress(any_device, f"format={format_}") as application:
        application.done(f"checksum {SUMS[format_][0]}")
        application.done("open")
        yield application
        application.done("close")


class TestFormats:
    """What follows a DEFLATE stream, which the hardware writes and checks."""

    @pytest.mark.parametrize("segments", [1, 4])
    def test_zlib_agrees(self, with_trailers, format_, segments, tmp_path):
        app = with_trailers
        source, packed = app.text(SIZE, segments=segments), app.buffer("eal", SIZE, segments)
        text = app.saved(source, SIZE, tmp_path / "text")
        status, consumed, produced = app.request("compress", source, packed)
        assert (status, consumed) == ("SUCCESS", SIZE)
        assert app.sum == SUMS[format_][1](text)
        stream = HEADERS[format_] + app.saved(packed, produced, tmp_path / "packed")
        assert zlib.decompress(stream, WINDOWS[format_]) == text

        unpacked = app.buffer("eal", SIZE, segments)
        assert app.request("decompress", packed, unpacked, produced) == ("SUCCESS", produced, SIZE)
        assert app.saved(unpacked, SIZE, tmp_path / "unpacked") == text
        assert app.sum == SUMS[format_][1](text)

    @pytest.mark.parametrize("segments", [1, 4])
    def test_a_wrong_trailer_is_an_error(self, with_trailers, segments):
        app = with_trailers
        source, packed = app.text(SIZE, segments=segments), app.buffer("eal", SIZE, segments)
        unpacked = app.buffer("eal", SIZE, segments)
        produced = app.request("compress", source, packed)[2]
        app.done(f"change {packed.number} {produced - 1}")
        assert app.request("decompress", packed, unpacked, produced) == ("ERROR", 0, 0)
        app.done(f"change {packed.number} {produced - 1}")
        assert app.request("decompress", packed, unpacked, produced)[0] == "SUCCESS"


class TestProcessMemory:
    """What as=sva gives: any memory of the process."""

    @pytest.mark.parametrize("kind", ["malloc", "stack", "file"])
    def test_round_trip(self, sva, kind):
        with Compress(sva) as app:
            app.done("open")
            app.round_trip(app.text(SIZE, kind), kind)
            app.done("close")

    def test_memory_mapped_after_the_queue_was_started(self, sva):
        """Each buffer is mapped anew, when the queue has been at work already."""
        with Compress(sva) as app:
            app.done("open")
            for _ in range(3):
                app.round_trip(app.text(SIZE, "file"), "file")
            app.done("close")

    def test_the_kernels_own_queues_go_on_meanwhile(self, sva, zips):
        """It compresses and decompresses what it swaps, while the process has its own queues."""
        data, free = real_files(SWAPPED), zips[0].available
        with Compress(sva) as app, mmap.mmap(-1, len(data)) as memory, compressed_swap():
            app.done("open")
            app.repeat("compress", app.text(SIZE), app.buffer("eal", SIZE))
            memory.write(data)

            def both():
                """Requests of the kernel's, and all others."""
                own = own_requests(zips)
                return own, sum(zip_.model.counters()["requests"] for zip_ in zips) - own

            wait_until(lambda: both()[1] > 0, "the process has begun")
            before = both()
            memory.madvise(MADV_PAGEOUT)
            middle = both()
            assert hashlib.sha256(memory).digest() == hashlib.sha256(data).digest()
            after = both()
            assert middle[0] - before[0] >= len(data) / PAGE * MOST
            assert all(earlier < later for earlier, later in zip(before + middle, middle + after))
            assert app.stop() > 0
            app.done("close")
        wait_until(lambda: zips[0].available == free, "the kernel has given its queues back")

    @pytest.mark.parametrize("segments", [1, 4])
    def test_untouched_memory_is_an_error_unless_the_driver_touches_it(self, sva, segments):
        with Compress(sva) as app:
            app.done("open")
            source, destination = app.text(SIZE), app.buffer("untouched", SIZE, segments)
            assert app.request("compress", source, destination) == ("ERROR", 0, 0)
            app.done("close")
        with Compress(sva, "touch=1") as app:
            app.done("open")
            source, destination = app.text(SIZE), app.buffer("untouched", SIZE, segments)
            status, consumed, produced = app.request("compress", source, destination)
            assert (status, consumed) == ("SUCCESS", SIZE) and produced > 0
            app.done("close")


class TestQueues:
    def test_queues_are_given_back_by_closing_unplugging_and_dying(self, sva, zips):
        free = zips[0].available
        with Compress(sva) as app:
            for _ in range(3):
                app.done("open")
                assert zips[0].available == free - 2
                app.done("close")
                assert zips[0].available == free
            app.done("open")
            app.kill()
        assert zips[0].available == free

    @pytest.mark.parametrize("bad", ["touch=2", "touch=yes", "touch=", "tuch=1", "format=lz4"])
    def test_bad_arguments_are_refused(self, sva, bad):
        with Compress(sva, probe=False) as app:
            answer = app.command(f"plug {sva.devargs},{bad}")
            assert "(EINVAL)" in answer, answer
            assert bad.partition("=")[0] in answer
            app.done(f"plug {sva.devargs},touch=1")

    @pytest.mark.parametrize("format_, checksum", [
        ("deflate", "adler32"), ("deflate", "crc32"), ("zlib", "crc32"), ("gzip", "adler32")])
    def test_a_checksum_of_another_format_is_refused(self, sva, format_, checksum):
        with Compress(sva, f"format={format_}") as app:
            app.done(f"checksum {checksum}")
            assert app.failure("open")[0] == "ENOTSUP"

    def test_touching_is_for_the_process_page_tables(self, zips):
        with device(zips[0], "shared") as shared, Compress(shared, probe=False) as app:
            answer = app.command(f"plug {shared.devargs},touch=1")
            assert "touch=1 is for as=sva" in answer and "(EINVAL)" in answer

    def test_a_pair_takes_two_queues(self, sva):
        with Compress(sva, probe=False) as app:
            answer = app.command(f"plug {sva.devargs},queues=1")
            assert "a queue pair takes 2 queues" in answer and "(EBUSY)" in answer


class TestPlugging:
    def test_plugging_and_unplugging(self, any_device):
        with Compress(any_device, probe=False) as app:
            for _ in range(3):
                app.done(f"plug {any_device.devargs}")
                app.done("open")
                app.round_trip(app.text(SIZE))
                app.done("close")
                app.done(f"unplug {any_device.full_name}")


class TestMisbehaviour:
    """What a device says that is wrong reaches no application."""

    @pytest.fixture(params=["sva", "shared"])
    def bad(self, zips, request):
        with device(zips[1], request.param) as found, Compress(found) as application:
            application.done("open")
            yield application
            application.done("close")

    def assert_nothing_comes(self, app):
        source, destination = app.text(SIZE), app.buffer("eal", SIZE)
        app.done(f"enqueue compress {source.number} {SIZE} {destination.number}")
        assert app.command(f"dequeue {NOTHING_COMES_MS}").splitlines()[-1] == "nothing"

    def test_a_completion_of_nothing(self, bad, zips):
        zips[1].model.misbehave("spurious")
        bad.round_trip(bad.text(SIZE))
        bad.round_trip(bad.text(SIZE))
        assert bad.stats()["errors"] == 1
        assert bad.stats()["dequeued"] == bad.stats()["enqueued"] == 4

    def test_a_completion_of_the_wrong_phase(self, bad, zips):
        """It is none, and the queue can be closed all the same."""
        zips[1].model.misbehave("phase")
        self.assert_nothing_comes(bad)

    def test_a_write_to_a_wild_address(self, bad, zips):
        """The IOMMU refuses it, and the operation is done all the same."""
        model = zips[1].model
        since = model.next_serial("faults")
        model.misbehave("wild")
        bad.round_trip(bad.text(SIZE))
        [fault] = model.last("faults", since)
        assert (fault["access"], fault["fault"]) == ("write", "not present")
        assert fault["pasid"] is not None
        bad.round_trip(bad.text(SIZE))

    def test_silence(self, bad, zips):
        """The operation is lost, and the ones after it aren't."""
        zips[1].model.misbehave("silence")
        self.assert_nothing_comes(bad)
        bad.round_trip(bad.text(SIZE))
