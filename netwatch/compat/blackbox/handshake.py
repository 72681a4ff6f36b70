"""What the last handshake of a probe says of the server's certificates, by the original's names."""

import hashlib
import ssl
from collections.abc import Mapping

from netwatch.compat.blackbox.report import CHAIN_LABELS, Report
from netwatch.model import Outcome, ProbeError
from netwatch.net.tls import sent_chain
from netwatch.wire.certificate import MalformedCertificateError, not_after
from netwatch.wire.certificate_names import certificate_names

Facts = Mapping[str, float | Mapping[str, float]]

MAX_LABEL_CHARACTERS = 4096
"""The labels of `probe_ssl_last_chain_info` are the server's words, and may be long."""

# Go and IANA call the suites of TLS 1.2 and before by other names than OpenSSL.
_CIPHERS = {
    "AES128-SHA": "TLS_RSA_WITH_AES_128_CBC_SHA",
    "AES256-SHA": "TLS_RSA_WITH_AES_256_CBC_SHA",
    "AES128-SHA256": "TLS_RSA_WITH_AES_128_CBC_SHA256",
    "AES256-SHA256": "TLS_RSA_WITH_AES_256_CBC_SHA256",
    "AES128-GCM-SHA256": "TLS_RSA_WITH_AES_128_GCM_SHA256",
    "AES256-GCM-SHA384": "TLS_RSA_WITH_AES_256_GCM_SHA384",
    "ECDHE-ECDSA-AES128-SHA": "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    "ECDHE-ECDSA-AES256-SHA": "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    "ECDHE-ECDSA-AES128-SHA256": "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
    "ECDHE-ECDSA-AES256-SHA384": "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384",
    "ECDHE-ECDSA-AES128-GCM-SHA256": "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384": "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305": "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "ECDHE-RSA-AES128-SHA": "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    "ECDHE-RSA-AES256-SHA": "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    "ECDHE-RSA-AES128-SHA256": "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
    "ECDHE-RSA-AES256-SHA384": "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384",
    "ECDHE-RSA-AES128-GCM-SHA256": "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "ECDHE-RSA-AES256-GCM-SHA384": "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "ECDHE-RSA-CHACHA20-POLY1305": "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    "DHE-RSA-AES128-GCM-SHA256": "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
    "DHE-RSA-AES256-GCM-SHA384": "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384",
    "DHE-RSA-CHACHA20-POLY1305": "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
}


class LastHandshake:
    """Keeps the certificates of the latest connection of one probe."""

    def __init__(self) -> None:
        self.is_done = False
        self._earliest_expiry: float | None = None
        self._labels: Mapping[str, str] = {}

    def look(self, tls: ssl.SSLObject) -> None:
        """Read what the server sent. Raises ProbeError (PROTOCOL) for what cannot be read."""
        sent = sent_chain(tls)
        try:
            self._earliest_expiry = min(map(not_after, sent), default=None)
            self._labels = _labels(sent[0]) if sent else {}
        except MalformedCertificateError as error:
            raise ProbeError(Outcome.PROTOCOL, f"malformed certificate: {error}") from error
        self.is_done = True

    def report(self, values: Facts) -> Report:
        """Say it, with the facts that are among the values of the attempt; nothing without TLS."""
        if not self.is_done or self._earliest_expiry is None:
            return Report()
        report = Report({"probe_ssl_earliest_cert_expiry": self._earliest_expiry})
        if isinstance(version := values.get("tls_version"), Mapping):
            shown = {f"TLS {number}": 1.0 for number in version}
            report.values["probe_tls_version_info"] = shown
        report.infos.append(("probe_ssl_last_chain_info", self._labels))
        return report

    def chain_report(self, values: Facts) -> Report:
        """Say until when the server will be believed; unverified, there is no such day."""
        if not self.is_done or not values.get("tls_verified"):
            return Report()
        expiry = values["tls_chain_not_after"]
        return Report({"probe_ssl_last_chain_expiry_timestamp_seconds": expiry})

    def cipher_report(self, values: Facts) -> Report:
        """Say which cipher suite was agreed on."""
        cipher = values.get("tls_cipher")
        if not self.is_done or not isinstance(cipher, Mapping):
            return Report()
        return Report({"probe_tls_cipher_info": {_CIPHERS.get(name, name): 1.0 for name in cipher}})


def _labels(der: bytes) -> Mapping[str, str]:
    names = certificate_names(der)
    said = (
        hashlib.sha256(der).hexdigest(),
        names.subject,
        names.issuer,
        ",".join(names.dns_names),
        names.serial_number,
    )
    shortened = (text[:MAX_LABEL_CHARACTERS] for text in said)
    return dict(zip(CHAIN_LABELS, shortened, strict=True))
