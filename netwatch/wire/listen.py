"""Addresses to listen on as people write them: `127.0.0.1:9847`, `[::1]:9847`, `:9847`."""

import re
from ipaddress import IPv4Address, ip_address
from typing import NamedTuple

from netwatch.wire.document import described

LISTEN_PATTERN = r"^(\[[0-9a-fA-F:.]+(%[^\[\]%]+)?\]|[0-9.]*):[0-9]{1,5}$"
MAX_PORT = 65535

_ADDRESS = re.compile(r"(?:\[(?P<either>[^\[\]]+)\]|(?P<ipv4>[^\[\]:]*)):(?P<port>[0-9]{1,5})")


class ListenAddress(NamedTuple):
    """Where a server listens: `host` is an IP address, or empty for all addresses of both families.

    Port 0 lets the kernel choose one.
    """

    host: str
    port: int

    def __str__(self) -> str:
        """As it is written in a configuration."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_listen(text: object) -> ListenAddress:
    """Read `ADDRESS:PORT`; raises ValueError for anything else, also for host names.

    A name may mean another address tomorrow, and a server that then listens elsewhere is a hole.
    In brackets there may be one of either family, so that `[${POD_IP}]:9847` is always right.
    """
    match = _ADDRESS.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        expected = "127.0.0.1:9847, [::1]:9847 or :9847"
        raise ValueError(f"found {described(text)}, expected ADDRESS:PORT such as {expected}")
    try:
        if match["either"]:
            ip_address(match["either"])
        elif match["ipv4"]:
            IPv4Address(match["ipv4"])
    except ValueError:
        found = described(match["either"] or match["ipv4"])
        raise ValueError(f"found {found}, expected an IP address, no host name") from None
    if int(match["port"]) > MAX_PORT:
        raise ValueError(f"found the port {match['port']}, expected 0 to {MAX_PORT}")
    return ListenAddress(match["either"] or match["ipv4"], int(match["port"]))
