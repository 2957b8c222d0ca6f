# SPDX-License-Identifier: BSD-3-Clause
"""Fixtures of all tests that run the application."""
import pytest


@pytest.fixture(autouse=True)
def surroundings(tmp_path, monkeypatch):
    """EAL's own files are the test's."""
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    # What DPDK keeps to its end is not this program's
    monkeypatch.setenv("ASAN_OPTIONS", "detect_leaks=0")
    monkeypatch.chdir(tmp_path)
