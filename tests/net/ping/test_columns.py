"""A batch is read by columns as it is read row by row, or not at all."""

from collections.abc import Callable
from ipaddress import ip_address

import pytest

from netwatch.net.ping.columns import constant_of
from netwatch.net.ping.layout import SWAPPED
from netwatch.wire.icmp import echo_reply
from tests.namespaces import Namespace
from tests.net.ping.channels import KINDS, LOOPBACK, NONCE, Kind, opened
from tests.net.ping.pinging import until

Netns = Callable[[str], Namespace]

pytestmark = pytest.mark.netns

at_each_kind = pytest.mark.parametrize("kind", KINDS, ids=str)


async def received(receive: Callable[[], int]) -> int:
    """Wait until something has come, and return how many messages."""
    numbers: list[int] = []

    def look() -> int:
        numbers.append(receive())
        return numbers[-1]

    await until(look)
    return numbers[-1]


def words(packed: bytes) -> list[int]:
    size = 4 if len(packed) == 4 else 8
    return [int.from_bytes(packed[i : i + size], "little") for i in range(0, len(packed), size)]


@at_each_kind
@pytest.mark.parametrize("payload_bytes", [16, 17, 56, 1400])
async def test_replies_are_the_same_in_columns_and_in_rows(
    netns: Netns, kind: Kind, payload_bytes: int
) -> None:
    with opened(netns("host"), kind, payload_bytes) as ends:
        ends.send(*[LOOPBACK[kind.family]] * 3, first=500)
        inbox = ends.channel.inbox
        number = await received(inbox.receive)
        replies, (rows, strays) = inbox.replies(number), inbox.rows(number)
    assert replies is not None
    assert strays == []
    assert replies.constant == constant_of(kind.family, echo_reply(kind.family, ends.request))
    assert replies.sequences == [SWAPPED[row[6]] for row in rows] == [500, 501, 502][:number]
    assert replies.stamps_ns == [row[1] * 10**9 + row[2] for row in rows]
    assert replies.hop_limits == [row[3] for row in rows]
    sender = words(ip_address(LOOPBACK[kind.family]).packed)
    assert [list(column) for column in replies.senders] == [[word] * number for word in sender]


@at_each_kind
async def test_replies_of_two_epochs_are_not_read_in_columns(netns: Netns, kind: Kind) -> None:
    with opened(netns("host"), kind) as ends:
        ends.send(LOOPBACK[kind.family])
        ends.channel.load(ends.request.replace(NONCE, b"another."))
        ends.send(LOOPBACK[kind.family], first=1)
        await until(lambda: ends.channel._memory()[0] > 0)
        number = await received(ends.channel.inbox.receive)
        if number == 2:
            assert ends.channel.inbox.replies(number) is None


@at_each_kind
async def test_departures_in_order_are_a_run(netns: Netns, kind: Kind) -> None:
    with opened(netns("host"), kind) as ends:
        ends.send(*[LOOPBACK[kind.family]] * 3, first=500)
        departures = ends.channel.departures
        number = await received(departures.receive)
        run, (rows, failures) = departures.run(number), departures.rows(number, frozenset({NONCE}))
    assert run is not None
    assert failures == []
    assert (run.nonce, run.first) == (NONCE, 500)
    assert run.stamps_ns == [row[0] * 10**9 + row[1] for row in rows]
