# SPDX-License-Identifier: BSD-3-Clause
"""The features in the guides (doc/guides/compressdevs/features) are what the driver reports."""
import configparser
import re
from pathlib import Path

import pytest

from support.compress import Compress, Device

pytestmark = pytest.mark.accel

FEATURES = Path(__file__).parents[2] / "doc/guides/compressdevs/features"
FORMATS = "deflate", "zlib", "gzip"
# Names of features that aren't those of DPDK's flags in capitals, and algorithms
FLAGS = {
    "Pass-through": "NULL",
    "Adler32": "ADLER32_CHECKSUM",
    "Crc32": "CRC32_CHECKSUM",
    "Adler32&Crc32": "CRC32_ADLER32_CHECKSUM",
    "xxHash32": "XXHASH32_CHECKSUM",
    "Fixed": "HUFFMAN_FIXED",
    "Dynamic": "HUFFMAN_DYNAMIC",
    "LZ4 Dictionary ID": "LZ4_DICT_ID",
    "LZ4 Content Checksum": "LZ4_CONTENT_WITH_CHECKSUM",
    "LZ4 Block Checksum": "LZ4_BLOCK_WITH_CHECKSUM",
}


def flag_of(feature):
    return FLAGS.get(feature) or re.sub(r"\s+", "_", feature).upper()


def documented(name):
    """The features in a file, by the names of DPDK's flags: "", "Y", or "P" for some formats."""
    config = configparser.ConfigParser()
    config.optionxform = str
    config.read(FEATURES / f"{name}.ini")
    return {flag_of(feature): value for feature, value in config["Features"].items()}


@pytest.fixture(scope="module")
def reported(zips):
    """What DPDK knows, and what the device has with each of its formats."""
    found = {}
    for format_ in FORMATS:
        with Compress(Device(zips[0].name, "sva"), f"format={format_}") as app:
            said = dict(line.split(" ", 1) for line in app.command("features").splitlines()
                        if line.startswith(("known ", "has ")))
        found[format_] = set(said["has"].split())
    return set(said["known"].split()), found


def test_the_features_that_there_are_have_dpdks_names(reported):
    known, _ = reported
    assert set(documented("default")) <= known


def test_the_drivers_are_what_it_reports(reported):
    _, found = reported
    table = documented("default")
    always, sometimes = set.intersection(*found.values()), set.union(*found.values())
    assert documented("hisi_zip") == {
        flag: "Y" if flag in always else "P" for flag in sometimes if flag in table}
