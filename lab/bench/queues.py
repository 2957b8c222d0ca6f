# SPDX-License-Identifier: BSD-3-Clause
"""Instructions that a queue of an accelerator takes for each piece of a burst: `bench queue` of
dpdk-test-iommufd.

The first ZIP has PASIDs and the second has none; otherwise they are the same. Both are of version
5, which copies.
"""
from support.application import IOMMUFD
from support.queues import COPIES, run
from support.spaces import accelerators, owned

ROUNDS = 101


def figures() -> dict[str, dict[str, float]]:
    """For a copy, and for an operation."""
    with_pasids, without = (f"iommufd:{device.pci}" for device in accelerators())
    stock = run("hisi_zip-0-dma0", ROUNDS, "uacce:hisi_zip-0,queues=1").each
    process = run("hisi_zip-0", ROUNDS, "iommufd:hisi_zip-0,as=sva", options=COPIES).each
    with owned(*accelerators()):
        layer, plain = (run(device, ROUNDS, device, IOMMUFD, options=COPIES)
                        for device in (with_pasids, without))
        operation = run(with_pasids, ROUNDS, with_pasids, IOMMUFD).each
    if not layer.pasid or plain.pasid:
        raise RuntimeError(f"PASIDs {layer.pasid} and {plain.pasid}: one is wanted, and none")
    return {
        "iommufd": {
            "queue: ring layer": layer.each,
            "queue: ring layer, as=sva": process,
            "queue: with a PASID": layer.each,
            "queue: compressdev operation": operation,
        },
        "dmadev": {
            "queue: ring layer": stock,
            "queue: ring layer, as=sva": stock,
            "queue: compressdev operation": stock,
        },
        "no pasid": {"queue: with a PASID": plain.each},
    }
