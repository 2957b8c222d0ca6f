#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause

"""What iommufd-pmdinfo.py makes of objects, and which it refuses."""

import json
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

PMDINFO = Path(__file__).with_name("iommufd-pmdinfo.py")
# What the macros of bus_iommufd_driver.h leave, of a driver "zip"
NAME = 'const char this_pmd_name_zip[] = "zip";'
TABLE = """
const char __zip_iommufd_tbl_export[] = "ids";
static const struct {
    unsigned short vendor, device;
    const char *api, *algorithm;
} ids[] = { { 0x19e5, 0xa251 }, { 0, 0, "qm", "deflate" }, { 0x19e5, 0xa252, "qm2" }, { 0 } };
__attribute__((used)) static const void *table = ids;
"""
PARAMS = """
const char __zip_iommufd_params_export[] = "params";
static const char *const params[] = { "level", "touch", 0 };
__attribute__((used)) static const void *list = params;
"""
TEXT = 'const char __zip_param_string_export[] = "as=any level=1-9 touch=0|1";'
compiler = []


class PmdInfo(unittest.TestCase):
    """Objects are compiled as drivers are."""

    def run_on(self, *sources):
        """Its exit status, what it says, and the C file."""
        with tempfile.TemporaryDirectory() as directory:
            output = Path(directory, "info.c")
            objects = [Path(directory, f"{i}.o") for i in range(len(sources))]
            for source, path in zip(sources, objects):
                subprocess.run([*compiler, "-fPIC", "-g", "-x", "c", "-c", "-", "-o", path],
                               input=source, text=True, check=True)
            result = subprocess.run([sys.executable, PMDINFO, *objects, output],
                                    capture_output=True, text=True)
            return result, output.read_text() if output.exists() else None

    def info(self, *sources):
        result, text = self.run_on(*sources)
        self.assertEqual(result.returncode, 0, result.stderr)
        literal, = re.findall(r'^\t(".*");$', text, re.MULTILINE)
        prefix, _, info = json.loads(literal).partition("= ")
        self.assertEqual(prefix, "PMD_INFO_STRING")
        return json.loads(info)

    def refused(self, *sources):
        result, text = self.run_on(*sources)
        self.assertEqual(result.returncode, 1)
        self.assertIsNone(text)
        return result.stderr

    def test_tables_are_read_as_they_were_compiled(self):
        self.assertEqual(self.info(NAME + TABLE + PARAMS + TEXT), {
            "name": "zip",
            "params": "as=any level=1-9 touch=0|1",
            "pci_ids": [[0x19e5, 0xa251, 0xffff, 0xffff], [0x19e5, 0xa252, 0xffff, 0xffff]],
            "uacce": [{"api": "qm", "algorithm": "deflate"}, {"api": "qm2"}],
        })

    def test_arguments_are_optional(self):
        self.assertNotIn("params", self.info(NAME + TABLE))

    def test_other_objects_of_the_driver_may_be_there(self):
        self.assertEqual(self.info("int nothing;", NAME + TABLE)["name"], "zip")

    def test_no_driver(self):
        self.assertIn("no driver was registered", self.refused("int nothing;"))

    def test_no_table(self):
        self.assertIn("zip: RTE_PMD_REGISTER_IOMMUFD_TABLE() is missing", self.refused(NAME))

    def test_a_table_of_another_file(self):
        self.assertIn("names ids, which isn't in this object",
                      self.refused(NAME + 'const char __zip_iommufd_tbl_export[] = "ids";'))

    def test_arguments_that_are_not_described(self):
        for text in "as=any level=1-9", "touch=0|1 level=1-9", "level=1-9 touch=0|1 more=1":
            source = NAME + TABLE + PARAMS + f'const char __zip_param_string_export[] = "{text}";'
            self.assertIn("should end with what params[] has: level, touch", self.refused(source))


if __name__ == "__main__":
    compiler = sys.argv[1:]
    unittest.main(argv=sys.argv[:1])
