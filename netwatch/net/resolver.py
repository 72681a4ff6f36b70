"""Host names to IP addresses as the system would, but asynchronously and with TTLs.

The order is the C library's: an IP address is itself; then the hosts file; then the name servers
and search domains of resolv.conf. Both files are read again when they change. There are no
threads, so that nothing a name server does can hold up the end of the program.
"""

import asyncio
import ipaddress
import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from netwatch.model import Outcome, ProbeError
from netwatch.net.files import ChangingFile, UnreadableFileError
from netwatch.wire.hostname import parse_address
from netwatch.wire.hosts import parse_hosts
from netwatch.wire.resolvconf import ResolvConf, parse_resolv_conf

HOSTS_TTL_SECONDS = 5.0  # the file says none; looking costs next to nothing


class NameUnknown(Exception):  # noqa: N818 - a fact about the name, which is no error of ours
    """The name has no address; the message says which server said so."""


class ResolverFailed(Exception):  # noqa: N818 - named as its sibling
    """Whether the name has addresses is not known; the message says which server said what."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The addresses of a name, in the order of the answer.

    A family is empty where the name has no address of it, and None where no server would say;
    `problem` tells why then. Ask again after `ttl_seconds`.
    """

    ipv4: tuple[str, ...] | None
    ipv6: tuple[str, ...] | None
    ttl_seconds: float
    problem: str = ""


@dataclass(frozen=True, slots=True)
class _Reply:
    """What all servers together say of one family of one full name; None: they do not know.

    `is_local`: some of them could not even be asked, by a fault of our own.
    """

    addresses: tuple[str, ...] | None
    ttl_seconds: float
    said: str
    silent: bool = False
    is_local: bool = False


class Resolver:
    """Resolves names; `port` is the one of every name server."""

    def __init__(
        self,
        *,
        resolv_conf: Path = Path("/etc/resolv.conf"),
        hosts: Path = Path("/etc/hosts"),
        port: int = 53,
    ) -> None:
        self._conf_file = ChangingFile(resolv_conf)
        self._hosts_file = ChangingFile(hosts)
        self._port = port
        self._conf = ResolvConf()
        self._hosts: dict[str, tuple[str, ...]] = {}
        self._turns = itertools.count()

    async def resolve(self, host: str) -> Answer:
        """Return the addresses of `host`; there is at least one.

        Raises NameUnknown or ResolverFailed, and ProbeError where the trouble is our own. It may
        take as long as the timeout of resolv.conf for each attempt at each server, and may be
        cancelled at any time.
        """
        if address := parse_address(host):
            return _answer([str(address)], math.inf)
        self._read_hosts()
        if listed := self._hosts.get(host.rstrip(".").lower()):
            return _answer(listed, HOSTS_TTL_SECONDS)
        self._read_conf()
        return await self._search(host)

    def _read_hosts(self) -> None:
        try:
            text = self._hosts_file.changed()
        except UnreadableFileError:
            text = ""  # as for the C library, having no hosts file is no error
        if text is not None:
            self._hosts = parse_hosts(text)

    def _read_conf(self) -> None:
        try:
            text = self._conf_file.changed()
        except UnreadableFileError as error:
            raise ResolverFailed(str(error)) from error
        if text is not None:
            self._conf = parse_resolv_conf(text)
        if not self._conf.nameservers:
            raise ResolverFailed(f"{self._conf_file.path}: found no name server, expected one")

    async def _search(self, host: str) -> Answer:
        conf = self._conf
        replies: list[_Reply] = []
        for name in conf.candidates(host):
            ipv4, ipv6 = await self._ask_both(conf, name)
            if ipv4.addresses or ipv6.addresses:
                return Answer(
                    ipv4=ipv4.addresses,
                    ipv6=ipv6.addresses,
                    ttl_seconds=min(ipv4.ttl_seconds, ipv6.ttl_seconds),
                    problem=_why([reply for reply in (ipv4, ipv6) if reply.addresses is None]),
                )
            replies += (ipv4, ipv6)
            if ipv4.silent or ipv6.silent:
                break  # as the C library: who is silent would be silent about every name
        if any(reply.addresses is None for reply in replies):
            if any(reply.is_local for reply in replies):
                raise ProbeError(Outcome.LOCAL, _why(replies))
            raise ResolverFailed(_why(replies))
        raise NameUnknown(_why(replies))

    async def _ask_both(self, conf: ResolvConf, name: str) -> tuple[_Reply, _Reply]:
        first = next(self._turns) % len(conf.nameservers) if conf.rotate else 0
        servers = conf.nameservers[first:] + conf.nameservers[:first]
        asked = (servers * conf.attempts, self._port, conf.timeout_seconds, name)
        async with asyncio.TaskGroup() as group:
            ipv4 = group.create_task(_ask_servers(*asked, 4), name=f"resolve {name} A")
            ipv6 = group.create_task(_ask_servers(*asked, 6), name=f"resolve {name} AAAA")
        return ipv4.result(), ipv6.result()


async def _ask_servers(
    servers: Iterable[str], port: int, timeout_seconds: float, name: str, family: Literal[4, 6]
) -> _Reply:
    from netwatch.net import dnsquery  # noqa: PLC0415 - costs memory where no name is ever asked for

    said: dict[str, str] = {}
    silent, is_local = True, False
    for server in servers:
        try:
            async with asyncio.timeout(timeout_seconds):
                records = await dnsquery.ask(server, port, name, family)
        except TimeoutError:
            said[server] = f"{server} gave no answer in {timeout_seconds}s"
        except dnsquery.QueryError as error:
            is_local |= error.is_local
            said[server] = f"{server} gave no answer: {error}"
        else:
            silent = False
            said[server] = f"{server} said {records.said}"
            if records.addresses is not None:
                return _Reply(records.addresses, records.ttl_seconds, f"{name}: {said[server]}")
    why = f"{name}: {', '.join(said.values())}"
    return _Reply(None, math.inf, why, silent=silent, is_local=is_local)


def _why(replies: Iterable[_Reply]) -> str:
    return "; ".join(dict.fromkeys(reply.said for reply in replies))


def _answer(addresses: Iterable[str], ttl_seconds: float) -> Answer:
    by_version: dict[int, list[str]] = {4: [], 6: []}
    for address in addresses:
        by_version[ipaddress.ip_address(address).version].append(address)
    return Answer(tuple(by_version[4]), tuple(by_version[6]), ttl_seconds)
