# SPDX-License-Identifier: BSD-3-Clause
"""The virtual machine as QEMU arguments. Pure functions: nothing is run here.

Pair i of the network is hub i with two ports: a DPDK NIC (igb) and a NIC that
the guest kernel owns (virtio-net); or, where DPDK NICs are joined to one another,
NICs 2i and 2i + 1. Paths are those in QEMU's chroot (vm.py).
"""
import json
import re
from dataclasses import dataclass

from labvm.errors import USAGE, LabError

MAX_NICS = 16
MAX_ZIPS = 4

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
    gigantic: int = 0       # hugepages of 1 GiB
    numa: int = 1           # nodes, which share CPUs, memory and hugepages equally
    nics: int = 2
    joined: bool = False    # DPDK NICs in couples, without NICs of the kernel
    zip: int = 0            # accelerators
    zip_opts: str = ""      # more options of their models: "version=5,no-pri/no-pasid"
    counted: bool = False   # a nanosecond is an instruction, all of them on one CPU
    append: str = ""        # more of the kernel's command line


@dataclass(frozen=True)
class ZipPaths:
    """The sockets of a ZIP's model, in the run's directory."""
    socket: str     # its device: QEMU is the client
    monitor: str    # QEMU's monitor for it: the model is the client
    control: str    # questions to it


def zip_paths(number: int) -> ZipPaths:
    return ZipPaths(*(f"/out/zip{number}.{what}" for what in ("vfio-user", "qmp", "control")))


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
        hub = pair // 2 if options.joined else pair
        arguments += ["-netdev", f"hubport,id=dpdk{pair},hubid={hub}"]
        arguments += _device("igb", {"id": f"nic{pair}", "netdev": f"dpdk{pair}", "bus": bus,
                                     "mac": dpdk_mac(pair), "romfile": ""})
        if not options.joined:
            arguments += ["-netdev", f"hubport,id=kernel{pair},hubid={hub}"]
            arguments += _device("virtio-net-pci", {"netdev": f"kernel{pair}", "bus": "pcie.0",
                                                    "mac": kernel_mac(pair), "romfile": ""})
    return arguments


def _zips(options: Options) -> list[str]:
    """Accelerators, each behind a root port, whose behaviour is a program beside QEMU (models.py).

    The program asks QEMU where the guest's IOMMU tables are, at a monitor of its own. Its control
    socket is a port of the guest's as well.
    """
    arguments = []
    for number in range(options.zip):
        name, paths, slot = f"zip{number}", zip_paths(number), str(MAX_NICS + 1 + number)
        arguments += _device("pcie-root-port", {"id": f"{name}port", "bus": "pcie.0",
                                                "chassis": slot, "slot": slot})
        # A doorbell is over when it was looked at: a driver may wait for no longer than that
        arguments += ["-device", json.dumps({
            "driver": "vfio-user-pci", "id": name, "bus": f"{name}port",
            "socket": {"type": "unix", "path": paths.socket}, "x-no-posted-writes": True,
            "rombar": 0})]
        arguments += ["-qmp", f"unix:{paths.monitor},server,nowait",
                      "-chardev", f"socket,id={name},path={paths.control}",
                      *_device("virtserialport", {"chardev": name, "name": f"lab.{name}"})]
    return arguments


def _processors(options: Options) -> list[str]:
    # The kernel turns SVA off when it has 5-level page tables
    model = ["-cpu", "max,la57=off", "-smp", str(1 if options.counted else options.cpus)]
    if options.counted:
        # Idle time passes at once instead of being waited for
        return ["-accel", "tcg,thread=single", "-icount", "shift=0,sleep=off", *model]
    return ["-accel", "tcg,thread=multi", *model]


def _share(tag: str, path: str, writable: bool = False) -> list[str]:
    access = "" if writable else ",readonly=on"
    return ["-fsdev", f"local,id={tag},path={path},security_model=none,multidevs=remap{access}",
            *_device("virtio-9p-pci", {"fsdev": tag, "mount_tag": tag})]


def mib(memory: str) -> int:
    """MiB of a size as "3G" or "512M"."""
    match = re.fullmatch(r"(\d+)([MG])", memory)
    if not match:
        raise LabError(f"{memory} is no size of memory: 512M and 3G are.", USAGE)
    return int(match[1]) << (10 if match[2] == "G" else 0)


def _shares(total: int, nodes: int) -> list[range]:
    """Numbers from 0 on, a contiguous share of them for each node."""
    return [range(total * node // nodes, total * (node + 1) // nodes) for node in range(nodes)]


def _memory(options: Options) -> list[str]:
    """Memory that programs beside QEMU could share, of one node or several."""
    def backend(name: str, size: str) -> list[str]:
        return ["-object", f"memory-backend-memfd,id={name},size={size},share=on"]

    if options.numa == 1:
        return ["-machine", "memory-backend=ram", *backend("ram", options.memory)]
    arguments = []
    mebibytes = mib(options.memory)
    for node, (cpus, memory) in enumerate(zip(_shares(options.cpus, options.numa),
                                              _shares(mebibytes, options.numa))):
        arguments += [*backend(f"ram{node}", f"{len(memory)}M"), "-numa",
                      f"node,nodeid={node},memdev=ram{node},cpus={cpus[0]}-{cpus[-1]}"]
    return arguments


def _terminal(interactive: bool) -> list[str]:
    """The job's output (or the user's terminal), on QEMU's standard input: a socket."""
    port = _device("virtconsole", {"chardev": "job"}) if interactive else \
        _device("virtserialport", {"chardev": "job", "name": "lab.job"})
    return ["-chardev", "socket,id=job,fd=0", *_device("virtio-serial-pci", {}), *port]


def _hypervisor() -> list[str]:
    """A monitor for the guest: a port of its own, joined to a second QMP server by a socket.

    PCI Express does the hot plugging, whose Linux driver the guest has, not ACPI.
    """
    return ["-global", "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off",
            "-chardev", "socket,id=monitor,path=/out/hypervisor.sock,server=on,wait=off",
            "-mon", "chardev=monitor,mode=control",
            "-chardev", "socket,id=hypervisor,path=/out/hypervisor.sock",
            *_device("virtserialport", {"chardev": "hypervisor", "name": "lab.hypervisor"})]


def command_line(options: Options) -> str:
    """The guest kernel's command line."""
    mount = "mount -t 9p -o trans=virtio,version=9p2000.L,cache=loose src /src"
    return " ".join([
        "console=ttyS0 quiet panic=-1",
        # On a busy host the emulated timer may come too late for the kernel's check, which panics
        "no_timer_check",
        "root=/dev/vda rootfstype=erofs ro",
        f"hugepages={options.hugepages} iommu=nopt intel_iommu=on,sm_on",
        f"hugepagesz=1G hugepages={options.gigantic}" if options.gigantic else "",
        # Without ASPM, the kernel doesn't ask the firmware to leave hot plugging to it
        "pcie_ports=native",
        # Queues for user space too, not only for the kernel
        "hisi_zip.uacce_mode=1" if options.zip else "",
        options.append,
        f'init=/bin/sh -- -c "{mount} && exec /src/lab/guest/init"'])


def arguments(options: Options, interactive: bool = False) -> list[str]:
    """QEMU and its arguments."""
    return ["qemu-system-x86_64", "-name", "dpdk-iommufd-lab",
            "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
            "-machine", "q35,kernel-irqchip=off",
            *_processors(options), "-m", options.memory, *_memory(options),
            "-kernel", "/kernel/bzImage", "-append", command_line(options),
            "-serial", "file:/out/console.log", "-qmp", "unix:/out/qmp.sock,server,nowait",
            *_iommu(options), *_network(options),
            "-blockdev", "driver=file,node-name=root,filename=/guest/root.erofs,read-only=on",
            *_device("virtio-blk-pci", {"drive": "root"}), *_share("src", "/src"),
            *_share("build", "/build"), *_share("out", "/out/out", writable=True),
            *_terminal(interactive), *_hypervisor(), *_zips(options)]
