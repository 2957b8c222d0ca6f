# SPDX-License-Identifier: BSD-3-Clause
"""What the lab does for machines with ZIPs, in what needs no machine."""
import pytest

from labvm import counters, models, patch
from labvm.errors import LabError
from labvm.machine import Options, arguments, command_line

pytestmark = pytest.mark.zip

BEFORE = "one\ntwo\nthree\nfour\nfive\n"
PATCH = """\
--- a/numbers
+++ b/numbers
@@ -1,3 +1,3 @@
 one
-two
+zwei
 three
@@ -4,2 +4,3 @@
 four
+four and a half
 five
"""


def test_a_patch_is_applied(tmp_path):
    numbers = tmp_path / "numbers"
    numbers.write_text(BEFORE)
    patch.apply(PATCH, tmp_path)
    assert numbers.read_text() == "one\nzwei\nthree\nfour\nfour and a half\nfive\n"


@pytest.mark.parametrize("text", [BEFORE.replace("two", "2"), BEFORE + BEFORE])
def test_a_patch_whose_place_is_not_there_or_there_twice_is_refused(tmp_path, text):
    (tmp_path / "numbers").write_text(text)
    with pytest.raises(LabError, match="does not fit numbers"):
        patch.apply(PATCH, tmp_path)


def test_options_are_for_each_zip_and_the_last_ones_for_the_others():
    assert models.options_of_each(Options(zip=3, zip_opts="version=5,queues=4/no-pri")) == \
        [["--version=5", "--queues=4"], ["--no-pri"], ["--no-pri"]]
    assert models.options_of_each(Options(zip=2)) == [[], []]


def test_a_machine_without_zips_knows_nothing_of_them():
    assert not [word for word in arguments(Options()) if "zip" in word]
    assert "hisi_zip" not in command_line(Options())


def test_counters_are_shown_for_each_pasid_and_queue():
    row = {"requests": 1234, "errors": 5, "faults": 6, "bytes_in": 7000, "bytes_out": 8000}
    shown = counters.table({"zip0": {**row, "pasids": {"none": row, "3": row},
                                     "queues": {"0": row}, "doorbells": 99}})
    words = [line.split() for line in shown.splitlines()]
    figures = ["1,234", "5", "6", "7,000", "8,000"]
    assert words[1:] == [["all", *figures], ["pasid", "none", *figures], ["pasid", "3", *figures],
                         ["queue", "0", *figures], ["doorbells", "99"]]
