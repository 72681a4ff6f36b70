import pytest
from pydantic import ValidationError

from netwatch.compat.blackbox.tlsconfig import TlsConfig
from netwatch.net.tls import TlsOptions


@pytest.mark.parametrize(
    ("config", "options"),
    [
        ({}, {}),
        ({"insecure_skip_verify": True}, {"verify": False}),
        ({"ca_file": "ca.pem"}, {"ca_file": "ca.pem"}),
        (
            {"cert_file": "c.pem", "key_file": "k.pem"},
            {"certificate_file": "c.pem", "key_file": "k.pem"},
        ),
        ({"server_name": "wiki"}, {"server_name": "wiki"}),
        (
            {"min_version": "TLS10", "max_version": "TLS11"},
            {"minimum_version": "1.0", "maximum_version": "1.1"},
        ),
        ({"min_version": "TLS13"}, {"minimum_version": "1.3"}),
    ],
)
def test_each_key_becomes_an_option_of_the_probe(
    config: dict[str, object], options: dict[str, object]
) -> None:
    assert TlsConfig.model_validate(config).options() == TlsOptions.model_validate(options)


def test_a_server_name_of_the_configuration_wins_over_any_other() -> None:
    assert TlsConfig().asking_for("wiki").server_name == "wiki"
    assert TlsConfig(server_name="wiki").asking_for("other").server_name == "wiki"


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"cert_file": "c.pem"}, "expected cert_file and key_file, or neither"),
        ({"key_file": "k.pem"}, "expected cert_file and key_file, or neither"),
        ({"max_version": "TLS11"}, "found max_version TLS11, expected at least min_version"),
        ({"min_version": "1.2"}, "Input should be 'TLS10'"),
        ({"ca": "-----BEGIN"}, "does not support certificates and keys in the configuration"),
    ],
)
def test_what_makes_no_sense_is_refused(config: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        TlsConfig.model_validate(config)
