"""What every node depends on, as the node itself knows it: gateways, resolvers, loopback."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, model_validator

from netwatch.endpoint import Endpoint, Publisher, Snapshot, Source
from netwatch.options import Options
from netwatch.source import SourceServices
from netwatch.wire.resolvconf import parse_resolv_conf
from netwatch.wire.routes import parse_ipv4_gateways, parse_ipv6_gateways

INTERVAL_SECONDS = 10.0

# ::1 in /proc/net/if_inet6, which lists one address a line.
_IPV6_LOOPBACK = f"{1:032x} "


def _yes_or_no(value: object) -> object:
    """Take back what YAML 1.1 makes of a plain yes or no."""
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value


class LocalOptions(Options):
    """Which of them; one at least."""

    gateways: bool = False
    """The next hops of the default routes, as `gateway-<interface>`."""
    resolvers: bool = False
    """The name servers of resolv.conf, as `resolver-<address>`."""
    loopback: Annotated[Literal["no", "yes", "fallback"], BeforeValidator(_yes_or_no)] = "no"
    """The node itself; `fallback` where nothing else is found, so that there is a target."""

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        if not self.gateways and not self.resolvers and self.loopback == "no":
            raise ValueError("found nothing to look for, expected gateways, resolvers or loopback")
        return self

    def open(self, services: SourceServices) -> Source:
        """Make the source."""
        del services
        return LocalSource(self)


class LocalSource:
    """Looks at the node again and again; `root` is where its /proc and /etc are."""

    def __init__(self, options: LocalOptions, root: Path = Path("/")) -> None:
        self._options = options
        self._root = root
        self._has_resolv_conf = False

    async def run(self, publisher: Publisher) -> None:
        """Publish every ten seconds, until cancelled; a failure is told once, until it ends."""
        told = ""
        while True:
            try:
                snapshot = self._look()
            except OSError as error:
                why = f"{error.filename}: {error.strerror}"
                if why != told:
                    publisher.fail(why)
                told = why
            else:
                told = ""
                publisher.publish(snapshot)
            await asyncio.sleep(INTERVAL_SECONDS)

    def _look(self) -> Snapshot:
        found: list[Endpoint] = []
        if self._options.gateways:
            found += self._gateways()
        if self._options.resolvers:
            found += self._resolvers()
        if self._options.loopback == "yes" or (self._options.loopback == "fallback" and not found):
            found += self._loopback()
        return tuple(dict.fromkeys(found))

    def _gateways(self) -> Iterator[Endpoint]:
        ipv4 = parse_ipv4_gateways(self._read("proc/net/route"))
        ipv6 = parse_ipv6_gateways(self._read("proc/net/ipv6_route"))
        for gateway in (*ipv4, *ipv6):
            yield Endpoint(name=f"gateway-{gateway.interface}", host=gateway.address)

    def _resolvers(self) -> Iterator[Endpoint]:
        try:
            text = (self._root / "etc/resolv.conf").read_text(errors="replace")
        except FileNotFoundError:
            if self._has_resolv_conf:
                raise  # somebody replaces it at this moment, or ought to
            return
        self._has_resolv_conf = True
        for server in parse_resolv_conf(text).nameservers:
            yield Endpoint(name=f"resolver-{server}", host=server)

    def _loopback(self) -> Iterator[Endpoint]:
        yield Endpoint(name="loopback", host="127.0.0.1")
        if _IPV6_LOOPBACK in self._read("proc/net/if_inet6"):
            yield Endpoint(name="loopback", host="::1")

    def _read(self, table: str) -> str:
        """Read a table of the kernel, which is not there if the family is switched off."""
        try:
            return (self._root / table).read_text(errors="replace")
        except FileNotFoundError:
            return ""
