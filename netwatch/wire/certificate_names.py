"""Who an X.509 certificate speaks of, as Go writes it: for labels that blackbox_exporter has.

OpenSSL has read the certificate before; Python shows names only of those that were verified.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from netwatch.wire.certificate import (
    EXPLICIT_VERSION,
    SEQUENCE,
    MalformedCertificateError,
    elements,
)

EXPLICIT_EXTENSIONS = 0xA3
DNS_NAME = 0x82  # of a GeneralName, RFC 5280 section 4.2.1.6
OBJECT_IDENTIFIER, OCTET_STRING = 0x06, 0x04
SUBJECT_ALTERNATIVE_NAME = b"\x55\x1d\x11"  # 2.5.29.17

_CODECS = {0x1E: "utf-16-be", 0x1C: "utf-32-be", 0x14: "latin-1"}  # BMP, Universal, T61
# The last number of 2.5.4.…, in the order in which crypto/x509/pkix writes them (RFC 4514).
_ATTRIBUTES = {
    5: "SERIALNUMBER",
    3: "CN",
    17: "POSTALCODE",
    9: "STREET",
    8: "ST",
    7: "L",
    11: "OU",
    10: "O",
    6: "C",
}
# Of these there is one, the last.
_SINGLE = frozenset({3, 5})
_ESCAPED = frozenset(',+"\\<>;')


@dataclass(frozen=True, slots=True)
class CertificateNames:
    """Distinguished names (RFC 4514), names of hosts, and the serial number in hexadecimal."""

    subject: str
    issuer: str
    dns_names: tuple[str, ...]
    serial_number: str


def certificate_names(der: bytes) -> CertificateNames:
    """Read them from a certificate (RFC 5280 section 4.1); raises MalformedCertificateError."""
    certificate = _only(der)
    to_be_signed = _only(certificate)
    fields = [field for field in elements(to_be_signed) if field[0] != EXPLICIT_VERSION]
    if len(fields) < 6:  # noqa: PLR2004 - serial, algorithm, issuer, validity, subject, key
        raise MalformedCertificateError(f"found {len(fields)} fields, expected at least 6")
    extensions = [content for tag, content in fields[6:] if tag == EXPLICIT_EXTENSIONS]
    return CertificateNames(
        subject=_distinguished_name(fields[4][1]),
        issuer=_distinguished_name(fields[2][1]),
        dns_names=tuple(_dns_names(extensions[0])) if extensions else (),
        serial_number=fields[0][1].lstrip(b"\0").hex(),
    )


def _only(data: bytes) -> bytes:
    """Return the content of the sequence that `data` begins with."""
    tag, content = next(elements(data), (0, b""))
    if tag != SEQUENCE:
        raise MalformedCertificateError("found something else, expected a sequence")
    return content


def _distinguished_name(data: bytes) -> str:
    known: dict[int, list[str]] = defaultdict(list)
    others: list[str] = []
    for attributes in (content for _, content in elements(data)):
        for oid, tag, value in map(_attribute, (content for _, content in elements(attributes))):
            number = oid[2] if len(oid) == 3 and oid[:2] == b"\x55\x04" else 0  # noqa: PLR2004
            if number in _ATTRIBUTES:
                text = _escape(value.decode(_CODECS.get(tag, "utf-8"), "replace"))
                known[number] = [text] if number in _SINGLE else [*known[number], text]
            else:
                others.append(f"{_dotted(oid)}=#{_encoded(tag, value).hex()}")
    written = [
        "+".join(f"{name}={value}" for value in known[number])
        for number, name in _ATTRIBUTES.items()
        if number in known
    ]
    return ",".join([*written, *reversed(others)])


def _attribute(data: bytes) -> tuple[bytes, int, bytes]:
    """Return the identifier, and the value with its type."""
    parts = list(elements(data))
    if len(parts) != 2 or parts[0][0] != OBJECT_IDENTIFIER:  # noqa: PLR2004
        raise MalformedCertificateError("found something else, expected an attribute of a name")
    return parts[0][1], *parts[1]


def _encoded(tag: int, value: bytes) -> bytes:
    if len(value) < 0x80:  # noqa: PLR2004 - the short form of a length, X.690 section 8.1.3.4
        return bytes((tag, len(value))) + value
    length = len(value).to_bytes((len(value).bit_length() + 7) // 8)
    return bytes((tag, 0x80 | len(length))) + length + value


def _dotted(oid: bytes) -> str:
    """Write an identifier (X.690 section 8.19)."""
    numbers, number = [], 0
    for byte in oid:
        number = number << 7 | byte & 0x7F
        if byte < 0x80:  # noqa: PLR2004 - the last of a number
            numbers.append(number)
            number = 0
    first = min(numbers[0] // 40, 2) if numbers else 0
    rest = [numbers[0] - 40 * first, *numbers[1:]] if numbers else []
    return ".".join(map(str, [first, *rest]))


def _escape(text: str) -> str:
    """Escape as RFC 4514 section 2.4 wants it."""
    last = len(text) - 1
    return "".join(
        f"\\{char}"
        if char in _ESCAPED or (char == " " and at in {0, last}) or (char == "#" and at == 0)
        else char
        for at, char in enumerate(text)
    )


def _dns_names(data: bytes) -> Iterator[str]:
    for extension in (content for _, content in elements(_only(data))):
        parts = list(elements(extension))
        if parts and parts[0] == (OBJECT_IDENTIFIER, SUBJECT_ALTERNATIVE_NAME):
            tag, content = parts[-1]
            if tag != OCTET_STRING:
                raise MalformedCertificateError("found something else, expected an extension")
            for kind, name in elements(_only(content)):
                if kind == DNS_NAME:
                    yield name.decode("ascii", "replace")
