"""How the HTTP server speaks TLS: `tls_server_config` of the web configuration file.

What Python's TLS cannot do as it is written there is an error, and never ignored.
"""

from ipaddress import ip_address
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from netwatch.options import Options
from netwatch.wire.document import described

CIPHER_SUITES = {
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA": "ECDHE-ECDSA-AES128-SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA": "ECDHE-ECDSA-AES256-SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA": "ECDHE-RSA-AES128-SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA": "ECDHE-RSA-AES256-SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256": "ECDHE-ECDSA-AES128-GCM-SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384": "ECDHE-ECDSA-AES256-GCM-SHA384",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256": "ECDHE-RSA-AES128-GCM-SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384": "ECDHE-RSA-AES256-GCM-SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256": "ECDHE-ECDSA-CHACHA20-POLY1305",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256": "ECDHE-RSA-CHACHA20-POLY1305",
}
"""Those of Go's `tls.CipherSuites()` for TLS 1.2, and what OpenSSL calls them."""

ALWAYS_ON = frozenset(
    {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"}
)
"""The suites of TLS 1.3, which neither Go nor Python lets anybody choose: naming them is right."""


def _cipher_suite(name: str) -> str:
    if name not in CIPHER_SUITES and name not in ALWAYS_ON:
        raise ValueError(f"expected one of {', '.join(sorted(CIPHER_SUITES))}")
    return name


def _client_auth(name: object) -> object:
    if name in ("RequestClientCert", "RequireAnyClientCert", "RequireClientCert"):
        raise ValueError(
            f"found {described(name)}, which believes any certificate, "
            "expected RequireAndVerifyClientCert or VerifyClientCertIfGiven"
        )
    return "NoClientCert" if name == "" else name


def _version(name: object) -> object:
    if name in ("TLS10", "TLS11"):
        raise ValueError(f"found {described(name)}, which is broken, expected TLS12 or TLS13")
    return name


def subject_name(name: str) -> str:
    """Return `name` as it can be compared: IP addresses may be written in many ways."""
    try:
        return str(ip_address(name.strip()))
    except ValueError:
        return name


CipherSuite = Annotated[str, AfterValidator(_cipher_suite)]
Version = Annotated[Literal["TLS12", "TLS13"], BeforeValidator(_version)]
ClientAuth = Annotated[
    Literal["NoClientCert", "VerifyClientCertIfGiven", "RequireAndVerifyClientCert"],
    BeforeValidator(_client_auth),
]
SubjectName = Annotated[str, AfterValidator(subject_name)]


class TlsServerConfig(Options):
    """The server's certificate, and whose clients it believes."""

    cert_file: str = ""
    """PEM file of the certificate and its intermediates; a path from the file's own folder."""
    key_file: str = ""
    """PEM file of its key, unencrypted."""
    client_auth_type: ClientAuth = "NoClientCert"
    """Whether clients must show a certificate of `client_ca_file`, or may."""
    client_ca_file: str = ""
    """PEM file of the authorities of clients."""
    client_allowed_sans: list[SubjectName] = Field(default_factory=list)
    """A client's certificate must have one of these names."""
    min_version: Version = "TLS12"
    """The lowest version of TLS to accept."""
    max_version: Version = "TLS13"
    """The highest version of TLS to accept."""
    cipher_suites: list[CipherSuite] = Field(default_factory=list)
    """Those of TLS 1.2; empty for OpenSSL's own choice. Those of TLS 1.3 are always on."""
    prefer_server_cipher_suites: bool = True
    """Whether our order counts, and not the client's."""
    curve_preferences: Annotated[
        list[Literal["CurveP256", "CurveP384", "CurveP521", "X25519"]], Field(max_length=1)
    ] = Field(default_factory=list)
    """At most one, because Python's TLS can be given no more."""

    @property
    def openssl_ciphers(self) -> str:
        """The suites of TLS 1.2 in OpenSSL's words; empty for its own choice."""
        chosen = (CIPHER_SUITES.get(name) for name in self.cipher_suites)
        return ":".join(filter(None, chosen))

    @model_validator(mode="after")
    def _has_a_certificate(self) -> Self:
        if self.model_fields_set and not (self.cert_file and self.key_file):
            raise ValueError("found no certificate with its key, expected cert_file and key_file")
        return self

    @model_validator(mode="after")
    def _can_be_spoken(self) -> Self:
        if self.min_version > self.max_version:
            raise ValueError(
                f"found min_version {self.min_version}, expected at most max_version, "
                f"which is {self.max_version}"
            )
        if self.cipher_suites and not self.openssl_ciphers and self.min_version != "TLS13":
            raise ValueError(
                "found cipher_suites of TLS 1.3 alone, expected min_version: TLS13 with them"
            )
        return self

    @model_validator(mode="after")
    def _knows_its_clients(self) -> Self:
        if (self.client_auth_type != "NoClientCert") != bool(self.client_ca_file):
            raise ValueError(
                "found one of client_auth_type and client_ca_file, expected both or none"
            )
        if self.client_allowed_sans and self.client_auth_type != "RequireAndVerifyClientCert":
            raise ValueError(
                "found client_allowed_sans, "
                "expected client_auth_type: RequireAndVerifyClientCert with it"
            )
        return self
