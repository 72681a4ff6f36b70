from pathlib import Path

import pytest

from netwatch.attempt import make_attempt
from netwatch.endpoint import Endpoint
from netwatch.model import Check, Outcome, Result, Target
from netwatch.net.resolver import Answer, Resolver
from netwatch.probe import Services
from netwatch.probes.resolve import FAMILIES, ResolveProbeOptions
from netwatch.resolution import Resolve
from tests.net.dns_server import DnsServer, dns_server

WIKI = {"wiki.default.svc.example.": ["30 A 10.96.0.7", "30 A 10.96.0.8", "30 AAAA fd00::7"]}


def as_in_a_pod(folder: Path, server: DnsServer) -> Resolve:
    """Return a resolver with the files that a kubelet writes."""
    (folder / "hosts").write_text("127.0.0.1 localhost\n10.0.0.9 myself\n")
    (folder / "resolv.conf").write_text(
        "nameserver 127.0.0.1\nsearch default.svc.example svc.example example\noptions ndots:5\n"
    )
    files = {"resolv_conf": folder / "resolv.conf", "hosts": folder / "hosts"}
    return Resolver(**files, port=server.port).resolve


async def resolved(
    host: str, resolve: Resolve, options: dict[str, object] | None = None
) -> tuple[Result, list[str]]:
    said = ResolveProbeOptions.model_validate(options or {})
    check = Check(name="names", probe="resolve", interval=15, timeout=5)
    target = Target(check, Endpoint(name=host, host=host))
    told: list[str] = []
    probe = said.open(Services(resolve))
    return await make_attempt(probe, target, 5, note=told.append), told


def answers(ipv4: tuple[str, ...] | None, ipv6: tuple[str, ...] | None, why: str = "") -> Resolve:
    async def resolve(host: str) -> Answer:
        del host
        return Answer(ipv4, ipv6, 30, why)

    return resolve


async def test_a_name_is_looked_for_in_the_search_domains(tmp_path: Path) -> None:
    async with dns_server() as server:
        server.zone = WIKI
        result, told = await resolved("wiki", as_in_a_pod(tmp_path, server))
    assert result.outcome is Outcome.OK
    assert list(result.phases) == ["resolve"]
    assert result.values["resolve_addresses"] == {"ipv4": 2, "ipv6": 1}
    assert told == ["wiki has 10.96.0.7, 10.96.0.8, fd00::7"]
    assert result.findings == {"addresses": ("10.96.0.7", "10.96.0.8", "fd00::7")}


async def test_the_hosts_file_is_read(tmp_path: Path) -> None:
    async with dns_server() as server:
        result, told = await resolved("myself", as_in_a_pod(tmp_path, server))
        assert server.asked == []
    assert (result.outcome, told) == (Outcome.OK, ["myself has 10.0.0.9"])


async def test_a_name_that_nobody_knows_is_a_failure_that_says_who_said_so(tmp_path: Path) -> None:
    async with dns_server() as server:
        result, _ = await resolved("gone", as_in_a_pod(tmp_path, server))
    assert (result.outcome, result.phase) == (Outcome.RESOLVE, "resolve")
    assert "gone.default.svc.example: 127.0.0.1 said NXDOMAIN" in result.detail
    assert result.values == {}


async def test_the_c_library_may_be_asked_instead() -> None:
    result, _ = await resolved("localhost", answers((), ()), {"through": "libc"})
    assert result.outcome is Outcome.OK
    assert result.values["resolve_addresses"] != {"ipv4": 0, "ipv6": 0}


@pytest.mark.parametrize(
    ("family", "ipv4", "ipv6", "missing"),
    [
        ("any", ("10.0.0.7",), (), ""),
        ("any", (), ("::7",), ""),
        ("ipv4", (), ("::7",), "ipv4"),
        ("ipv6", ("10.0.0.7",), (), "ipv6"),
        ("both", ("10.0.0.7",), ("::7",), ""),
        ("both", ("10.0.0.7",), (), "ipv6"),
    ],
)
async def test_the_family_that_is_wanted_must_be_there(
    family: str, ipv4: tuple[str, ...], ipv6: tuple[str, ...], missing: str
) -> None:
    result, _ = await resolved("wiki", answers(ipv4, ipv6), {"family": family})
    if missing:
        assert result.outcome is Outcome.RESOLVE
        assert result.detail.startswith(f"no {missing} address")
    else:
        assert result.outcome is Outcome.OK


async def test_a_family_that_no_server_would_tell_of_is_told_with_the_reason() -> None:
    resolve = answers(("10.0.0.7",), None, "wiki: 10.0.0.1 said SERVFAIL")
    result, told = await resolved("wiki", resolve, {"family": "both"})
    assert result.detail == "no ipv6 address: wiki: 10.0.0.1 said SERVFAIL (resolve)"
    assert "wiki: 10.0.0.1 said SERVFAIL" in told


async def test_the_hash_changes_with_the_addresses_and_not_with_their_order() -> None:
    first, _ = await resolved("wiki", answers(("10.0.0.7", "10.0.0.8"), ()))
    turned, _ = await resolved("wiki", answers(("10.0.0.8", "10.0.0.7"), ()))
    other, _ = await resolved("wiki", answers(("10.0.0.8", "10.0.0.9"), ()))
    key = "resolve_addresses_hash"
    assert first.values[key] == turned.values[key] != other.values[key]


async def test_every_figure_has_its_family() -> None:
    result, _ = await resolved("wiki", answers(("10.0.0.7",), ()))
    assert set(result.values) == {family.key for family in FAMILIES}
