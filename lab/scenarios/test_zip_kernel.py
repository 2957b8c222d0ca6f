# SPDX-License-Identifier: BSD-3-Clause
"""The kernel's own driver for the ZIP, and what the kernel compresses with it."""
import gzip
import hashlib
import mmap
import re
from pathlib import Path

import pytest

from support.zip import SVA
from support.zswap import (ALGORITHM, MADV_PAGEOUT, PAGE, compressed_swap, own_requests, real_files,
                           swapped, zswap)

pytestmark = pytest.mark.zip

FILES_BYTES = 102 << 20     # some pages have nothing but zeroes: those aren't swapped
WANTED_BYTES = 100 << 20

# (bytes in, bytes out), of the kernel's tests of deflate: what it compresses it decompresses again,
# and then what it has had ready
SELF_TESTS = {"compress deflate": [70, 191], "decompress deflate": [122, 38]}


def test_the_kernels_driver_has_every_zip(zips):
    for zip_ in zips:
        assert (zip_.sysfs / "driver").resolve().name == "hisi_zip"
        assert zip_.node.is_char_device()
        assert int(zip_.attribute("flags")) & SVA
        assert zip_.attribute("api") == "hisi_qm_v3"
        assert zip_.attribute("algorithms").split() == ["zlib", "gzip", "deflate"]
        assert zip_.available == 16


def test_the_kernels_self_tests_ran_and_passed(zips):
    """They were the first to use the first ZIP, before there was a user space."""
    with gzip.open("/proc/config.gz", "rt") as config:
        assert "CONFIG_CRYPTO_SELFTESTS=y\n" in config.readlines()
    [algorithm] = [text for text in Path("/proc/crypto").read_text().split("\n\n")
                   if ALGORITHM in text]
    assert re.search(r"^selftest +: passed$", algorithm, re.MULTILINE)

    requests = [request for request in zips[0].first_requests if request["pasid"] is None]
    assert all(request["status"] == 0 for request in requests)
    for operation, sizes in SELF_TESTS.items():
        done = [request["consumed"] for request in requests if request["operation"] == operation]
        assert set(sizes) <= set(done)


def test_zswap_gives_back_what_it_was_given(zips):
    """A hundred mebibytes of real files go out through the ZIP, and come back through it."""
    data = real_files(FILES_BYTES)
    with mmap.mmap(-1, len(data)) as memory, compressed_swap():
        memory.write(data)
        before = own_requests(zips)
        memory.madvise(MADV_PAGEOUT)
        compressions = own_requests(zips) - before

        stored = zswap("stored_pages")
        assert stored * PAGE >= WANTED_BYTES and swapped() >= WANTED_BYTES
        assert compressions >= stored
        assert zswap("pool_total_size") < WANTED_BYTES * 3 / 4
        assert zswap("reject_compress_fail") == zswap("written_back_pages") == 0

        assert hashlib.sha256(memory).digest() == hashlib.sha256(data).digest()
        decompressions = own_requests(zips) - before - compressions
        assert decompressions >= 0.95 * stored, "pages that don't get smaller are kept as they are"
        assert zswap("decompress_fail") == 0
