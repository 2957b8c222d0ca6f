# SPDX-License-Identifier: BSD-3-Clause
"""The application as a whole, without devices: ports of DPDK's ring, memif and pcap drivers.

pytest runs it; the program is in TEST_IOMMUFD_PROGRAM.
"""
import os
import re
import signal
import struct
import subprocess
import time

import pexpect
import pytest

from program import (EAL, ELSEWHERE, PROGRAM, PROMPT, RING, SECONDS, USAGE, Interactive, argv, run,
                     succeeds, verified)

MILLION = 1_000_000
# As they are in a frame of 64 bytes
NUMBER_AT, LAST_AT = 52, 63


class TestScripts:
    """Commands of --exec, of files and of standard input."""

    def test_commands_are_carried_out_one_after_the_other(self):
        said = succeeds("--exec", "set fwd rxonly; show config ; ; # nothing;show fwd streams")
        assert re.findall(r"^> (.*)$", said, re.MULTILINE) == [
            "set fwd rxonly", "show config ", "show fwd streams"]
        assert "--forward-mode=rxonly" in said and "nothing was started" in said

    def test_the_first_one_that_fails_is_the_last(self, tmp_path):
        script = tmp_path / "script"
        script.write_text("set burst 16\n# a comment\n\nset burst 0\nset burst 17\n")
        for options, commands in (((f"--commands={script}",), ""),
                                  (("--exec", script.read_text().replace("\n", ";")), ""),
                                  (("-i",), script.read_text())):
            status, said = run(*options, commands=commands)
            assert status == 1
            assert "0: not a number from 1 to 512" in said
            assert "set burst 16" in said and "set burst 17" not in said

    def test_a_command_that_is_none_fails(self):
        for line, complaint in (("stat", "stat: no such command; help shows all"),
                                ("start now", "start now: wrong arguments"),
                                ("show port stats", "show port stats: wrong arguments"),
                                ("set fwd fish", "fish: no engine; there are: io mac")):
            status, said = run("--exec", line)
            assert status == 1 and complaint in said, said

    def test_a_file_that_is_not_there_is_named(self):
        status, said = run("--commands=/nowhere")
        assert status == 1 and "--commands=/nowhere: No such file or directory" in said

    def test_the_end_of_input_is_the_end(self):
        said = succeeds("-i", commands="set fwd macswap\nstart\n")
        assert "all streams of macswap" in said

    def test_quit_ends_a_script(self):
        assert "show config" not in succeeds("--exec", "quit; show config")


class TestOptions:
    """Those that only the machine, or the device, can refuse."""

    @pytest.mark.parametrize("option, complaint", [
        ("--nb-cores=2", "--nb-cores=2: EAL has 1 lcores beside the main one"),
        ("--rxq=17", "has 16 queues for receiving and 16 for sending at most (--rxq, --txq)"),
        ("--total-num-mbufs=2000000", "2000000 packet buffers of 2176 bytes"),
    ])
    def test_refused_by_the_machine(self, option, complaint):
        status, said = run(option, "--exec", "start")
        assert status == 1 and complaint in said

    @pytest.mark.parametrize("option, complaint", [
        ("--burst=0", "--burst=0: it takes a number from 1 to 512"),
        ("--no-such", "--no-such: no such option"),
        ("--forward-mode=fish", "--forward-mode=fish: it takes io, mac"),
    ])
    def test_refused_before_anything_is_started(self, option, complaint):
        status, said = run(option)
        assert status == USAGE and complaint in said and "EAL" not in said

    def test_more_receiving_than_sending_queues_are_for_engines_that_only_receive(self):
        status, said = run("--rxq=2", "--exec", "start")
        assert status == 1 and "io sends by as many queues as it receives from: --txq=2" in said
        succeeds("--rxq=2", "--exec", "set fwd rxonly; start; stop")

    def test_without_a_port_nothing_starts(self):
        status, said = run("--exec", "start", devices=())
        assert status == 1 and "no port is started" in said

    def test_help_names_all_options_and_engines(self):
        said = succeeds("--help")
        for word in ("--forward-mode=<io, mac, macswap, rxonly, txonly, flowgen, icmpecho, zip, dma>",
                     "--burst=<a number from 1 to 512>", "--verify\n", "  icmpecho   "):
            assert word in said


class TestForwarding:
    """Counters, streams, ports that come and go."""

    def test_each_queue_of_each_port_is_a_stream(self):
        said = succeeds("--rxq=2", "--txq=2", "--exec", "start; show fwd streams; stop",
                        devices=(RING, "--vdev=net_ring1"))
        assert re.findall(r"^  (RX port .*[^:])$", said, re.MULTILINE) == [
            f"RX port {receiving} queue {queue} -> TX port {sending} queue {queue}"
            for queue in range(2) for receiving, sending in ((0, 1), (1, 0))]

    def test_streams_are_shared_out_among_lcores(self):
        eal = [word.replace("1@0", "1@0,2@0,3@0") for word in argv(
            "--nb-cores=2", "--exec", "start; show fwd streams; stop",
            devices=[f"--vdev=net_ring{number}" for number in range(3)])]
        said = subprocess.run(eal, capture_output=True, text=True, check=True).stdout
        assert re.findall(r"^lcore .*", said, re.MULTILINE) == [
            "lcore 1, 2 streams", "lcore 2, 1 streams"]

    def test_first_packets_circulate(self):
        said = succeeds("--exec", "set burst 16; start tx_first; wait packets 1000; stop; "
                        "show port stats 0; show fwd stats")
        received, sent = map(int, re.search(r"RX-packets: (\d+) +RX-missed.*\n +TX-packets: (\d+)",
                                            said).groups())
        assert received >= 1000 and sent == received + 16
        assert "CPU cycles" not in said

    def test_cycles_are_recorded_when_asked_for(self):
        said = succeeds("--record-core-cycles", "--exec",
                        "start tx_first; wait packets 1000; stop")
        found = re.search(r"cycles/packet=([\d.]+) \(busy cycles=(\d+) / total io packets=(\d+)",
                          said)
        assert float(found[1]) == pytest.approx(int(found[2]) / int(found[3]), abs=0.01)

    def test_what_a_run_uses_is_not_changed_while_it_goes_on(self):
        with Interactive(EAL, [RING], "--disable-link-check") as app:
            app.command("start")
            for command in ("start", "set fwd mac", "set burst 1", "set verify on",
                            "set txpkts 100", "set tx-pps 9", "set eth-peer 0,02:00:00:00:00:01",
                            "set record-core-cycles on", "port stop all", "clear fwd stats"):
                assert "is running: stop it first" in app.command(command), command

    @pytest.mark.parametrize("engine", ["txonly", "flowgen"])
    def test_no_more_is_made_than_the_rate(self, engine):
        began = time.monotonic()
        said = succeeds("--tx-pps=500", "--rxq=3", "--txq=3", "--burst=8", "--exec",
                        f"set fwd {engine}; start; wait packets 100; stop")
        sent = int(re.findall(r"TX-packets: (\d+)", said)[-1])
        assert 100 <= sent <= 500 * (time.monotonic() - began) + 3 * 8

    def test_the_rate_is_set_by_a_command_and_0_is_none(self):
        said = succeeds("--tx-pps=1", "--exec", "set fwd txonly; set tx-pps 0; show config; start;"
                        f"wait packets {MILLION}; stop", devices=("--vdev=net_null0",))
        assert "--tx-pps: not set" in said

    def test_what_is_not_running_is_not_stopped(self):
        for command in ("stop", "wait packets 1"):
            status, said = run("--exec", command)
            assert status == 1 and "nothing is running" in said

    def test_ports_stop_and_start(self):
        said = succeeds("--exec", "port stop all; show port summary 0; port start 0; start; stop;"
                        "show port info 0; show queue 0; show port xstats 0")
        assert re.search(r"^0 .*net_ring0 .* stopped", said, re.MULTILINE)
        assert "port 0: net_ring0, driver net_ring, NUMA node 0, started" in said
        assert "RX queue 0" in said and "rx_good_packets: 0" in said
        status, said = run("--exec", "port stop all; start")
        assert status == 1 and "no port is started" in said

    def test_ports_need_not_be_started_at_the_start(self):
        said = succeeds("--disable-device-start", "--exec",
                        "show port summary 0; port start all; start; stop")
        assert re.search(r"^0 .*net_ring0 .* stopped", said, re.MULTILINE)

    def test_ports_are_attached_and_detached(self):
        said = succeeds("--exec", "port attach net_ring1; port start 1; start tx_first;"
                        "wait packets 100; stop; port stop 1; port detach 1; show port summary all")
        assert "port 1 is net_ring1" in said and "net_ring1 is detached" in said
        assert not re.search(r"^1 .*net_ring1", said, re.MULTILINE)
        for command, complaint in (("port detach 0", "port 0 is started: stop it first"),
                                   ("port detach 7", "7: no port; there are: 0"),
                                   ("port attach net_nothing0", "net_nothing0 can't be attached")):
            status, said = run("--exec", command)
            assert status == 1 and complaint in said

    def test_without_the_flag_iommufd_is_not_in_use(self):
        assert "not in use: start with --iova-mode=iommufd" in succeeds("--exec", "show iommufd")


class TestEnd:
    """It ends in good order, whatever ends it."""

    @pytest.mark.parametrize("how", [signal.SIGHUP, signal.SIGINT, signal.SIGTERM])
    def test_a_signal_ends_forwarding(self, how):
        child = pexpect.spawn(PROGRAM, argv("--tx-first", "--stats-period=1")[1:],
                              encoding="utf-8", timeout=SECONDS)
        child.expect(r"port 0\r\n +RX-packets: [1-9]")
        child.kill(how)
        child.expect("all streams of io")
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == 0

    def test_a_signal_ends_a_script_that_waits(self):
        child = pexpect.spawn(PROGRAM, argv("--exec", "start; wait 3600; show config")[1:],
                              encoding="utf-8", timeout=SECONDS)
        child.expect_exact("> wait 3600")
        child.kill(signal.SIGTERM)
        child.expect("all streams of io")
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == 0 and "show config" not in child.before


class TestVerify:
    """--verify, end to end."""

    def cables(self, role, directory):
        return [f"--vdev=net_memif{number},role={role},id={number},socket={directory}/{number},"
                "socket-abstract=no"
                for number in range(2)]

    def assert_faultless(self, said):
        found = verified(said)
        assert found.pop("good") >= MILLION
        assert not any(found.values()), found

    @pytest.mark.parametrize("there, here", [
        (("io",), ("flowgen", "--in-flight=900")),
        (("mac",), ("flowgen", "--in-flight=900", "--txpkts=200")),
        (("macswap",), ("flowgen", "--in-flight=900", "--flowgen-flows=1")),
        (("rxonly",), ("txonly", "--txpkts=600")),
    ], ids=lambda options: options[0])
    def test_a_million_packets_pass_between_two_applications(self, there, here, tmp_path):
        with Interactive(EAL, self.cables("server", tmp_path), "--verify", "--disable-link-check",
                         f"--forward-mode={there[0]}") as other:
            with Interactive(ELSEWHERE, self.cables("client", tmp_path), "--verify",
                             f"--forward-mode={here[0]}", *here[1:]) as own:
                other.command("start")
                own.command("start")
                (own if here[0] == "flowgen" else other).command(f"wait packets {MILLION}")
                said = own.command("stop")
                if here[0] == "flowgen":
                    self.assert_faultless(said)
                # memif must not be polled while its peer goes away
                self.assert_faultless(other.command("stop"))

    def test_what_is_not_checked_is_not_claimed(self):
        said = succeeds("--exec", "set fwd flowgen; start; stop; show verify")
        assert "nothing is checked" in said
        said = succeeds("--verify", "--exec", "set fwd txonly; start; stop; show verify")
        assert "nothing is checked" in said


# The headers of a file of the pcap format, and of each packet in it
PCAP = struct.Struct("=IHHiIII")
RECORD = struct.Struct("=IIII")


def read_pcap(path):
    data = path.read_bytes()
    packets, at = [], PCAP.size
    while at < len(data):
        length = RECORD.unpack_from(data, at)[2]
        at += RECORD.size
        packets.append(bytearray(data[at:at + length]))
        at += length
    return packets


def write_pcap(path, packets):
    with path.open("wb") as file:
        file.write(PCAP.pack(0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for packet in packets:
            file.write(RECORD.pack(0, 0, len(packet), len(packet)) + packet)


@pytest.fixture(scope="module")
def stamped(tmp_path_factory):
    """Ten packets of one flow, as they were sent."""
    directory = tmp_path_factory.mktemp("pcap")
    path = directory / "sent.pcap"
    subprocess.run(
        [PROGRAM, *EAL, f"--vdev=net_pcap0,tx_pcap={path}", "--", "--forward-mode=txonly",
         "--verify", "--burst=10", "--disable-link-check", "--exec",
         "start; wait packets 10; stop"], check=True, timeout=SECONDS, stdout=subprocess.DEVNULL,
        env={**os.environ, "RUNTIME_DIRECTORY": str(directory),
             "ASAN_OPTIONS": "detect_leaks=0"})
    packets = read_pcap(path)[:10]
    assert [packet[NUMBER_AT + 3] for packet in packets] == list(range(10))
    return packets


class TestVerdict:
    """What happened to packets on their way, and the exit status that tells of it."""

    def received(self, packets, tmp_path):
        """Lets the packets arrive; returns the exit status and the counts that aren't 0."""
        path = tmp_path / "arrives.pcap"
        write_pcap(path, packets)
        status, said = run(
            "--forward-mode=rxonly", "--verify", "--exec",
            f"start; wait packets {len(packets)}; stop",
            devices=(f"--vdev=net_pcap0,rx_pcap={path}",))
        return status, {name: count for name, count in verified(said).items() if count}

    def test_all_is_well(self, stamped, tmp_path):
        assert self.received(stamped, tmp_path) == (0, {"good": 10})

    def test_one_is_lost(self, stamped, tmp_path):
        assert self.received(stamped[:4] + stamped[5:], tmp_path) == (1, {"good": 9, "lost": 1})

    def test_one_comes_twice(self, stamped, tmp_path):
        assert self.received(stamped[:5] + stamped[4:], tmp_path) == (
            1, {"good": 10, "duplicated": 1})

    def test_two_are_swapped(self, stamped, tmp_path):
        swapped = [*stamped[:4], stamped[5], stamped[4], *stamped[6:]]
        assert self.received(swapped, tmp_path) == (1, {"good": 9, "reordered": 1})

    def test_a_bit_is_flipped(self, stamped, tmp_path):
        flipped = [bytearray(packet) for packet in stamped]
        flipped[9][LAST_AT] ^= 0x10
        assert self.received(flipped, tmp_path) == (1, {"good": 9, "corrupt": 1})

    def test_a_packet_of_somebody_else_is_no_error(self, stamped, tmp_path):
        assert self.received([*stamped, bytearray(64)], tmp_path) == (
            0, {"good": 10, "unstamped": 1})

    def test_what_was_found_is_not_forgotten_by_the_next_run(self, stamped, tmp_path):
        path = tmp_path / "arrives.pcap"
        write_pcap(path, stamped[:2] + stamped[3:])
        status, said = run("--forward-mode=rxonly", "--verify", "--exec",
                           "start; wait packets 9; stop; clear fwd stats; start; stop",
                           devices=(f"--vdev=net_pcap0,rx_pcap={path}",))
        assert status == 1 and "packets were lost, reordered, duplicated or corrupt" in said


PEER = bytes.fromhex("020000000042")
ONE, OTHER = bytes.fromhex("0200000000aa"), bytes.fromhex("0200000000bb")
IPV4, ARP = bytes.fromhex("0800"), bytes.fromhex("0806")
TCP, ICMP = 6, 1


def checksum(data):
    """The Internet's, of RFC 1071."""
    data = bytes(data) + bytes(len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4(protocol, payload, options=b""):
    """A packet from 10.0.0.1 to 10.0.0.2."""
    words = 5 + len(options) // 4
    header = struct.pack(">BBHHHBBH4s4s", 0x40 | words, 0, 4 * words + len(payload), 7, 0, 64,
                         protocol, 0, bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2])) + options
    header = header[:10] + struct.pack(">H", checksum(header)) + header[12:]
    return header + payload


def echo(kind, payload):
    message = struct.pack(">BBHHH", kind, 0, 0, 99, 3) + payload
    return message[:2] + struct.pack(">H", checksum(message)) + message[4:]


def frame(ether_type, payload):
    return OTHER + ONE + ether_type + payload


class TestEngines:
    """What engines make of packets, bit by bit: those of a file, and what is sent into another."""

    def through(self, mode, packets, tmp_path, *options):
        """Returns what was sent, and the port's MAC address."""
        write_pcap(tmp_path / "in.pcap", packets)
        said = succeeds(
            f"--forward-mode={mode}", "--port-topology=loop", *options, "--exec",
            f"start; wait packets {len(packets)}; stop; show port info 0",
            devices=(f"--vdev=net_pcap0,rx_pcap={tmp_path}/in.pcap,tx_pcap={tmp_path}/out.pcap",))
        mac = re.search(r"MAC address (\S+)", said)[1]
        return read_pcap(tmp_path / "out.pcap"), bytes.fromhex(mac.replace(":", ""))

    @pytest.fixture
    def packets(self):
        """Of all lengths there are."""
        return [frame(IPV4, bytes(number % 256 for number in range(length)))
                for length in range(46, 1501, 97)]

    def test_io_changes_nothing(self, packets, tmp_path):
        assert self.through("io", packets, tmp_path)[0] == packets

    def test_mac_writes_both_addresses(self, packets, tmp_path):
        sent, mac = self.through("mac", packets, tmp_path, "--eth-peer=0,02:00:00:00:00:42")
        assert sent == [PEER + mac + packet[12:] for packet in packets]

    def test_macswap_swaps_them(self, packets, tmp_path):
        sent, _ = self.through("macswap", packets, tmp_path)
        assert sent == [ONE + OTHER + packet[12:] for packet in packets]

    def test_rxonly_sends_nothing(self, packets, tmp_path):
        assert self.through("rxonly", packets, tmp_path)[0] == []

    def test_icmpecho_answers_pings(self, tmp_path):
        payloads = (b"", b"odd", bytes(1400), b"\xff" * 64)
        for options in (b"", bytes([1, 1, 1, 0])):  # of IP: no operation, three times, and the end
            sent, mac = self.through(
                "icmpecho", [frame(IPV4, ipv4(ICMP, echo(8, payload), options))
                             for payload in payloads], tmp_path)
            assert len(sent) == len(payloads)
            at = 34 + len(options)
            for reply, payload in zip(sent, payloads):
                assert reply[:14] == ONE + mac + IPV4
                assert reply[26:34] == bytes([10, 0, 0, 2, 10, 0, 0, 1])
                assert checksum(reply[14:at]) == 0
                assert reply[at:] == echo(0, payload)

    def test_icmpecho_answers_who_has_an_address(self, tmp_path):
        words = bytes.fromhex("0001080006040001")  # Ethernet, IPv4, their lengths, a request
        asked, asking = bytes([10, 0, 0, 2]), bytes([10, 0, 0, 1])
        sent, mac = self.through(
            "icmpecho", [frame(ARP, words + ONE + asking + bytes(6) + asked + bytes(18))], tmp_path)
        assert sent == [ONE + mac + ARP + words[:7] + b"\x02" + mac + asked + ONE + asking +
                        bytes(18)]

    def test_icmpecho_drops_all_else(self, tmp_path):
        fragment = frame(IPV4, ipv4(ICMP, echo(8, bytes(64))))
        fragment = fragment[:20] + b"\x20\x00" + fragment[22:]
        others = [frame(IPV4, ipv4(TCP, bytes(40))), frame(IPV4, ipv4(ICMP, echo(0, b"reply"))),
                  frame(ARP, bytes.fromhex("0001080006040002") + bytes(38)),
                  frame(bytes.fromhex("86dd"), bytes(60)), frame(IPV4, bytes(4)),
                  frame(IPV4, ipv4(ICMP, bytes(4), bytes(40))), fragment]
        assert self.through("icmpecho", others, tmp_path)[0] == []
