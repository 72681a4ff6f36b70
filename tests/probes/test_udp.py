from collections.abc import Callable

import pytest
from pydantic import ValidationError

from netwatch.attempt import make_attempt
from netwatch.endpoint import Endpoint
from netwatch.exposition.family import Kind
from netwatch.model import Outcome, Result, Target
from netwatch.net.resolver import Resolver
from netwatch.probe import Services
from netwatch.probes import PROBES
from netwatch.probes.udp import UdpOptions
from tests.namespaces import Namespace, connect
from tests.net.udp_echoes import Script, echoing, honest, scripted
from tests.nouns import a_check

Netns = Callable[[str], Namespace]
PATIENT = {"timeout": "60s", "wait": "20s", "spacing": "1ms"}
"""For datagrams that all come back: no noise of the machine makes one late."""
SOON = {"timeout": "60s", "wait": "500ms", "spacing": "1ms"}
"""For datagrams that are lost."""


def options(**values: object) -> UdpOptions:
    return UdpOptions.model_validate(values)


async def ended(
    address: str, port: int, told: list[str] | None = None, /, **values: object
) -> Result:
    chosen = options(**values)
    family = 6 if ":" in address else 4
    endpoint = Endpoint(name="node", host=address, address=address, family=family, port=port)
    probe = chosen.open(Services(resolve=Resolver().resolve))
    target, note = Target(a_check(probe="udp"), endpoint), ([] if told is None else told).append
    return await make_attempt(probe, target, chosen.timeout, note=note)


async def against(script: Script, **values: object) -> Result:
    with scripted(script) as port:
        return await ended("127.0.0.1", port, **values)


def dropping(*lost: int) -> Script:
    """Answer all but these sequence numbers, on every source port."""
    return lambda request: [] if request[15] in lost else honest(request)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_an_echo_that_answers_all_is_well(host: str) -> None:
    with echoing(host) as echo:
        result = await ended(host, echo.addresses[0].port, packets=5, ports=3, **PATIENT)
    assert (result.outcome, result.detail) == (Outcome.OK, "")
    assert result.duration
    values = dict(result.values)
    minimum, mean, maximum, spread = (
        values.pop(f"udp_rtt_{name}") for name in ("min", "mean", "max", "spread")
    )
    assert isinstance(minimum, float)
    assert isinstance(mean, float)
    assert isinstance(maximum, float)
    assert isinstance(spread, float)
    assert 0 < minimum <= mean <= maximum
    assert 0 <= spread <= maximum - minimum
    assert values == {
        "udp_sent": 15,
        "udp_received": 15,
        "udp_duplicates": 0,
        "udp_reordered": 0,
        "udp_ports_lossy": 0,
    }


async def test_the_trace_says_what_each_source_port_has_sent_and_received() -> None:
    told: list[str] = []
    with scripted(dropping(1)) as port:
        result = await ended("127.0.0.1", port, told, packets=3, ports=2, size=100, **SOON)
    assert result.outcome is Outcome.MISMATCH
    sending, waiting, *flows = told
    assert sending.startswith(f"sending 3 datagrams of 100 bytes to 127.0.0.1 port {port} from")
    assert waiting == "sent 6, waiting up to 500ms"
    assert len(flows) == 2
    for flow, source_port in zip(flows, sending.split("ports ")[1].split(", "), strict=True):
        assert flow.startswith(f"source port {source_port}: sent 3, received 2, min/mean/max ")


async def test_the_trace_says_why_a_source_port_failed() -> None:
    told: list[str] = []
    with scripted(honest) as port:
        pass
    await ended("127.0.0.1", port, told, packets=2, ports=1, **SOON)
    assert told[-1].endswith(", received 0, port unreachable")


async def test_each_datagram_is_as_large_as_asked() -> None:
    sizes: set[int] = set()

    def measure(request: bytes) -> list[bytes]:
        sizes.add(len(request))
        return honest(request)

    result = await against(measure, size=1200, **PATIENT)
    assert (result.outcome, sizes) == (Outcome.OK, {1200})


async def test_an_echo_that_is_silent_is_a_timeout() -> None:
    result = await against(lambda _: [], packets=2, ports=2, **SOON)
    assert (result.outcome, result.detail) == (Outcome.TIMEOUT, "none of 4 came back")
    assert result.values == {
        "udp_sent": 4,
        "udp_received": 0,
        "udp_duplicates": 0,
        "udp_reordered": 0,
        "udp_ports_lossy": 2,
    }


async def test_a_loss_breaks_the_expectation() -> None:
    result = await against(dropping(1), packets=4, ports=2, **SOON)
    assert result.outcome is Outcome.MISMATCH
    assert result.detail.startswith("lost 2 of 8, from the source ports ")
    assert (result.values["udp_received"], result.values["udp_ports_lossy"]) == (6, 2)


@pytest.mark.parametrize(("max_loss", "outcome"), [(0.24, Outcome.MISMATCH), (0.25, Outcome.OK)])
async def test_so_much_loss_as_is_allowed_is_well(max_loss: float, outcome: Outcome) -> None:
    result = await against(dropping(1), packets=4, ports=2, max_loss=max_loss, **SOON)
    assert result.outcome is outcome
    assert result.values["udp_received"] == 6


async def test_duplicates_and_reordered_replies_are_counted() -> None:
    held: list[bytes] = []

    def late_first(request: bytes) -> list[bytes]:
        if request[15] == 0:
            held.extend(honest(request))
            return []
        return [*honest(request) * 2, *held]

    result = await against(late_first, packets=2, ports=1, **PATIENT)
    assert result.outcome is Outcome.OK
    assert (result.values["udp_duplicates"], result.values["udp_reordered"]) == (1, 1)


async def test_a_port_where_nobody_listens_is_refused_at_once() -> None:
    with echoing("127.0.0.1") as echo:
        free = echo.addresses[0].port
    result = await ended("127.0.0.1", free, **PATIENT)
    assert (result.outcome, result.detail) == (Outcome.REFUSED, "port unreachable")
    assert result.values["udp_received"] == 0


@pytest.mark.netns
@pytest.mark.parametrize("verdict", ["drop", "reject"])
async def test_one_broken_path_of_several_is_told_by_its_source_port(
    netns: Netns, verdict: str
) -> None:
    """The hash of a router is played by a firewall that drops every second source port."""
    client, server = netns("client"), netns("server")
    connect(client, server)
    client.sysctl("net.ipv4.ip_local_port_range", "40000 40001")
    server.nft(f"add rule inet t input udp sport 40001 {verdict}")
    with echoing("", inside=server, port=9848), client:
        result = await ended("10.9.1.2", 0, packets=3, ports=2, max_loss=0.9, **SOON)
    reason = "nothing came back" if verdict == "drop" else "port unreachable"
    assert result.outcome is Outcome.MISMATCH
    assert result.detail == f"{reason} to the source ports 40001; 1 of 2 ports are answered"
    assert result.values["udp_ports_lossy"] == 1


@pytest.mark.netns
async def test_a_firewall_of_this_host_blocks(netns: Netns) -> None:
    with netns("client") as client:
        client.nft("add rule inet t output udp dport 9848 drop")
        result = await ended("127.0.0.1", 9848, **SOON)
    assert result.outcome is Outcome.BLOCKED
    assert result.values["udp_sent"] == 0


@pytest.mark.netns
async def test_without_a_route_the_target_is_unreachable(netns: Netns) -> None:
    with netns("client"):
        result = await ended("10.9.1.2", 9848, **SOON)
    assert (result.outcome, result.detail) == (Outcome.UNREACHABLE, "Network is unreachable")


async def test_all_lost_for_want_of_room_in_our_own_socket_is_our_fault() -> None:
    def flood(request: bytes) -> list[bytes]:
        return honest(request) * 200 if request[15] == 0 else []

    result = await against(flood, packets=2, ports=1, size=60_000, spacing="0s", wait="500ms")
    assert (result.outcome, "our socket had no room" in result.detail) == (Outcome.LOCAL, True)


async def test_the_port_of_the_options_is_asked_where_the_target_names_none() -> None:
    with echoing("127.0.0.1") as echo:
        result = await ended("127.0.0.1", 0, port=echo.addresses[0].port, **PATIENT)
    assert result.outcome is Outcome.OK


def test_the_defaults_are_as_documented() -> None:
    assert options().model_dump() == {
        "expect": "success",
        "interval": 10.0,
        "timeout": 2.0,
        "port": 9848,
        "packets": 10,
        "ports": 4,
        "size": 64,
        "spacing": 0.01,
        "wait": 0.5,
        "max_loss": 0.0,
        "histogram": "auto",
    }


@pytest.mark.parametrize(
    ("key", "least", "most", "outside"),
    [
        ("interval", "100ms", "1h", ["99ms", "3601s", 1]),
        ("timeout", "1s", "1m", ["61s", 1]),
        ("port", 1, 65535, [0, 65536]),
        ("packets", 1, 100, [0, 101]),
        ("ports", 1, 64, [0, 65]),
        ("size", 24, 65507, [23, 65508]),
        ("spacing", "0s", "100ms", ["1001ms", 1]),
        ("wait", "10ms", "1s", ["9ms", "61s"]),
        ("max_loss", 0.0, 0.99, [-0.1, 1.0]),
    ],
)
def test_an_option_has_its_limits(
    key: str, least: object, most: object, outside: list[object]
) -> None:
    options(**{key: least})
    options(**{key: most})
    for value in outside:
        with pytest.raises(ValidationError):
            options(**{key: value})


def test_a_timeout_that_leaves_no_time_to_judge_is_refused() -> None:
    with pytest.raises(ValidationError, match="found timeout 590ms, expected more than the 590ms"):
        options(timeout="590ms")
    assert options(timeout="591ms").timeout == 0.591


async def test_every_value_has_its_family() -> None:
    with echoing("127.0.0.1") as echo:
        result = await ended("127.0.0.1", echo.addresses[0].port, **PATIENT)
    assert {family.key for family in UdpOptions.families} == set(result.values)
    counters = {f.key for f in UdpOptions.families if f.kind is Kind.COUNTER}
    assert counters == {"udp_sent", "udp_received", "udp_duplicates", "udp_reordered"}


def test_the_registry_knows_it_by_its_name() -> None:
    assert PROBES["udp"] is UdpOptions
