import pytest

from netwatch.validation import ConfigError, read
from netwatch.web.webconfig import WebConfig

HASH = "$2y$10$" + "a" * 53
# The example of exporter-toolkit, with what Python's TLS can do of it.
EXAMPLE = f"""\
tls_server_config:
  cert_file: server.crt
  key_file: server.key
  client_auth_type: "RequireAndVerifyClientCert"
  client_ca_file: tls-ca-chain.pem
  client_allowed_sans: [prometheus.example]
  min_version: "TLS12"
  max_version: "TLS13"
  cipher_suites: [TLS_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]
  prefer_server_cipher_suites: true
  curve_preferences: [X25519]
http_server_config:
  http2: false
  headers:
    Content-Security-Policy: "default-src 'self'"
    X-Frame-Options: deny
    X-Content-Type-Options: nosniff
    X-XSS-Protection: "1"
    Strict-Transport-Security: ""
basic_auth_users:
  alice: {HASH}
rate_limit: {{interval: 1s, burst: 20}}
"""


def test_a_file_for_an_exporter_is_one_for_netwatch() -> None:
    config = read(WebConfig, EXAMPLE, "web.yml")
    assert config.tls_server_config.cert_file == "server.crt"
    assert config.http_server_config.headers["X-Frame-Options"] == "deny"
    assert config.basic_auth_users["alice"].get_secret_value() == HASH
    assert (config.rate_limit.interval, config.rate_limit.burst) == (1.0, 20)


def test_nothing_needs_to_be_said() -> None:
    assert read(WebConfig, "{}", "web.yml") == WebConfig()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "http_server_config: {http2: true}",
            "1:29: http_server_config.http2: found true, expected false: netwatch speaks HTTP/1.1",
        ),
        (
            "http_server_config:\n  headers:\n    X-Powered-By: me",
            '3:5: http_server_config.headers.X-Powered-By: found "X-Powered-By", expected one of ',
        ),
        (
            "http_server_config: {headers: {X-Frame-Options: allow}}",
            'found "allow" for X-Frame-Options, expected deny or sameorigin',
        ),
        (
            'http_server_config: {headers: {Content-Security-Policy: "a\\r\\nSet-Cookie: b"}}',
            "expected one line of printable ASCII",
        ),
        (
            "rate_limit: {interval: 1s}",
            "1:13: rate_limit: found an interval without a burst, expected a burst of 1 or more",
        ),
        ("basic_auth_users: {bob: hunter2}", "1:25: basic_auth_users.bob: found something else"),
        (
            "tls_server_config: {cert: PEM, key_file: k}",
            '1:21: tls_server_config.cert: unknown key, did you mean "cert_file"?',
        ),
        (
            "tls_server_config: {cert_file: c, key_file: k, cipher_suites: [RC4]}",
            '1:64: tls_server_config.cipher_suites[0]: found "RC4", expected one of TLS_ECDHE',
        ),
        (
            "tls_server_config: {curve_preferences: [X25519, CurveP256]}",
            "1:40: tls_server_config.curve_preferences: found a list, expected 1 or fewer entries",
        ),
    ],
)
def test_what_cannot_be_honoured_is_told_at_its_place(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        read(WebConfig, text, "web.yml")
    assert message in str(error.value)
    assert "hunter2" not in str(error.value)
