"""Against `cryptography`; where Go writes it differently, in the order of Go."""

import re
import string
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID, ObjectIdentifier
from hypothesis import example, given
from hypothesis import strategies as st

from netwatch.wire.certificate import MalformedCertificateError
from netwatch.wire.certificate_names import certificate_names

KEY = ec.generate_private_key(ec.SECP256R1())
Attributes = list[tuple[ObjectIdentifier, str]]
DOMAIN_COMPONENT = NameOID.DOMAIN_COMPONENT


def certificate(
    subject: Attributes,
    issuer: Attributes | None = None,
    names: list[x509.GeneralName] | None = None,
    serial_number: int = 7,
) -> bytes:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name_of(subject))
        .issuer_name(name_of(issuer or subject))
        .public_key(KEY.public_key())
        .serial_number(serial_number)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(KEY, hashes.SHA256()).public_bytes(Encoding.DER)


def name_of(attributes: Attributes) -> x509.Name:
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in attributes])


@pytest.mark.parametrize(
    ("attributes", "written"),
    [
        ([], ""),
        ([(NameOID.COMMON_NAME, "wiki.example")], "CN=wiki.example"),
        (
            [
                (NameOID.COUNTRY_NAME, "DE"),
                (NameOID.STATE_OR_PROVINCE_NAME, "Berlin"),
                (NameOID.LOCALITY_NAME, "Mitte"),
                (NameOID.ORGANIZATION_NAME, "Wiki"),
                (NameOID.ORGANIZATIONAL_UNIT_NAME, "Ops"),
                (NameOID.COMMON_NAME, "wiki.example"),
            ],
            "CN=wiki.example,ST=Berlin,L=Mitte,OU=Ops,O=Wiki,C=DE",
        ),
        (
            [
                (NameOID.ORGANIZATIONAL_UNIT_NAME, "One"),
                (NameOID.ORGANIZATIONAL_UNIT_NAME, "Two"),
                (NameOID.COMMON_NAME, "first"),
                (NameOID.COMMON_NAME, "last"),
            ],
            "CN=last,OU=One+OU=Two",
        ),
        (
            [(DOMAIN_COMPONENT, "example"), (NameOID.COMMON_NAME, "x")],
            "CN=x,0.9.2342.19200300.100.1.25=#16076578616d706c65",
        ),
        ([(NameOID.COMMON_NAME, "Grüße")], "CN=Grüße"),
    ],
)
def test_a_name_is_written_in_the_order_of_go(attributes: Attributes, written: str) -> None:
    assert certificate_names(certificate(attributes)).subject == written


def test_subject_and_issuer_are_not_mixed_up() -> None:
    der = certificate([(NameOID.COMMON_NAME, "wiki")], [(NameOID.ORGANIZATION_NAME, "ca")])
    names = certificate_names(der)
    assert (names.subject, names.issuer) == ("CN=wiki", "O=ca")


def test_only_names_of_hosts_are_alternatives() -> None:
    names = [x509.DNSName("a.example"), x509.RFC822Name("me@example"), x509.DNSName("*.example")]
    der = certificate([(NameOID.COMMON_NAME, "x")], names=list(names))
    assert certificate_names(der).dns_names == ("a.example", "*.example")
    assert certificate_names(certificate([(NameOID.COMMON_NAME, "x")])).dns_names == ()


@example("\\=")
@given(st.text(string.ascii_letters + string.digits + ' ,+"\\<>;#=äß€', min_size=1, max_size=20))
def test_what_has_a_meaning_in_a_name_is_escaped(text: str) -> None:
    subject = name_of([(NameOID.COMMON_NAME, text)])
    found = certificate_names(certificate([(NameOID.COMMON_NAME, text)])).subject
    # RFC 4514 lets one escape more than one must.
    assert found == re.sub(
        r"\\(.)", lambda pair: "=" if pair[1] == "=" else pair[0], subject.rfc4514_string()
    )


@given(st.integers(1, 2**159 - 1))
def test_a_serial_number_is_written_byte_by_byte(number: int) -> None:
    der = certificate([(NameOID.COMMON_NAME, "x")], serial_number=number)
    assert (
        certificate_names(der).serial_number
        == number.to_bytes((number.bit_length() + 7) // 8).hex()
    )


GOOD = certificate([(NameOID.COMMON_NAME, "wiki")], names=[x509.DNSName("wiki.example")])


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_malformed(data: bytes) -> None:
    try:
        certificate_names(data)
    except MalformedCertificateError as error:
        assert "expected" in str(error)  # noqa: PT017 - either way is right


@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255))
def test_damage_is_read_or_malformed(place: int, byte: int) -> None:
    damaged = GOOD[:place] + bytes([byte]) + GOOD[place + 1 :]
    try:
        certificate_names(damaged)
    except MalformedCertificateError as error:
        assert "expected" in str(error)  # noqa: PT017 - either way is right


@given(st.integers(0, len(GOOD) - 1))
def test_half_a_certificate_is_malformed(length: int) -> None:
    with pytest.raises(MalformedCertificateError):
        certificate_names(GOOD[:length])
