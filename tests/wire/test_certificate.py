import contextlib
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from netwatch.wire.certificate import MalformedCertificateError, not_after

KEY = Ed25519PrivateKey.generate()
BEGIN = datetime(1950, 1, 1, tzinfo=UTC)  # the first date of RFC 5280
DATES = st.datetimes(BEGIN.replace(tzinfo=None), timezones=st.just(UTC))


def certificate(end: datetime, *, name: str = "a", serial: int = 1) -> bytes:
    """Return a certificate in DER, made by others."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(KEY.public_key())
        .serial_number(serial)
        .not_valid_before(BEGIN)
        .not_valid_after(end)
    )
    return builder.sign(KEY, None).public_bytes(Encoding.DER)


@given(
    DATES, st.text(st.characters(codec="utf-8"), min_size=1, max_size=16), st.integers(1, 2**158)
)
def test_any_certificates_end_is_read(end: datetime, name: str, serial: int) -> None:
    der = certificate(end, name=name, serial=serial)
    assert not_after(der) == end.replace(microsecond=0).timestamp()


@given(st.binary())
def test_any_bytes_are_a_certificate_or_malformed(data: bytes) -> None:
    with pytest.raises(MalformedCertificateError, match="expected"):
        not_after(data)


@given(st.data())
def test_a_damaged_certificate_is_read_or_malformed(data: st.DataObject) -> None:
    der = bytearray(certificate(BEGIN.replace(year=2030)))
    der[data.draw(st.integers(0, len(der) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(MalformedCertificateError):
        assert isinstance(not_after(bytes(der)), float)


def test_a_certificate_that_is_cut_off_is_malformed() -> None:
    der = certificate(BEGIN.replace(year=2030))
    for length in range(len(der)):
        with pytest.raises(MalformedCertificateError):
            not_after(der[:length])


@pytest.mark.parametrize(
    "date",
    [
        b"\x17\x0d300230120000Z",  # the 30th of February
        b"\x17\x0b3002281200Z",  # no seconds
        b"\x17\x11300228120000+0100",
        b"\x18\x0d300228120000Z",  # two digits of the year where four are due
        b"\x04\x0d300228120000Z",  # text
        b"",
    ],
)
def test_a_date_that_is_none_is_malformed(date: bytes) -> None:
    def sequence(content: bytes) -> bytes:
        return bytes([0x30, len(content)]) + content

    before = b"\x17\x0d200228120000Z"
    fields = b"\x02\x01\x01" + sequence(b"") + sequence(b"")
    with pytest.raises(MalformedCertificateError, match="expected"):
        not_after(sequence(sequence(fields + sequence(before + date))))
    assert not_after(sequence(sequence(fields + sequence(before + before)))) == 1582891200
