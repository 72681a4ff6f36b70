import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.compat.blackbox.http import HttpModule
from netwatch.compat.blackbox.modules import KINDS, read_modules
from netwatch.validation import ConfigError

EXAMPLE = r"""
modules:
  http_2xx:
    prober: http
  http_post_2xx:
    prober: http
    timeout: 5s
    http:
      method: POST
      headers:
        Content-Type: application/json
      body: '{}'
  tcp_connect:
    prober: tcp
  pop3s_banner:
    prober: tcp
    tcp:
      query_response:
      - expect: "^+OK"
      tls: true
      tls_config:
        insecure_skip_verify: false
  grpc_plain:
    prober: grpc
    grpc:
      tls: false
      service: "service1"
  irc_banner:
    prober: tcp
    tcp:
      query_response:
      - send: "NICK prober"
      - expect: "PING :([^ ]+)"
        send: "PONG ${1}"
      - expect: "^:[^ ]+ 001"
  icmp_ttl5:
    prober: icmp
    timeout: 1m30.5s
    icmp:
      ttl: 5
  dns_soa:
    prober: dns
    dns:
      query_name: "prometheus.io"
      query_type: "SOA"
"""

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


def complaints(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read_modules(text, "blackbox.yml")
    return str(caught.value).splitlines()


def test_a_file_of_the_original_is_read() -> None:
    modules = read_modules(EXAMPLE, "blackbox.yml")
    assert {name: module.prober for name, module in modules.items()} == {
        "http_2xx": "http",
        "http_post_2xx": "http",
        "tcp_connect": "tcp",
        "pop3s_banner": "tcp",
        "grpc_plain": "grpc",
        "irc_banner": "tcp",
        "icmp_ttl5": "icmp",
        "dns_soa": "dns",
    }
    assert (modules["http_post_2xx"].timeout, modules["icmp_ttl5"].timeout) == (5, 90.5)
    assert modules["http_2xx"].timeout == 0


@pytest.mark.parametrize("text", ["", "modules:", "modules: {}"])
def test_a_file_without_modules_has_none_or_says_so(text: str) -> None:
    try:
        assert read_modules(text, "blackbox.yml") == {}
    except ConfigError as error:
        assert "expected a mapping" in str(error)  # noqa: PT017 - of an empty file


@pytest.mark.parametrize("prober", ["http", "tcp", "icmp", "grpc"])
def test_a_module_needs_no_section_where_all_has_a_default(prober: str) -> None:
    for section in ("", f", {prober}: ", f", {prober}: {{}}"):
        modules = read_modules(f"modules: {{m: {{prober: {prober}{section}}}}}", "blackbox.yml")
        assert modules["m"].kind.preferred_ip_protocol == "ip6"
        assert modules["m"].kind.ip_protocol_fallback


def test_the_section_of_another_prober_does_not_matter() -> None:
    module = read_modules(
        "modules: {m: {prober: http, tcp: {tls: true}, http: {method: HEAD}}}", "blackbox.yml"
    )["m"]
    assert isinstance(module.kind, HttpModule)
    assert module.kind.method == "HEAD"


@pytest.mark.parametrize(
    ("module", "complaint"),
    [
        (
            "{prober: websocket}",
            'm.prober: found "websocket", expected one of dns, grpc, http, icmp, tcp',
        ),
        ("{http: {}}", "m.prober: missing, expected text"),
        (
            "{prober: http, timeout: 5}",
            "m.timeout: found 5, expected a duration such as 500ms, 5s or 1m30s",
        ),
        ("{prober: http, htp: {}}", 'm.htp: unknown key, did you mean "http"?'),
        (
            "{prober: http, unix: {}}",
            "m.unix: netwatch does not support Unix sockets, expected no such key",
        ),
        ("{prober: http, http: {oauth2: {client_id: x}}}", "m.http.oauth2: netwatch does not"),
        ("{prober: http, http: {enable_http3: true}}", "m.http.enable_http3: netwatch does not"),
        (
            "{prober: http, http: {fail_if_body_json_matches_cel: x}}",
            "m.http.fail_if_body_json_matches_cel: netwatch does not support CEL",
        ),
        (
            '{prober: http, http: {proxy_url: "http://p"}}',
            "m.http.proxy_url: netwatch does not support proxies",
        ),
        ("{prober: http, http: {compression: br}}", 'm.http.compression: found "br", expected'),
        (
            "{prober: http, http: {valid_http_versions: [HTTP/2.0]}}",
            "m.http: found HTTP/2.0, expected HTTP/1.1 among valid_http_versions",
        ),
        (
            "{prober: tcp, tcp: {tls_config: {ca: x}}}",
            "m.tcp.tls_config.ca: netwatch does not support certificates and keys in the",
        ),
        ("{prober: http, websocket: {}}", "m.websocket: netwatch does not support WebSocket"),
        (
            "{prober: dns, dns: {query_name: x, valid_rcodes: []}}",
            "m.dns.valid_rcodes: found an empty list, expected 1 or more entries",
        ),
        ("{prober: http, http: {preferred_ip_protocol: ipv4}}", "m.http.preferred_ip_protocol: "),
        ('{prober: http, http: {fail_if_body_matches_regexp: ["("]}}', "m.http.fail_if_body_"),
        ("{prober: http, http: {valid_status_codes: [2xx]}}", "m.http.valid_status_codes[0]: "),
        ("{prober: dns}", "m: found the prober dns without a question, expected dns.query_name"),
        ("{prober: dns, dns: {}}", "m.dns.query_name: missing, expected text"),
        ("{prober: dns, dns: {query_name: x, query_type: FOO}}", "m.dns: query_type: found"),
        (
            "{prober: http, http: {basic_auth: {username_file: x}}}",
            "m.http.basic_auth.username_file: netwatch does not support username_file",
        ),
        (
            "{prober: http, http: {authorization: {credentials_ref: x}}}",
            "m.http.authorization.credentials_ref: netwatch does not support secrets by reference",
        ),
        (
            "{prober: http, http: {headers: {Connection: keep-alive}}}",
            'm.http.headers.Connection: found "Connection", expected a header that netwatch does',
        ),
        (
            "{prober: tcp, tcp: {tls: true, query_response: [{starttls: true}]}}",
            "m.tcp: together: found TLS inside of TLS",
        ),
        (
            "{prober: dns, dns: {query_name: x, query_type: AXFR}}",
            'm.dns: query_type: found "AXFR"',
        ),
        (
            "{prober: grpc, grpc: {metadata: {content-type: x}}}",
            'm.grpc: metadata.content-type.[key]: found "content-type"',
        ),
        ("{prober: icmp, icmp: {ttl: 256}}", "m.icmp.ttl: found 256, expected at most 255"),
    ],
)
def test_what_is_wrong_is_said_with_its_line_and_key(module: str, complaint: str) -> None:
    [said] = complaints(f"modules:\n  m: {module}")
    assert said.startswith("blackbox.yml:2:")
    assert f" modules.{complaint}" in said


def test_all_that_is_wrong_is_said_at_once() -> None:
    text = "modules:\n  a: {prober: x}\n  b: {prober: dns}\n  c: {prober: tcp, tcp: {tls: 1}}"
    assert [line.split(":")[1] for line in complaints(text)] == ["2", "3", "4"]


@pytest.mark.parametrize(
    "key",
    [
        "enable_http2: true",
        "enable_http2: false",
        "enable_http3: false",
        "proxy_from_environment: false",
        'proxy_url: ""',
    ],
)
def test_keys_that_change_nothing_are_accepted(key: str) -> None:
    assert read_modules(f"modules: {{m: {{prober: http, http: {{{key}}}}}}}", "blackbox.yml")


def test_a_module_is_shown_as_it_is_written_but_without_its_secrets() -> None:
    text = """
    modules:
      m:
        prober: http
        timeout: 5s
        http:
          headers: {Authorization: Digest tres-secret, Accept: text/html}
          body: tres-secret
          http_headers: {X-Key: {secrets: [tres-secret]}}
          basic_auth: {username: me, password: tres-secret}
          tls_config: {ca_file: ca.pem}
    """
    # Both ways to say who asks are one too many.
    with pytest.raises(ConfigError):
        read_modules(text, "blackbox.yml")
    text = text.replace("Authorization: Digest", "Cookie:")
    shown = read_modules(text, "blackbox.yml")["m"].shown()
    assert "tres-secret" not in shown
    assert json.loads(shown) == {
        "prober": "http",
        "timeout": "5s",
        "http": {
            "headers": {"Cookie": "**********", "Accept": "text/html"},
            "body": "**********",
            "http_headers": {"X-Key": {"secrets": ["**********"]}},
            "basic_auth": {"username": "me", "password": "**********"},
            "tls_config": {"ca_file": "ca.pem"},
        },
    }


@given(st.sampled_from(KINDS), JSON)
def test_any_section_is_read_or_refused_in_words(prober: str, section: Any) -> None:
    text = json.dumps({"modules": {"m": {"prober": prober, prober: section}}})
    try:
        read_modules(text, "blackbox.yml")
    except ConfigError as error:
        assert str(error).startswith("blackbox.yml:1:")  # noqa: PT017 - either way is right
