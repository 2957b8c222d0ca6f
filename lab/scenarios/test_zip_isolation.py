# SPDX-License-Identifier: BSD-3-Clause
"""What a process hasn't mapped, or may not write to, its requests to the ZIP don't reach."""
import re
from pathlib import Path

import pytest

from support.zip import FAULT, SUCCESS, Compressor

pytestmark = pytest.mark.zip

SIZE = 16384
ROOM = 2 * SIZE


@pytest.fixture
def zip0(zips):
    return zips[0]


def user_of(zip0):
    """A process whose queue works; its PASID is known by that."""
    compressor = Compressor(zip0, SIZE)
    compressor.assert_works()
    compressor.pasid = zip0.model.latest("requests")["pasid"]
    return compressor


@pytest.fixture
def other(zip0):
    """Another process, with a PASID of its own too, and text at an address of its own."""
    with user_of(zip0) as compressor:
        compressor.text = compressor.buffer("file", SIZE)
        compressor.done(f"text {compressor.text:#x} {SIZE} 2")
        yield compressor


@pytest.fixture
def app(zip0):
    with user_of(zip0) as compressor:
        yield compressor


def is_mapped(app, address):
    """Whether a process has anything at an address."""
    ranges = re.findall(r"^(\w+)-(\w+) ", Path(f"/proc/{app.pid}/maps").read_text(), re.MULTILINE)
    return any(int(start, 16) <= address < int(end, 16) for start, end in ranges)


def assert_one_fault(zip0, app, address, access, why, request):
    """A request fails with one fault, which is counted for the process's PASID."""
    before = zip0.model.faults_of(app.pasid)
    since = zip0.model.next_serial("faults")
    status, produced = request()
    assert (status, produced) == (FAULT, 0)
    assert zip0.model.faults_of(app.pasid) == before + 1
    [fault] = zip0.model.last("faults", since)
    assert (fault["pasid"], int(fault["address"], 16), fault["access"], fault["fault"]) == \
        (app.pasid, address, access, why)


def test_writing_where_only_another_process_has_memory(zip0, other, app):
    assert is_mapped(other, other.text) and not is_mapped(app, other.text)
    assert other.pasid != app.pasid
    before = other.sum(other.text, SIZE)
    assert_one_fault(zip0, app, other.text, "write", "not present",
                     lambda: app.request(app.source, SIZE, other.text, SIZE))
    assert other.sum(other.text, SIZE) == before
    app.assert_works()


def test_reading_where_only_another_process_has_memory(zip0, other, app):
    assert is_mapped(other, other.text) and not is_mapped(app, other.text)
    assert other.pasid != app.pasid
    before = app.sum(app.destination, app.room)
    assert_one_fault(zip0, app, other.text, "read", "not present",
                     lambda: app.request(other.text, SIZE, app.destination, app.room))
    assert app.sum(app.destination, app.room) == before
    app.assert_works()


def test_writing_to_read_only_memory(zip0, app):
    """Reading it is another matter."""
    memory = app.buffer("readonly", SIZE)
    before = app.sum(memory, SIZE)
    assert_one_fault(zip0, app, memory, "write", "not writable",
                     lambda: app.request(app.source, SIZE, memory, SIZE))
    assert app.sum(memory, SIZE) == before
    status, _ = app.request(memory, SIZE, app.destination, app.room)
    assert status == SUCCESS


def test_memory_of_the_kernel(zip0, app):
    kernel = 0xffff888000100000
    assert_one_fault(zip0, app, kernel, "read", "not user",
                     lambda: app.request(kernel, SIZE, app.destination, app.room))
    app.assert_works()


def test_memory_whose_pages_are_not_there_yet(zip0, app):
    """The function can't ask for a page: it is an error until the process has touched it."""
    memory = app.buffer("untouched", ROOM)
    assert_one_fault(zip0, app, memory, "write", "not present",
                     lambda: app.request(app.source, SIZE, memory, ROOM))
    app.done(f"text {memory:#x} {ROOM} 3")
    status, _ = app.request(app.source, SIZE, memory, ROOM)
    assert status == SUCCESS
