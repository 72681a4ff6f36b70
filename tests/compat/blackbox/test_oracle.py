"""The same configuration and targets as Debian's blackbox_exporter: the same series.

Names and labels are equal, and values where they are no times. Each difference is in the table of
its case or in those below, and in docs/blackbox.md.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.certificates import Authority
from tests.compat.blackbox import servers
from tests.compat.blackbox.oracle import Prober, Samples, Series, original, ours
from tests.compat.blackbox.servers import Serve, answers, at, page, plain, redirects, secured, talk
from tests.tcp_server import Handler, ends, says_nothing

ROOT = Path(__file__).parents[3]

NEWER = {"probe_timeout_seconds", "probe_failed_due_to_bytes", "probe_tls_cipher_info"}
"""0.28 has these, and 0.23 has not."""
NEWER_LABELS = {"serialnumber"}
PHASES = {f"probe_{kind}_duration_seconds" for kind in ("dns", "grpc", "http", "icmp")}
TIMES = {*PHASES, "probe_duration_seconds", "probe_dns_lookup_time_seconds"}
CLOSED = "127.0.0.1:1"

NAMES = servers.names()

Difference = tuple[float | None, float | None]
"""What the original says of a series, and what we say; None is nothing."""


@dataclass(frozen=True)
class Case:
    """One module, one target; `differs` by name of the series."""

    name: str
    prober: str
    serve: Serve
    options: Mapping[str, Any] = field(default_factory=dict)
    succeeds: bool = True
    parameters: Mapping[str, str] = field(default_factory=dict)
    timeout: str = "10s"
    differs: Mapping[str, Difference] = field(default_factory=dict)

    @property
    def module(self) -> dict[str, Any]:
        section = {"preferred_ip_protocol": "ip4", **self.options}
        return {"prober": self.prober, "timeout": self.timeout, self.prober: section}


def http(name: str, serve: Serve, **options: Any) -> Case:
    return _case("http", name, serve, options)


def tcp(name: str, serve: Serve, **options: Any) -> Case:
    return _case("tcp", name, serve, options)


def dns(name: str, serve: Serve = NAMES, **options: Any) -> Case:
    asked = {"query_name": "wiki.example", "query_type": "A"}
    return _case("dns", name, serve, asked | options)


def grpc(name: str, serve: Serve, **options: Any) -> Case:
    return _case("grpc", name, serve, options)


def icmp(name: str, serve: Serve, **options: Any) -> Case:
    return _case("icmp", name, serve, options)


def _case(prober: str, name: str, serve: Serve, options: dict[str, Any]) -> Case:
    kept = {
        key: options.pop(key)
        for key in ("succeeds", "parameters", "timeout", "differs")
        if key in options
    }
    return Case(f"{prober}_{name}", prober, serve, options, **kept)


TRUSTED = {"tls_config": {"ca_file": "$CA"}}
CERTIFIED = {"tls_config": {"ca_file": "$CA", "cert_file": "$CERT", "key_file": "$KEY"}}
INSECURE = {"tls_config": {"insecure_skip_verify": True}}
HTTPS = "https://localhost:{port}/"
NO_CHAIN: Mapping[str, Difference] = {
    # The beginning of Go's calendar, as there is no chain.
    "probe_ssl_last_chain_expiry_timestamp_seconds": (-62135596800, None)
}
NO_TLS: Mapping[str, Difference] = {"probe_ssl_earliest_cert_expiry": (0, None)}
"""Of gRPC without TLS; 0.28 says nothing of it either."""


def lost(authority: str) -> Handler:
    """Lead to where nobody is."""
    modified = "Last-Modified: Tue, 02 Jan 2024 03:04:05 GMT"
    return page("302 Found", f"Location: http://{authority}/", modified, body=b"")


MOVED = page("302 Found", "Location: /elsewhere", body=b"")

CASES = [
    http("ok", plain(page())),
    http("not_found", plain(page("404 Not Found")), succeeds=False),
    http("not_found_is_valid", plain(page("404 Not Found")), valid_status_codes=[404]),
    http("other_status_is_valid", plain(page()), valid_status_codes=[204], succeeds=False),
    http("no_content", plain(answers(b"HTTP/1.1 204 No Content\r\n\r\n"))),
    http("server_error", plain(page("500 Oh")), succeeds=False),
    http("version_is_valid", plain(page()), valid_http_versions=["HTTP/1.1", "HTTP/2.0"]),
    http("version_is_not", plain(page()), valid_http_versions=["HTTP/1.0"], succeeds=False),
    http("without_length", plain(answers(b"HTTP/1.0 200 OK\r\n\r\nhello"))),
    http(
        "chunked",
        plain(page("200 OK", "Transfer-Encoding: chunked", body=b"5\r\nhello\r\n0\r\n\r\n")),
    ),
    http("redirected", plain(redirects(3))),
    http("redirected_for_good", plain(redirects(1, "308 Permanent Redirect"))),
    http("redirected_ten_times", plain(redirects(10))),
    http(
        "redirected_without_end",
        plain(redirects(100)),
        succeeds=False,
        differs={"probe_http_redirects": (11, 10)},
    ),
    http("redirected_to_a_closed_port", plain(lost(CLOSED)), succeeds=False),
    http(
        "redirected_from_https_to_a_closed_port",
        secured(lost(CLOSED), servers.good, HTTPS),
        succeeds=False,
        **TRUSTED,
    ),
    http("redirected_to_no_url", plain(lost("[")), succeeds=False),
    http(
        "redirect_not_followed",
        plain(MOVED),
        follow_redirects=False,
        succeeds=False,
        differs={"probe_http_redirects": (1, 0)},
    ),
    http(
        "redirect_not_followed_is_valid",
        plain(MOVED),
        follow_redirects=False,
        valid_status_codes=[302],
        differs={"probe_http_redirects": (1, 0)},
    ),
    http(
        "no_follow_redirects",
        plain(MOVED),
        no_follow_redirects=True,
        valid_status_codes=[302],
        differs={"probe_http_redirects": (1, 0)},
    ),
    http("body_matches", plain(page()), fail_if_body_matches_regexp=["h.llo"], succeeds=False),
    http("body_matches_not", plain(page()), fail_if_body_matches_regexp=["^x"]),
    http("body_as_wanted", plain(page()), fail_if_body_not_matches_regexp=["^hello$", "(?i)ELL"]),
    http(
        "body_not_as_wanted",
        plain(page()),
        fail_if_body_not_matches_regexp=["hello", "world"],
        succeeds=False,
    ),
    http(
        "regexes_after_a_bad_status",
        plain(page("500 Oh")),
        fail_if_body_matches_regexp=["hello"],
        succeeds=False,
    ),
    http(
        "header_matches",
        plain(page("200 OK", "X-Mode: debug")),
        fail_if_header_matches=[{"header": "x-mode", "regexp": "debug"}],
        succeeds=False,
    ),
    http(
        "header_as_wanted",
        plain(page("200 OK", "X-Mode: live", "X-Mode: debug")),
        fail_if_header_not_matches=[{"header": "X-Mode", "regexp": "debug"}],
    ),
    http(
        "header_not_as_wanted",
        plain(page("200 OK", "X-Mode: live")),
        fail_if_header_not_matches=[{"header": "X-Mode", "regexp": "debug"}],
        succeeds=False,
    ),
    http(
        "header_missing",
        plain(page()),
        fail_if_header_matches=[{"header": "X-Mode", "regexp": "debug"}],
        succeeds=False,
    ),
    http(
        "header_may_be_missing",
        plain(page()),
        fail_if_header_matches=[{"header": "X-Mode", "regexp": "debug", "allow_missing": True}],
    ),
    http("last_modified", plain(page("200 OK", "Last-Modified: Tue, 02 Jan 2024 03:04:05 GMT"))),
    http("last_modified_is_no_date", plain(page("200 OK", "Last-Modified: yesterday"))),
    http("refused", at(CLOSED), succeeds=False),
    http("post", plain(servers.if_asked(b"POST / ")), method="POST", body="a=b"),
    http("body_sent", plain(servers.if_asked(b"\r\n\r\na=b")), method="POST", body="a=b"),
    http("header_sent", plain(servers.if_asked(b"X-Token: yes")), headers={"X-Token": "yes"}),
    http("host_sent", plain(servers.if_asked(b"Host: wiki")), headers={"Host": "wiki"}),
    http(
        "hostname_sent",
        plain(servers.if_asked(b"Host: wiki")),
        parameters={"hostname": "wiki"},
    ),
    http(
        "basic_auth",
        plain(servers.if_asked(b"Authorization: Basic bWU6c2VjcmV0")),
        basic_auth={"username": "me", "password": "secret"},
    ),
    http(
        "bearer",
        plain(servers.if_asked(b"Authorization: Bearer secret")),
        authorization={"credentials": "secret"},
    ),
    http("bearer_the_old_way", plain(servers.if_asked(b"Bearer secret")), bearer_token="secret"),
    http(
        "credentials_do_not_follow_a_redirect",
        servers.leads_elsewhere(servers.if_asked(b"Authorization: Bearer secret")),
        authorization={"credentials": "secret"},
        succeeds=False,
        differs={"probe_success": (1, 0), "probe_http_status_code": (200, 403)},
    ),
    http("one_request_a_connection", plain(servers.if_asked(b"Connection: close"))),
    http("gzip", plain(servers.zipped(b"hello" * 100)), compression="gzip"),
    http("body_small_enough", plain(page()), body_size_limit="5B"),
    http("body_too_large", plain(page()), body_size_limit="4B", succeeds=False),
    http("head", plain(page()), method="HEAD"),
    http("no_tls", plain(page()), fail_if_not_ssl=True, succeeds=False),
    http("closed_without_an_answer", plain(ends), succeeds=False),
    http("no_http", plain(answers(b"SSH-2.0-no\r\n\r\n")), succeeds=False),
    http("silence", plain(says_nothing), timeout="300ms", succeeds=False),
    http("a_head_that_drips", plain(servers.drips), timeout="300ms", succeeds=False),
    http(
        "a_body_that_stops",
        plain(servers.stops_after(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello")),
        timeout="300ms",
        succeeds=False,
        differs={"probe_http_uncompressed_body_length": (5, 0)},
    ),
    http(
        "a_body_without_end",
        plain(servers.endless),
        body_size_limit="1MB",
        succeeds=False,
    ),
    http(
        "no_address_of_that_family",
        at("127.0.0.1"),
        ip_protocol_fallback=False,
        preferred_ip_protocol="ip6",
        succeeds=False,
    ),
    http("name", plain(page(), "localhost:{port}")),
    http("url", plain(page(), "http://localhost:{port}/a?b=c")),
    http("https", secured(page(), servers.good, HTTPS), **TRUSTED),
    http("https_1_2", secured(page(), servers.tls_1_2, HTTPS), **TRUSTED),
    http(
        "https_of_an_address", secured(page(), servers.good, "https://127.0.0.1:{port}"), **TRUSTED
    ),
    http("https_expired", secured(page(), servers.old, HTTPS), succeeds=False, **TRUSTED),
    http("https_elsewhere", secured(page(), servers.elsewhere, HTTPS), succeeds=False, **TRUSTED),
    http(
        "https_elsewhere_by_hostname",
        secured(page(), servers.elsewhere, HTTPS),
        parameters={"hostname": "elsewhere.example"},
        **TRUSTED,
    ),
    http("https_unknown", secured(page(), servers.good, HTTPS), succeeds=False),
    http("https_insecure", secured(page(), servers.old, HTTPS), differs=NO_CHAIN, **INSECURE),
    http("https_client", secured(page(), servers.for_clients, HTTPS), **CERTIFIED),
    http(
        "https_refused",
        secured(page(), servers.good, HTTPS),
        fail_if_ssl=True,
        succeeds=False,
        **TRUSTED,
    ),
    tcp("connect", plain(says_nothing)),
    tcp("refused", at(CLOSED), succeeds=False),
    tcp("without_port", at("127.0.0.1"), succeeds=False),
    tcp("banner", plain(talk(b"SSH-2.0-x\r\n")), query_response=[{"expect": "^SSH-2.0-"}]),
    tcp(
        "other_banner",
        plain(talk(b"HTTP/1.0\r\n")),
        query_response=[{"expect": "^SSH-2.0-", "send": "bye"}],
        succeeds=False,
        timeout="300ms",
    ),
    tcp(
        "closed_before_the_banner",
        plain(ends),
        query_response=[{"expect": "^SSH-2.0-"}],
        succeeds=False,
    ),
    tcp(
        "captures",
        plain(talk(b"PING :42\n", b"001 welcome\n")),
        query_response=[{"expect": "PING :([^ ]+)", "send": "PONG ${1}"}, {"expect": "^001"}],
    ),
    tcp(
        "lines_in_between",
        plain(talk(b"one\ntwo\nthree\n")),
        query_response=[{"expect": "three"}],
    ),
    tcp(
        "echo",
        plain(servers.echoes_a_line),
        query_response=[{"send": "hi"}, {"expect": "^you said hi$"}],
    ),
    tcp(
        "silence",
        plain(says_nothing),
        query_response=[{"expect": "x"}],
        succeeds=False,
        timeout="300ms",
    ),
    tcp("empty_step", plain(talk(b"SSH\n")), query_response=[{}, {"expect": "SSH"}, {}]),
    tcp(
        "other_banner_after_an_empty_step",
        plain(talk(b"HTTP/1.0\r\n")),
        query_response=[{}, {"expect": "^SSH-"}],
        succeeds=False,
        timeout="300ms",
    ),
    tcp(
        "more_lines_than_we_read",
        plain(talk(b"one\n" * 1001 + b"two\n")),
        query_response=[{"expect": "two"}],
        succeeds=False,
        differs={"probe_success": (1, 0), "probe_failed_due_to_regex": (0, 1)},
    ),
    tcp("tls", secured(talk(b"hello\n"), servers.good), tls=True, **TRUSTED),
    tcp("tls_expired", secured(talk(), servers.old), tls=True, succeeds=False, **TRUSTED),
    tcp(
        "tls_insecure",
        secured(talk(b"hello\n"), servers.old),
        tls=True,
        differs=NO_CHAIN,
        **INSECURE,
    ),
    tcp(
        "starttls",
        servers.starts_tls(servers.good),
        query_response=[
            {"expect": "^220", "send": "EHLO prober"},
            {"expect": "STARTTLS", "send": "STARTTLS"},
            {"expect": "^220", "starttls": True},
            {"send": "EHLO prober"},
            {"expect": "^250"},
        ],
        **TRUSTED,
    ),
    dns("a"),
    dns("alias", query_name="alias.example"),
    dns("unknown_name", query_name="gone.example", succeeds=False),
    dns("unknown_name_is_valid", query_name="gone.example", valid_rcodes=["NXDOMAIN"]),
    dns("no_such_records", query_type="AAAA"),
    dns("soa", query_name="example", query_type="SOA"),
    dns("tcp", transport_protocol="tcp"),
    dns(
        "more_records_than_we_read",
        query_name="crowd.example",
        transport_protocol="tcp",
        succeeds=False,
        differs={
            "probe_success": (1, 0),
            "probe_dns_query_succeeded": (1, 0),
            "probe_dns_answer_rrs": (1001, 0),
        },
    ),
    dns("no_recursion", recursion_desired=False),
    dns(
        "over_tls",
        servers.names_under_tls(servers.good),
        transport_protocol="tcp",
        dns_over_tls=True,
        **TRUSTED,
    ),
    dns("refused", at(CLOSED), succeeds=False),
    dns("silence", servers.names(lambda _: []), succeeds=False, timeout="300ms"),
    dns(
        "record_matches",
        validate_answer_rrs={"fail_if_matches_regexp": [r".*\t10\.0\.0\.8"]},
        succeeds=False,
    ),
    dns("record_matches_not", validate_answer_rrs={"fail_if_matches_regexp": ["127"]}),
    dns("every_record_as_wanted", validate_answer_rrs={"fail_if_not_matches_regexp": ["10[.]"]}),
    dns(
        "not_every_record_as_wanted",
        validate_answer_rrs={"fail_if_not_matches_regexp": ["10.0.0.7"]},
        succeeds=False,
    ),
    dns(
        "no_record_at_all",
        query_type="AAAA",
        validate_answer_rrs={"fail_if_not_matches_regexp": [".*"]},
        succeeds=False,
    ),
    dns(
        "some_record_as_wanted",
        validate_answer_rrs={
            "fail_if_none_matches_regexp": ["127", r"wiki\.example\.\t300\tIN\tA"]
        },
    ),
    dns(
        "no_record_as_wanted",
        validate_answer_rrs={"fail_if_none_matches_regexp": ["127"]},
        succeeds=False,
    ),
    dns(
        "all_records_match",
        validate_answer_rrs={"fail_if_all_match_regexp": ["10[.]0"]},
        succeeds=False,
        differs={"probe_success": (1, 0)},  # the original does it the wrong way round
    ),
    dns(
        "not_all_records_match",
        validate_answer_rrs={"fail_if_all_match_regexp": ["10.0.0.7"]},
        differs={"probe_success": (0, 1)},
    ),
    grpc("serving", servers.healthy(), differs=NO_TLS),
    grpc("service", servers.healthy(), service="good", differs=NO_TLS),
    grpc("not_serving", servers.healthy(), service="bad", succeeds=False, differs=NO_TLS),
    grpc("unknown_service", servers.healthy(), service="gone", succeeds=False, differs=NO_TLS),
    grpc("refused", at(CLOSED), succeeds=False, differs=NO_TLS),
    grpc("tls", servers.healthy(is_tls=True), tls=True, **TRUSTED),
    icmp("ping", at("127.0.0.1")),
    icmp("ping_by_name", at("localhost")),
    icmp("ping_ipv6", at("::1"), preferred_ip_protocol="ip6"),
    icmp("ping_large", at("127.0.0.1"), payload_size=1400),
    icmp(
        "no_address_of_that_family",
        at("127.0.0.1"),
        preferred_ip_protocol="ip6",
        ip_protocol_fallback=False,
        succeeds=False,
    ),
]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def modules(authority: Authority) -> dict[str, Any]:
    certificate, key = authority.client()
    text = json.dumps({case.name: case.module for case in CASES})
    for name, path in (("$CA", authority.ca_file), ("$CERT", certificate), ("$KEY", key)):
        text = text.replace(name, path)
    found: dict[str, Any] = json.loads(text)
    return found


@pytest.fixture(scope="module")
def theirs(modules: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prober]:
    with original(modules, tmp_path_factory.mktemp("original")) as prober:
        yield prober


@pytest.mark.usefixtures("may_ping")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_it_says_what_the_original_says(
    case: Case, modules: dict[str, Any], authority: Authority, theirs: Prober
) -> None:
    async with ours({case.name: modules[case.name]}) as us, case.serve(authority) as target:
        parameters = {"module": case.name, "target": target, **case.parameters}
        expected = await theirs.probe(**parameters)
        found = await us.probe(**parameters)
    assert found[Series("probe_success", ())] == case.succeeds
    assert phases(found) <= phases(expected)
    if case.succeeds:
        assert phases(found) == phases(expected)
    assert compared(found, case, side=1) == compared(expected, case, side=0)


@pytest.mark.parametrize("prober", ["dns", "grpc", "http", "tcp"])
def test_each_difference_is_documented(prober: str) -> None:
    document = (ROOT / "docs/blackbox.md").read_text().split("\n## Differences\n")[1]
    section = document.split(f"\n### {prober}\n")[1].split("\n### ")[0]
    named = {name for case in CASES if case.prober == prober for name in case.differs}
    assert named <= set(re.findall(r"`(probe_\w+)`", section))


def phases(found: Samples) -> set[Series]:
    """Return the phases; of a failure, the original says 0 of those that were not completed."""
    return {series for series in found if series.name in PHASES}


def compared(found: Samples, case: Case, *, side: int) -> Samples:
    """Return what must be equal, and check that the rest differs as expected."""
    for name, difference in case.differs.items():
        assert found.get(Series(name, ())) == difference[side]
    return {
        Series(name, _older(labels)): 0 if name in TIMES else value
        for (name, labels), value in found.items()
        if name not in NEWER | PHASES | case.differs.keys()
    }


def _older(labels: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple(label for label in labels if label[0] not in NEWER_LABELS)
