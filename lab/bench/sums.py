# SPDX-License-Identifier: BSD-3-Clause
"""Sums over recorded requests. Pure functions.

The time of a request is nanoseconds, which are instructions in a machine that counts.
"""
from support.ioctls import MAPS, Call

# A device is opened: its configuration is read and saved. A kernel may put off attaching to this
OPENING = ("VFIO_GROUP_GET_DEVICE_FD", "VFIO_DEVICE_BIND_IOMMUFD")
# A device's first request
FIRST = ("VFIO_GROUP_GET_STATUS", "VFIO_DEVICE_BIND_IOMMUFD")
# Requests to a device that are about its place in an address space
PLACING = ("VFIO_DEVICE_ATTACH_IOMMUFD_PT", "VFIO_DEVICE_DETACH_IOMMUFD_PT")


def total(calls: list[Call]) -> int:
    return sum(call.nanoseconds for call in calls)


def about_address_spaces(calls: list[Call]) -> list[Call]:
    """Without those that are about a device itself: its regions, interrupts, resets."""
    return [call for call in calls if call.name in PLACING
            or not (call.name in OPENING or call.name.startswith("VFIO_DEVICE_"))]


def by_device(calls: list[Call]) -> list[list[Call]]:
    """The requests from each device's first one up to the next device's."""
    devices: list[list[Call]] = []
    for call in calls:
        if call.name in FIRST:
            devices.append([])
        if devices:
            devices[-1].append(call)
    return devices


def _opening(calls: list[Call]) -> int:
    return total([call for call in calls if call.name in OPENING])


def start_up(calls: list[Call]) -> int:
    """Everything about address spaces up to the last device, and what was put off to an opening.

    Opening a device takes the same each time, but the first may have mapping to do that was
    put off: that is what it takes more than the second.
    """
    first, second = by_device(calls)[:2]
    return total(about_address_spaces(calls)) + max(0, _opening(first) - _opening(second))


def further_device(calls: list[Call]) -> float:
    """Opening a device and putting it beside the first, on average."""
    further = by_device(calls)[1:]
    return sum(_opening(part) + total(about_address_spaces(part)) for part in further) \
        / len(further)


def maps_for_further_devices(calls: list[Call]) -> int:
    return sum(call.name in MAPS for part in by_device(calls)[1:] for call in part)


def per_page(calls: list[Call], pages: int, page: int) -> float:
    """The time for each of the pages; there must be requests for so many of them, and no more."""
    length = sum(call.length for call in calls if call.error == 0)
    if length != pages * page:
        raise ValueError(f"{len(calls)} requests for {length} bytes, not {pages} pages")
    return total(calls) / pages


def of_range(calls: list[Call], names: tuple[str, ...], length: int) -> int:
    """The time of the requests of some names; they must be about so many bytes."""
    found = [call for call in calls if call.name in names]
    if sum(call.length for call in found if call.error == 0) != length:
        raise ValueError(f"{len(found)} requests, not for {length} bytes")
    return total(found)
