"""What may stand where a host is asked for: an IP address or a host name, perhaps with a port."""

import ipaddress
import re

from netwatch.wire.document import described

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

MAX_NAME_LENGTH = 253  # RFC 1035 section 2.3.4, as text without the last dot
MAX_PORT = 65535

# RFC 1123 section 2.1; underscores because real names have them.
_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")


def parse_address(text: str) -> IPAddress | None:
    """Return the IP address that `text` is (IPv6 perhaps with `%interface`), None if it is none."""
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def parse_host(text: str) -> str:
    """Return the host that `text` names: an IP address in its shortest form, or a host name.

    Raises ValueError with what was found and what is expected.
    """
    if address := parse_address(text):
        return str(address)
    if "@" in text:
        # Not repeated: it may be a secret, and messages are shown.
        raise ValueError('found "@" in a host, expected an IP address or a host name')
    if "://" in text:
        raise ValueError(
            f"found {described(text)}, expected an IP address or a host name, not a URL"
        )
    if not _is_name(text):
        raise ValueError(f"found {described(text)}, expected an IP address or a host name")
    return text


def split_port(text: str) -> tuple[str, int]:
    """Split `host:port` or `[IPv6]:port`; the port is 0 where `text` is only a host.

    Raises ValueError if there is a port that is none. The host is not looked at.
    """
    if "@" in text:
        return text, 0  # no host: that is said elsewhere, without the secret in it
    if text.startswith("[") and text.endswith("]"):
        return text[1:-1], 0
    host, colon, port = text.rpartition(":")
    if not colon or parse_address(text) or "/" in text:
        return text, 0
    if not re.fullmatch(r"[0-9]{1,5}", port) or not 0 < int(port) <= MAX_PORT:
        raise ValueError(
            f"found port {described(port)} in {described(text)}, expected 1 to {MAX_PORT}"
        )
    return host.removeprefix("[").removesuffix("]"), int(port)


def _is_name(text: str) -> bool:
    labels = text.removesuffix(".").split(".")
    # All digits at the end is an address with an error in it: 10.0.0.256.
    return (
        len(text.removesuffix(".")) <= MAX_NAME_LENGTH
        and all(map(_LABEL.fullmatch, labels))
        and not labels[-1].isdigit()
    )
