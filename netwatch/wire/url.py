"""The URL of something to probe: RFC 3986, as far as it is about http and https."""

import re
from typing import NamedTuple
from urllib.parse import urlsplit

from netwatch.wire.document import described
from netwatch.wire.hostname import parse_host

DEFAULT_PORTS = {"http": 80, "https": 443}

_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#]*)[!-~]*")
_EXPECTED = "expected a URL such as https://wiki.example/healthz"


class Url(NamedTuple):
    """Where a URL leads; a link-local host has its `%interface`."""

    scheme: str
    host: str
    port: int


def looks_like_url(text: str) -> bool:
    """Whether it is meant for a URL, and not for a host."""
    return "://" in text


def parse_url(text: str) -> Url:
    """Return where `text` leads. Raises ValueError with what was found and what is expected.

    User info is refused, and not repeated in the message: URLs are shown, also in labels.
    """
    match = _URL.fullmatch(text)
    if "@" in (match["authority"] if match else text):
        raise ValueError(
            "found user info in a URL, expected a URL without: it is a secret, and URLs are shown"
        )
    if not match or not match["authority"]:
        raise ValueError(f"found {described(text)}, {_EXPECTED}")
    scheme = match["scheme"].lower()
    if scheme not in DEFAULT_PORTS:
        raise ValueError(f"found {described(text)}, expected a URL of {' or '.join(DEFAULT_PORTS)}")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError(f"found {described(text)}, {_EXPECTED}") from None
    if port == 0:
        raise ValueError(f"found port 0 in {described(text)}, expected 1 to 65535")
    # RFC 6874: the zone of an address is told by an escaped percent sign.
    return Url(scheme, parse_host(host.replace("%25", "%", 1)), port or DEFAULT_PORTS[scheme])
