"""Until when an X.509 certificate is valid, read from its DER form.

Only as much of ASN.1 as the way to that date takes (X.690, RFC 5280 section 4.1): OpenSSL has read
and judged the certificate before, and has no call in Python that says this of unverified ones.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime

SEQUENCE = 0x30
EXPLICIT_VERSION = 0xA0
UTC_TIME = 0x17
GENERALIZED_TIME = 0x18
LONG_LENGTH = 0x80
_DATES = {UTC_TIME: re.compile(rb"[0-9]{12}Z"), GENERALIZED_TIME: re.compile(rb"[0-9]{14}Z")}
# What any certificate needs, and what keeps a lying length from becoming a number of a megabyte.
MAX_LENGTH_BYTES = 4


class MalformedCertificateError(ValueError):
    """The bytes are no certificate; the message says what was found and what is expected."""


def not_after(der: bytes) -> float:
    """Return the end of the certificate's validity, in seconds since the epoch.

    Raises MalformedCertificateError.
    """
    certificate = _first(der, "a certificate", SEQUENCE)
    to_be_signed = _first(certificate, "the signed part", SEQUENCE)
    # The version is optional; serial number, signature algorithm and issuer always follow it.
    fields = [field for field in elements(to_be_signed) if field[0] != EXPLICIT_VERSION]
    dates = list(elements(fields[3][1])) if fields[3:] and fields[3][0] == SEQUENCE else []
    if len(dates) != 2:  # noqa: PLR2004  # not before, not after
        raise MalformedCertificateError("found no validity, expected two dates")
    return _timestamp(*dates[1])


def _first(data: bytes, name: str, tag: int) -> bytes:
    found, content = next(elements(data), (None, b""))
    if found != tag:
        raise MalformedCertificateError(f"found something else, expected {name}")
    return content


def elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield tag and content of one element after the other (X.690 section 8.1)."""
    while data:
        tag, length, start = data[0], *_length(data)
        if start + length > len(data):
            raise MalformedCertificateError(
                f"found {len(data)} bytes, expected an element of {start + length}"
            )
        yield tag, data[start : start + length]
        data = data[start + length :]


def _length(data: bytes) -> tuple[int, int]:
    """Return the length of the content, and where that starts (X.690 section 8.1.3)."""
    first = data[1] if len(data) > 1 else LONG_LENGTH
    if first < LONG_LENGTH:
        return first, 2
    count = first - LONG_LENGTH
    if not 0 < count <= MAX_LENGTH_BYTES:
        raise MalformedCertificateError(f"found a length of {count} bytes, expected 1 to 4")
    return int.from_bytes(data[2 : 2 + count]), 2 + count


def _timestamp(tag: int, content: bytes) -> float:
    """Read a date as RFC 5280 section 4.1.2.5 wants it: `YYMMDDHHMMSSZ`, or with four digits."""
    form = _DATES.get(tag)
    if form and form.fullmatch(content):
        digits = content[:-1].decode()
        if tag == UTC_TIME:
            digits = ("19" if digits >= "50" else "20") + digits
        with suppress(ValueError):  # the 30th of February
            return datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=UTC).timestamp()
    raise MalformedCertificateError(f"found {content!r}, expected a date")
