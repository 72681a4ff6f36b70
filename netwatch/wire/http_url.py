"""Where an HTTP request goes, and where the server sends it on to (RFC 3986)."""

import re
from typing import NamedTuple
from urllib.parse import quote, urljoin, urlsplit

from netwatch.wire.document import described
from netwatch.wire.url import DEFAULT_PORTS, parse_url

_USER_INFO = re.compile(r"(?<=//)[^/?#]*@")
_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))


class Origin(NamedTuple):
    """Whom a request is for; secrets meant for one origin are not for another (RFC 6454)."""

    scheme: str
    host: str
    port: int

    @property
    def authority(self) -> str:
        """As the Host header has it (RFC 9112 section 3.2): no default port, no zone."""
        port = "" if self.port == DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{bracketed(self.host.partition('%')[0])}{port}"


class HttpUrl(NamedTuple):
    """A URL in its parts; `target` is path and query."""

    origin: Origin
    target: str

    def __str__(self) -> str:
        """The URL, without user info."""
        return f"{self.origin.scheme}://{self.origin.authority}{self.target}"


def parse_http_url(text: str) -> HttpUrl:
    """Return the parts of an absolute URL; user info and fragment are left out.

    Raises ValueError with what was found and what is expected.
    """
    quoted = _USER_INFO.sub("", quote(text.strip(), safe=_PRINTABLE))
    scheme, host, port = parse_url(quoted)
    parts = urlsplit(quoted)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return HttpUrl(Origin(scheme, host, port), target)


def redirected(url: HttpUrl, location: str) -> HttpUrl:
    """Return where a Location header (RFC 9110 section 10.2.2) leads from `url`.

    Raises ValueError with what was found and what is expected.
    """
    try:
        joined = urljoin(str(url), location.strip())
    except ValueError:
        raise ValueError(f"found {described(location)}, expected a URL") from None
    there = parse_http_url(joined)
    if there.origin.host == url.origin.host.partition("%")[0]:
        # The zone of a link-local address is ours, and no server knows it.
        return there._replace(origin=there.origin._replace(host=url.origin.host))
    if "%" in there.origin.host:
        raise ValueError(f"found {described(location)}, expected no interface of ours in it")
    return there


def bracketed(host: str) -> str:
    """Return the host as URLs have it: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host
