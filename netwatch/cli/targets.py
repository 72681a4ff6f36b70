"""What people write for a target on a command line: a host, `host:port`, or a URL."""

import argparse

from netwatch.endpoint import Endpoint
from netwatch.probe import ProbeOptions
from netwatch.sources.endpoint import probeable_host, probeable_url
from netwatch.wire.document import described
from netwatch.wire.hostname import parse_address, split_port
from netwatch.wire.url import looks_like_url, parse_url

_FLAGS = {"ipv4": "-4", "ipv6": "-6"}


def add_family_arguments(parser: argparse.ArgumentParser) -> None:
    """Register the choice of an address family, `family` of ResolveOptions."""
    family = parser.add_mutually_exclusive_group()
    for value, flag in _FLAGS.items():
        words = f"IP{value[2:]} only"
        family.add_argument(flag, dest="family", action="store_const", const=value, help=words)
    family.add_argument(
        "--prefer-ipv6",
        dest="family",
        action="store_const",
        const="prefer_ipv6",
        help="IPv6 for names that have it, else IPv4 (default: the other way round)",
    )
    parser.set_defaults(family="any")


def endpoint_of(text: str, family: str, probe: type[ProbeOptions]) -> Endpoint:
    """Return the target that `text` names for the probe.

    Raises ValueError for what is none, lacks what the probe needs, or is an address of the other
    family.
    """
    if looks_like_url(text):
        _, host, port = parse_url(probeable_url(text))
        endpoint = Endpoint(name=text, host=host, port=port, url=text)
    else:
        host, port = split_port(text)
        endpoint = Endpoint(name=text, host=probeable_host(host), port=port)
    if missing := probe.misses(endpoint):
        raise ValueError(f"{described(text)}: {missing}")
    check_family(text, endpoint.host, family)
    return endpoint


def check_family(text: str, host: str, family: str) -> None:
    """Raise ValueError where `host`, of the target `text`, is an address of the other family."""
    address = parse_address(host)
    if address and family in _FLAGS and family != f"ipv{address.version}":
        flag = _FLAGS[family]
        raise ValueError(f"found {text!r}, expected an address or a name that goes with {flag}")
