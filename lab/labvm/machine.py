# SPDX-License-Identifier: BSD-3-Clause
"""The virtual machine as QEMU arguments. Pure functions: nothing is run here.

Pair i of the network is hub i with two ports: a DPDK NIC (igb) and a NIC that
the guest kernel owns (virtio-net). Paths are those in QEMU's chroot (vm.py).
"""
from dataclasses import dataclass

MAX_NICS = 16

# The properties of each IOMMU device. amd-iommu's NICs are on the root bus: behind a
# root port, their DMA was seen to fault as that of 00:00.0.
IOMMUS = {
    "intel": ("intel-iommu", {
        "intremap": "on", "caching-mode": "on", "scalable-mode": "on", "fsts": "on",
        "pasid-bits": "16", "svm": "on", "device-iotlb": "on", "aw-bits": "48"}),
    "amd": ("amd-iommu", {"intremap": "on", "xtsup": "on", "dma-remap": "on"}),
    "virtio": ("virtio-iommu-pci", {}),
}


@dataclass(frozen=True)
class Options:
    """What a caller may choose about the machine."""
    iommu: str = "intel"
    iommu_opts: str = ""    # more properties of the IOMMU device: "aw-bits=39"
    cpus: int = 2
    memory: str = "3G"
    hugepages: int = 512    # of 2 MiB
    nics: int = 2
    append: str = ""        # more of the kernel's command line


def dpdk_mac(pair: int) -> str:
    return f"52:54:00:d0:00:{pair:02x}"


def kernel_mac(pair: int) -> str:
    return f"52:54:00:ee:00:{pair:02x}"


def _device(driver: str, properties: dict[str, str]) -> list[str]:
    return ["-device", ",".join([driver, *(f"{k}={v}" for k, v in properties.items())])]


def _iommu(options: Options) -> list[str]:
    driver, properties = IOMMUS[options.iommu]
    extra = dict(item.partition("=")[::2] for item in options.iommu_opts.split(",") if item)
    return _device(driver, {**properties, **extra})


def _network(options: Options) -> list[str]:
    arguments = []
    for pair in range(options.nics):
        bus = "pcie.0"
        if options.iommu != "amd":
            bus = f"port{pair}"
            arguments += _device("pcie-root-port", {
                "id": bus, "bus": "pcie.0", "chassis": str(pair + 1), "slot": str(pair + 1)})
        arguments += ["-netdev", f"hubport,id=dpdk{pair},hubid={pair}",
                      "-netdev", f"hubport,id=kernel{pair},hubid={pair}"]
        arguments += _device("igb", {"id": f"nic{pair}", "netdev": f"dpdk{pair}", "bus": bus,
                                     "mac": dpdk_mac(pair), "romfile": ""})
        arguments += _device("virtio-net-pci", {"netdev": f"kernel{pair}", "bus": "pcie.0",
                                                "mac": kernel_mac(pair), "romfile": ""})
    return arguments


def _share(tag: str, path: str, writable: bool = False) -> list[str]:
    access = "" if writable else ",readonly=on"
    return ["-fsdev", f"local,id={tag},path={path},security_model=none,multidevs=remap{access}",
            *_device("virtio-9p-pci", {"fsdev": tag, "mount_tag": tag})]


def _terminal(interactive: bool) -> list[str]:
    """The job's output (or the user's terminal), on QEMU's standard input: a socket."""
    port = _device("virtconsole", {"chardev": "job"}) if interactive else \
        _device("virtserialport", {"chardev": "job", "name": "lab.job"})
    return ["-chardev", "socket,id=job,fd=0", *_device("virtio-serial-pci", {}), *port]


def command_line(options: Options) -> str:
    """The guest kernel's command line."""
    mount = "mount -t 9p -o trans=virtio,version=9p2000.L,cache=loose src /src"
    return " ".join([
        "console=ttyS0 quiet panic=-1",
        "root=/dev/vda rootfstype=erofs ro",
        f"hugepages={options.hugepages} iommu=nopt intel_iommu=on,sm_on",
        options.append,
        f'init=/bin/sh -- -c "{mount} && exec /src/lab/guest/init"'])


def arguments(options: Options, interactive: bool = False) -> list[str]:
    """QEMU and its arguments."""
    return ["qemu-system-x86_64", "-name", "dpdk-iommufd-lab",
            "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
            "-machine", "q35,kernel-irqchip=off,memory-backend=ram",
            # The kernel turns SVA off when it has 5-level page tables
            "-accel", "tcg,thread=multi", "-cpu", "max,la57=off",
            "-smp", str(options.cpus), "-m", options.memory,
            "-object", f"memory-backend-memfd,id=ram,size={options.memory},share=on",
            "-kernel", "/kernel/bzImage", "-append", command_line(options),
            "-serial", "file:/out/console.log", "-qmp", "unix:/out/qmp.sock,server,nowait",
            *_iommu(options), *_network(options),
            "-blockdev", "driver=file,node-name=root,filename=/guest/root.erofs,read-only=on",
            *_device("virtio-blk-pci", {"drive": "root"}), *_share("src", "/src"),
            *_share("build", "/build"), *_share("out", "/out/out", writable=True),
            *_terminal(interactive)]
