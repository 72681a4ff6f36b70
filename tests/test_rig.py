import json
import math
import socket
import struct
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from pathlib import Path
from statistics import median
from typing import Any, Self

import pytest

from netwatch.wire.icmp import (
    EchoFailure,
    EchoReply,
    decode_ipv4_packet,
    decode_message,
    echo_request,
)
from tests.rig.records import Fate, Record
from tests.rig.rig import CLAMP_BYTES, Rig, RigError, build_responder, why_there_is_no_rig
from tests.wire.icmp_packets import numbered, reply_to

pytestmark = pytest.mark.netns

NEAR = {4: "10.128.1.1", 6: "fd00:128:1::1"}
FAR = {4: "10.128.2.1", 6: "fd00:128:2::1"}
PREFIX = {4: "10.128.1.0/24", 6: "fd00:128:1::/48"}
FAMILIES = pytest.mark.parametrize("family", [4, 6])

CLOSE_SECONDS = 1e-6
"""Two stamps of one packet in the kernel may be as far apart, or rounded."""

SO_SNDBUFFORCE, SO_RCVBUFFORCE = 32, 33
"""From include/uapi/asm-generic/socket.h: root's buffers are not clamped, and nothing is lost."""

StartRig = Callable[..., Rig]


@pytest.fixture(scope="module")
def responder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if reason := why_there_is_no_rig():
        pytest.skip(reason)
    return build_responder(tmp_path_factory.mktemp("rig"))


@pytest.fixture
def start_rig(responder: Path) -> Iterator[StartRig]:
    started: list[Rig] = []

    def start(*rules: str, seed: int = 1) -> Rig:
        started.append(Rig(responder, *rules, seed=seed).__enter__())
        return started[-1]

    yield start
    for rig in started:
        rig.__exit__(None, None, None)


class Prober:
    """Sends echo requests from a raw socket in the rig, and keeps all that comes back."""

    def __init__(self, rig: Rig, family: int, payload_bytes: int = 56) -> None:
        self._request = echo_request(family, 4242, b"our word", payload_bytes)
        self.sent = 0
        self._rig, self._family = rig, family
        kinds = {4: (socket.AF_INET, socket.IPPROTO_ICMP), 6: (socket.AF_INET6, 58)}
        with rig.namespace:
            self._socket = socket.socket(kinds[family][0], socket.SOCK_RAW, kinds[family][1])
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 4 << 20)
        self._socket.setsockopt(socket.SOL_SOCKET, SO_SNDBUFFORCE, 1 << 20)
        if family == 6:
            self._socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVHOPLIMIT, 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, address: str, count: int = 1) -> None:
        for _ in range(count):
            self.send_message(address, numbered(self._request, self.sent))

    def send_message(self, address: str, message: bytes) -> None:
        self._socket.sendto(message, (address, 0))
        self.sent += 1

    def ask(self, address: str, count: int = 1) -> tuple[list[Record], list["Heard"]]:
        """Send; return the truth about these requests, and what came back for them."""
        before = len(self._rig.records())
        self.send(address, count)
        truth = self._rig.settled_records(before + count)[before:]
        return truth, self.heard()

    def heard(self) -> list["Heard"]:
        """Return all that came since the last call, but for requests on their way out."""
        found: list[Heard] = []
        while True:
            try:
                data, ancillary, _, sender = self._socket.recvmsg(70_000, 512)
            except BlockingIOError:
                return found
            if self._family == 4:
                message = decode_ipv4_packet(data)
            else:
                message = decode_message(data, 6, struct.unpack("@i", ancillary[0][2])[0])
            if message is not None:
                found.append(Heard(message, sender[0], self._family, self._request))


class Heard:
    """A reply or an ICMP error, and who sent it."""

    def __init__(
        self, message: EchoReply | EchoFailure, sender: str, family: int, request: bytes
    ) -> None:
        self.message = message
        self.sender = sender
        self.sequence = message.sequence
        self._family, self._request = family, request

    @property
    def reply(self) -> EchoReply:
        assert isinstance(self.message, EchoReply)
        return self.message

    @property
    def failure(self) -> EchoFailure:
        assert isinstance(self.message, EchoFailure)
        return self.message

    @property
    def is_whole(self) -> bool:
        """Whether it repeats the request; the kernel has checked the checksum of ICMPv6."""
        message = self.reply.message
        expected = reply_to(numbered(self._request, self.sequence), self._family)
        start = 0 if self._family == 4 else 4
        return message[start:] == expected[start:]


def sequences(rows: list[Record], fate: Fate) -> list[int]:
    return [row.sequence for row in rows if row.fate & fate]


@pytest.mark.parametrize(
    ("family", "payload_bytes"),
    [(4, 16), (4, 57), (4, 1472), (4, 65_507), (6, 16), (6, 57), (6, 1472), (6, 65_487)],
)
def test_a_request_of_any_size_is_answered_to_the_last_bit(
    start_rig: StartRig, family: int, payload_bytes: int
) -> None:
    rig = start_rig()
    with Prober(rig, family, payload_bytes) as prober:
        truth, heard = prober.ask(NEAR[family], 3)
    assert [row.sequence for row in truth] == [answer.sequence for answer in heard] == [0, 1, 2]
    assert all(answer.is_whole and answer.sender == NEAR[family] for answer in heard)


@FAMILIES
def test_the_record_repeats_the_request(start_rig: StartRig, family: int) -> None:
    rig = start_rig("10.128.7.0/24", "# a comment", f"{PREFIX[family]} ttl=33")
    with Prober(rig, family) as prober:
        truth, heard = prober.ask(NEAR[family])
    (row,) = truth
    assert (row.destination, row.family, row.line) == (NEAR[family], family, 3)
    assert (row.identifier, row.sequence, row.payload) == (4242, 0, b"our word")
    assert (row.size_bytes, row.hop_limit) == ((20 if family == 4 else 40) + 64, 64)
    assert (row.fate, row.pending, row.answers) == (Fate(0), 0, 1)
    assert row.out_ns < row.in_ns
    assert row.hold_ns > 0
    assert heard[0].reply.hop_limit == 33


def test_an_address_without_a_payload_is_answered_too(start_rig: StartRig) -> None:
    rig = start_rig("10.128.0.0/9 corrupt_payload=1 truncate=1")
    with Prober(rig, 4) as prober:
        prober.send_message(NEAR[4], struct.pack("!BBHHH", 8, 0, 0xF7FE, 0, 1))
        (row,) = rig.settled_records(1)
        assert prober.heard()[0].reply.message == struct.pack("!BBHHH", 0, 0, 0xFFFE, 0, 1)
    assert row.payload == bytes(8)


def test_a_request_with_a_bad_checksum_is_recorded_and_not_answered(start_rig: StartRig) -> None:
    rig = start_rig()
    with Prober(rig, 4) as prober:
        prober.send_message(NEAR[4], struct.pack("!BBHHH", 8, 0, 0xF7FF, 0, 1))
        (row,) = rig.settled_records(1)
        assert not prober.heard()
    assert (row.fate, row.answers, row.in_ns) == (Fate.MALFORMED, 0, 0)


@FAMILIES
def test_loss_is_the_share_that_the_rule_says(start_rig: StartRig, family: int) -> None:
    rig = start_rig(f"{PREFIX[family]} loss=0.2")
    with Prober(rig, family) as prober:
        truth, heard = prober.ask(NEAR[family], 2000)
        _, unharmed = prober.ask(FAR[family], 100)
    lost = sequences(truth, Fate.LOST)
    five_sigma = 5 * math.sqrt(2000 * 0.2 * 0.8)
    assert abs(len(lost) - 400) < five_sigma
    assert {answer.sequence for answer in heard} == set(range(2000)) - set(lost)
    assert [row.sequence for row in truth if not row.in_ns] == lost
    assert len(unharmed) == 100


def test_chance_repeats_with_its_seed_and_differs_by_address(start_rig: StartRig) -> None:
    def lost(rig: Rig, *addresses: str) -> dict[str, list[int]]:
        with Prober(rig, 4) as prober:
            return {
                address: [row.fate.value for row in prober.ask(address, 50)[0]]
                for address in addresses
            }

    rule = "10.128.0.0/9 loss=0.5"
    first = lost(start_rig(rule), NEAR[4], FAR[4])
    rig = start_rig(rule)
    assert lost(rig, FAR[4], NEAR[4]) == first
    rig.rules(rule)
    assert lost(rig, FAR[4], NEAR[4]) == first
    assert first[NEAR[4]] != first[FAR[4]]
    assert lost(start_rig(rule, seed=2), NEAR[4])[NEAR[4]] != first[NEAR[4]]


@FAMILIES
def test_duplicates_come_as_often_as_the_record_says(start_rig: StartRig, family: int) -> None:
    rig = start_rig(f"{PREFIX[family]} duplicate=0.3 copies=2")
    with Prober(rig, family) as prober:
        truth, heard = prober.ask(NEAR[family], 200)
    expected = {row.sequence: 3 if row.fate & Fate.DUPLICATED else 1 for row in truth}
    assert Counter(answer.sequence for answer in heard) == expected
    assert {row.sequence: row.answers for row in truth} == expected
    assert 0 < len(sequences(truth, Fate.DUPLICATED)) < 200


def test_a_reply_that_is_held_back_comes_after_later_ones(start_rig: StartRig) -> None:
    rig = start_rig("10.128.1.0/24 reorder=0.3 reorder_delay=0.5")
    with Prober(rig, 4) as prober:
        truth, heard = prober.ask(NEAR[4], 50)
    held_back = sequences(truth, Fate.REORDERED)
    in_time = [sequence for sequence in range(50) if sequence not in held_back]
    assert held_back
    assert [answer.sequence for answer in heard] == in_time + held_back


@pytest.mark.parametrize(
    ("rule", "least"),
    [("delay=0.02", 0.02), ("delay=0.01 jitter=0.02", 0.01), ("delay=0.01 tail=0.01", 0.01)],
)
def test_an_answer_is_held_at_least_as_long_as_the_rule_says(
    start_rig: StartRig, rule: str, least: float
) -> None:
    rig = start_rig(f"10.128.0.0/9 {rule}")
    with Prober(rig, 4) as prober:
        truth, heard = prober.ask(NEAR[4], 30)
    assert min(row.hold_ns for row in truth) >= least * 1e9
    by_time = [row.sequence for row in sorted(truth, key=lambda row: row.in_ns)]
    assert [answer.sequence for answer in heard] == by_time
    assert (by_time == list(range(30))) is (rule == "delay=0.02")


@FAMILIES
def test_damage_to_a_payload_has_a_good_checksum(start_rig: StartRig, family: int) -> None:
    rig = start_rig(f"{PREFIX[family]} corrupt_payload=0.3")
    with Prober(rig, family) as prober:
        truth, heard = prober.ask(NEAR[family], 100)  # for IPv6 the kernel checks the checksum
    damaged = [answer.sequence for answer in heard if not answer.is_whole]
    assert damaged == sequences(truth, Fate.CORRUPT_PAYLOAD)
    assert 0 < len(damaged) < 100
    assert {len(answer.reply.message) for answer in heard} == {64}


@FAMILIES
def test_a_truncated_reply_has_half_of_its_payload(start_rig: StartRig, family: int) -> None:
    rig = start_rig(f"{PREFIX[family]} truncate=0.3")
    with Prober(rig, family) as prober:
        truth, heard = prober.ask(NEAR[family], 100)
    short = [answer for answer in heard if len(answer.reply.message) == 8 + 28]
    assert [answer.sequence for answer in short] == sequences(truth, Fate.TRUNCATED)
    assert 0 < len(short) < 100
    assert not any(answer.is_whole for answer in short)


def test_a_bad_checksum_is_for_raw_ipv4_sockets_to_find(start_rig: StartRig) -> None:
    rig = start_rig("10.128.1.0/24 corrupt_checksum=0.3", "fd00:128:1::/48 corrupt_checksum=0.3")
    with Prober(rig, 4) as prober:
        truth, heard = prober.ask(NEAR[4], 100)
    damaged = [answer.sequence for answer in heard if not answer.is_whole]
    assert damaged == sequences(truth, Fate.CORRUPT_CHECKSUM)
    assert 0 < len(damaged) < 100
    with Prober(rig, 6) as prober:
        truth, heard = prober.ask(NEAR[6], 100)
    swallowed = set(range(100)) - {answer.sequence for answer in heard}
    assert sorted(swallowed) == sequences(truth, Fate.CORRUPT_CHECKSUM)


@FAMILIES
def test_a_wrong_source_is_the_neighbour_of_the_right_one(start_rig: StartRig, family: int) -> None:
    rig = start_rig(f"{PREFIX[family]} wrong_source=0.3")
    with Prober(rig, family) as prober:
        truth, heard = prober.ask(NEAR[family], 100)
    strange = [answer for answer in heard if answer.sender != NEAR[family]]
    assert [answer.sequence for answer in strange] == sequences(truth, Fate.WRONG_SOURCE)
    neighbour = str(ip_address(int(ip_address(NEAR[family])) ^ 1))
    assert {answer.sender for answer in strange} == {neighbour}
    assert all(answer.is_whole for answer in heard)


@pytest.mark.parametrize(
    ("family", "rule", "expected"),
    [
        (4, "error_type=3 error_code=1", (3, 1, 0)),
        (4, "error_type=3 error_code=13 options=1", (3, 13, 0)),
        (4, "error_type=3 error_code=4 mtu=1400", (3, 4, 1400)),
        (4, "error_type=11 options=1", (11, 0, 0)),
        (6, "error_type=1 error_code=4", (1, 4, 0)),
        (6, "error_type=2 mtu=1280", (2, 0, 1280)),
        (6, "error_type=3 options=1", (3, 0, 0)),
    ],
)
@pytest.mark.parametrize("payload_bytes", [56, 1200])
def test_an_icmp_error_embeds_the_request_and_comes_from_a_router(
    start_rig: StartRig,
    family: int,
    rule: str,
    expected: tuple[int, int, int],
    payload_bytes: int,
) -> None:
    rig = start_rig(f"{PREFIX[family]} error=0.5 {rule}")
    with Prober(rig, family, payload_bytes) as prober:
        truth, heard = prober.ask(NEAR[family], 20)
    errors = [answer for answer in heard if isinstance(answer.message, EchoFailure)]
    assert [answer.sequence for answer in errors] == sequences(truth, Fate.ERROR)
    assert 0 < len(errors) < 20 == len(heard)
    router = {4: "10.128.1.254", 6: "fd00:128:1::fe"}[family]
    for answer in errors:
        failure = answer.failure
        assert (failure.kind, failure.code, failure.mtu) == expected
        assert failure.destination == ip_address(NEAR[family]).packed
        assert (failure.identifier, answer.sender) == (4242, router)


@FAMILIES
def test_an_outage_begins_and_ends_while_the_rig_runs(start_rig: StartRig, family: int) -> None:
    rig = start_rig()
    with Prober(rig, family) as prober:
        answers = [len(prober.ask(NEAR[family], 5)[1])]
        for rules in ([f"{PREFIX[family]} loss=1"], []):
            rig.rules(*rules)
            answers.append(len(prober.ask(NEAR[family], 5)[1]))
    assert answers == [5, 0, 5]


@FAMILIES
def test_the_longest_prefix_wins(start_rig: StartRig, family: int) -> None:
    rules = {
        4: ("10.128.0.0/9 ttl=9", "10.128.1.0/31 ttl=31", "10.128.1.1 ttl=32", "0.0.0.0/0 ttl=1"),
        6: ("::/0 ttl=1", "fd00:128:1:: ttl=32", "fd00:128::/32 ttl=9", "fd00:128:1::/127 ttl=31"),
    }[family]
    rig = start_rig(*rules)
    addresses = {
        4: ("10.128.1.1", "10.128.1.0", "10.128.1.2"),
        6: ("fd00:128:1::", "fd00:128:1::1", "fd00:128:1::2"),
    }[family]
    with Prober(rig, family) as prober:
        limits = [prober.ask(address)[1][0].reply.hop_limit for address in addresses]
    assert limits == [32, 31, 9]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("somewhere", 'rules, line 2: found "somewhere", expected an IP address'),
        ("10.0.0.0/33", 'rules, line 2: found "/33", expected the length of a prefix'),
        ("10.0.0.0/8 lost=1", 'rules, line 2: found "lost", expected a behaviour such as delay='),
        ("::/0 loss=1.1", 'rules, line 2: loss is "1.1", expected a number from 0 to 1'),
        ("::/0 delay=5ms", 'rules, line 2: delay is "5ms", expected a number from 0 to 60'),
        ("::/0 ttl", 'rules, line 2: ttl is "", expected a number from 0 to 255'),
    ],
)
def test_a_rule_that_makes_no_sense_is_told(responder: Path, rule: str, message: str) -> None:
    with pytest.raises(RigError) as at_start, Rig(responder, "::1", rule):
        pass
    with pytest.raises(RigError) as later, Rig(responder) as rig:
        rig.rules("::1", rule)
    assert str(at_start.value).startswith(message)
    assert str(later.value).startswith(message)


@FAMILIES
def test_a_flood_is_of_replies_to_nobody(start_rig: StartRig, family: int) -> None:
    rig = start_rig("flood 5000 0.5")
    with Prober(rig, family) as prober:
        heard = prober.ask(NEAR[family])[1]
        while len(heard) < 100:
            heard += prober.heard()
    honest = [answer for answer in heard if answer.is_whole]
    assert len(honest) == 1
    numbers = Counter(
        (answer.reply.identifier, answer.sequence) == (4242, 0)
        for answer in heard
        if not answer.is_whole
    )
    assert min(numbers[True], numbers[False]) > 10
    assert rig.flooded >= len(heard) - 1
    assert {answer.sender for answer in heard} == {NEAR[family]}


def test_a_rig_that_missed_requests_says_so(responder: Path) -> None:
    def overwhelm(rig: Rig) -> None:
        with Prober(rig, 4, 65_507) as prober, rig.paused():
            prober.send(NEAR[4], 1000)
        rig.settled_records(1000)

    with pytest.raises(RigError, match=r"missed \d+ requests"), Rig(responder) as rig:
        overwhelm(rig)


# What netwatch makes of it


def ping(rig: Rig, *options: str) -> tuple[list[dict[str, Any]], dict[str, dict[str, Any]]]:
    """Return the result of each packet, and the summary by address."""
    done = rig.run(sys.executable, "-m", "netwatch", "probe", "icmp", "-o", "jsonl", *options)
    assert not done.stderr
    *results, summary = map(json.loads, done.stdout.splitlines())
    return results, {target["address"]: target for target in summary["targets"]}


def test_netwatch_counts_what_the_record_counts(start_rig: StartRig) -> None:
    rig = start_rig(
        "10.128.0.0/9 delay=0.001 jitter=0.001",
        "10.128.2.0/24 loss=0.2 duplicate=0.2 delay=0.001",
        "10.128.3.0/24 error=0.3 error_type=3 error_code=13 options=1",
        "10.128.4.0/24 wrong_source=0.3",
        "10.128.5.0/24 late=0.3 late_delay=30",
        "fd00:128:6::/48 error=0.3 error_type=1 error_code=4 loss=0.3",
    )
    addresses = ["10.128.1.1", "10.128.2.1", "10.128.3.1", "10.128.4.1", "10.128.5.1"]
    addresses.append("fd00:128:6::1")
    _, summary = ping(rig, *addresses, "-c", "60", "-i", "10ms", "-t", "3s")
    for address in addresses:
        truth = [row for row in rig.records() if row.destination == address]
        fates = Counter(fate for row in truth for fate in row.fate)
        seen = summary[address]
        silent = fates[Fate.LOST] + fates[Fate.WRONG_SOURCE] + fates[Fate.LATE]
        assert seen["sent"] == len(truth) == 60
        assert seen["lost"] == silent
        assert sum(seen["errors"].values()) == fates[Fate.ERROR]
        assert seen["received"] == 60 - silent - fates[Fate.ERROR]
        assert seen["duplicates"] == fates[Fate.DUPLICATED]
    assert set(summary["10.128.3.1"]["errors"]) == {"blocked"}
    assert set(summary["fd00:128:6::1"]["errors"]) == {"refused"}


def test_netwatch_measures_what_the_rig_held_from_when_the_kernel_sent(
    start_rig: StartRig,
) -> None:
    """A stamp of our own would be from before the request left the device."""
    rig = start_rig("::/0 delay=0.002 jitter=0.01")
    results, _ = ping(rig, *NEAR.values(), "-c", "50", "-i", "10ms", "-t", "10s")
    for address in NEAR.values():
        truth = [row for row in rig.records() if row.destination == address]
        measured = sorted(
            (result["started"], result["duration_seconds"])
            for result in results
            if result["address"] == address
        )
        assert len(measured) == len(truth) == 50
        rows = zip(measured, truth, strict=True)
        errors = []
        for (started, duration), row in rows:
            assert started >= row.out_ns / 1e9 - CLOSE_SECONDS
            errors.append(abs(duration - (row.in_ns - row.out_ns) / 1e9))
        assert median(errors) < 0.002


def test_netwatch_loses_nothing_in_a_flood(start_rig: StartRig) -> None:
    rig = start_rig("flood 2000 0.5")
    _, summary = ping(rig, NEAR[4], "-c", "50", "-i", "10ms", "-t", "10s")
    assert summary[NEAR[4]]["received"] == 50
    assert rig.flooded > 100


def test_a_clamped_program_has_the_privileges_of_the_chart(start_rig: StartRig) -> None:
    rig = start_rig()
    try:
        done = rig.run("cat", "/proc/self/status", clamped=True)
    except OSError as error:
        pytest.skip(f"net.core.rmem_max cannot be set here: {error}")
    fields = dict(line.split(":\t", 1) for line in done.stdout.splitlines())
    assert int(fields["CapEff"], 16) == int(fields["CapBnd"], 16) == 1 << 13  # CAP_NET_RAW
    assert fields["NoNewPrivs"] == "1"
    assert fields["Uid"].split() == ["0"] * 4


def test_a_clamped_program_gets_no_larger_buffer(start_rig: StartRig) -> None:
    ask = """
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
print(s.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF))
s.setsockopt(socket.SOL_SOCKET, 33, 4 << 20)
"""
    rmem_max = Path("/proc/sys/net/core/rmem_max")
    before = rmem_max.read_text()
    try:
        done = start_rig().run(sys.executable, "-c", ask, clamped=True)
    except OSError as error:
        pytest.skip(f"net.core.rmem_max cannot be set here: {error}")
    assert int(done.stdout) == 2 * min(CLAMP_BYTES, int(before))  # the kernel doubles it
    assert "PermissionError" in done.stderr
    assert rmem_max.read_text() == before


def test_what_a_program_leaves_is_gone_after_its_block(start_rig: StartRig) -> None:
    rig = start_rig()
    with rig.running("sleep", "1000") as process:
        assert process.poll() is None
    assert process.returncode == -9
