"""The OpenSSL context of the HTTP server, and whether a client's certificate has a right name."""

import ssl
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from netwatch.net.files import UnreadableFileError
from netwatch.web.tlsconfig import TlsServerConfig, subject_name

_VERSIONS = {"TLS12": ssl.TLSVersion.TLSv1_2, "TLS13": ssl.TLSVersion.TLSv1_3}
_CLIENTS = {
    "NoClientCert": ssl.CERT_NONE,
    "VerifyClientCertIfGiven": ssl.CERT_OPTIONAL,
    "RequireAndVerifyClientCert": ssl.CERT_REQUIRED,
}
_CURVES = {
    "CurveP256": "prime256v1",
    "CurveP384": "secp384r1",
    "CurveP521": "secp521r1",
    "X25519": "X25519",
}


def server_context(config: TlsServerConfig, folder: Path) -> ssl.SSLContext:
    """Return the context; paths begin at `folder`.

    Raises UnreadableFileError for files that are not what they should be.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["http/1.1"])
    _choose(context, config)
    cert_file, key_file = folder / config.cert_file, folder / config.key_file
    with _expecting("a PEM certificate and its unencrypted key", cert_file, key_file):
        # Without a password OpenSSL would ask the terminal for one, and wait.
        context.load_cert_chain(cert_file, key_file, password="")
    if config.client_ca_file:
        _believe(context, config, folder / config.client_ca_file)
    return context


def files_of(config: TlsServerConfig, folder: Path) -> list[Path]:
    """Return the files that the context is made of."""
    paths = (config.cert_file, config.key_file, config.client_ca_file)
    return [folder / path for path in paths if path]


def has_allowed_name(certificate: Mapping[str, Any] | None, allowed: Collection[str]) -> bool:
    """Tell whether a client's certificate, as `getpeercert` gives it, has one of the names."""
    names = (certificate or {}).get("subjectAltName", ())
    return any(subject_name(name) in allowed for _, name in names)


def _choose(context: ssl.SSLContext, config: TlsServerConfig) -> None:
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.minimum_version = _VERSIONS[config.min_version]
    context.maximum_version = _VERSIONS[config.max_version]
    if not config.prefer_server_cipher_suites:
        context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    if config.openssl_ciphers:
        context.set_ciphers(config.openssl_ciphers)
    for curve in config.curve_preferences:
        context.set_ecdh_curve(_CURVES[curve])


def _believe(context: ssl.SSLContext, config: TlsServerConfig, ca_file: Path) -> None:
    context.verify_mode = _CLIENTS[config.client_auth_type]
    # Whatever stands in the file is believed, be it a root or not, as by Go.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    with _expecting("PEM certificates", ca_file):
        context.load_verify_locations(ca_file)


@contextmanager
def _expecting(what: str, *paths: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:  # and ssl.SSLError, which is one
        reason = getattr(error, "reason", "") or error.strerror
        names = " and ".join(map(str, paths))
        raise UnreadableFileError(f"{names}: found {reason}, expected {what}") from error
