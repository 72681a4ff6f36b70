from typing import Any

import pytest
from pydantic import ValidationError

from netwatch.web.tlsconfig import CIPHER_SUITES, TlsServerConfig, subject_name

FILES = {"cert_file": "c.pem", "key_file": "k.pem"}
CLIENTS = {"client_auth_type": "RequireAndVerifyClientCert", "client_ca_file": "ca.pem"}


def config(**keys: Any) -> TlsServerConfig:
    return TlsServerConfig.model_validate({**FILES, **keys})


def test_the_defaults_are_those_of_exporter_toolkit() -> None:
    made = config()
    assert (made.min_version, made.max_version) == ("TLS12", "TLS13")
    assert made.client_auth_type == "NoClientCert"
    assert made.prefer_server_cipher_suites


def test_suites_of_tls_1_2_have_openssl_s_names_and_those_of_1_3_are_always_on() -> None:
    names = ["TLS_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"]
    assert config(cipher_suites=names).openssl_ciphers == "ECDHE-RSA-AES256-GCM-SHA384"
    assert config(cipher_suites=list(CIPHER_SUITES)).openssl_ciphers.count(":") == 9


@pytest.mark.parametrize("text", ["::1", "0:0:0:0:0:0:0:1", "0000::0001"])
def test_an_address_is_the_same_name_however_it_is_written(text: str) -> None:
    assert subject_name(text) == "::1"


def test_a_name_is_compared_as_it_is() -> None:
    assert subject_name("Prometheus.example") == "Prometheus.example"


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"cert_file": ""}, "found no certificate with its key, expected cert_file and key_file"),
        ({"key_file": ""}, "found no certificate with its key, expected cert_file and key_file"),
        ({"min_version": "TLS11"}, 'found "TLS11", which is broken, expected TLS12 or TLS13'),
        (
            {"min_version": "TLS13", "max_version": "TLS12"},
            "found min_version TLS13, expected at most max_version, which is TLS12",
        ),
        (
            {"client_auth_type": "RequireAnyClientCert"},
            'found "RequireAnyClientCert", which believes any certificate, expected RequireAndVer',
        ),
        (
            {"client_auth_type": "VerifyClientCertIfGiven"},
            "found one of client_auth_type and client_ca_file, expected both or none",
        ),
        (
            {"client_ca_file": "ca.pem"},
            "found one of client_auth_type and client_ca_file, expected both or none",
        ),
        (
            {"client_allowed_sans": ["prometheus"]},
            "found client_allowed_sans, expected client_auth_type: RequireAndVerifyClientCert",
        ),
        (
            {
                **CLIENTS,
                "client_auth_type": "VerifyClientCertIfGiven",
                "client_allowed_sans": ["prometheus"],
            },
            "found client_allowed_sans, expected client_auth_type: RequireAndVerifyClientCert",
        ),
        ({"cipher_suites": ["RC4"]}, "expected one of TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, "),
        (
            {"cipher_suites": ["TLS_AES_128_GCM_SHA256"]},
            "found cipher_suites of TLS 1.3 alone, expected min_version: TLS13 with them",
        ),
        ({"curve_preferences": ["X25519", "CurveP256"]}, "at most 1 item"),
        ({"min_version": ["TLS10"]}, "Input should be 'TLS12' or 'TLS13'"),
        ({"client_auth_type": []}, "Input should be 'NoClientCert'"),
        ({"cert": "-----BEGIN"}, "Extra inputs are not permitted"),
    ],
)
def test_what_cannot_be_done_as_it_is_written_is_refused(
    keys: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        config(**keys)
