from typing import Any

import dns.message
import dns.rrset
import pytest
from pydantic import ValidationError

from netwatch.compat.blackbox.dns import DnsModule, RecordValidator
from tests.compat.blackbox.oracle import Samples, Series, ours
from tests.compat.blackbox.servers import ZONE
from tests.net.dns_server import cut_off, dns_server

RECORDS = ["a.\t300\tIN\tA\t10.0.0.7", "a.\t300\tIN\tA\t10.0.0.8"]


async def asked(twist: Any = None, **section: Any) -> Samples:
    """Return what a module finds out of a scripted server."""
    async with ours({"m": {"prober": "dns", "dns": section}}) as prober, dns_server() as server:
        server.zone = ZONE
        if twist:
            server.twist = twist
        return await prober.probe(module="m", target=f"127.0.0.1:{server.port}")


@pytest.mark.parametrize(
    ("keys", "fails"),
    [
        ({"fail_if_matches_regexp": ["8$"]}, True),
        ({"fail_if_matches_regexp": ["9$"]}, False),
        ({"fail_if_all_match_regexp": ["8$"]}, False),
        ({"fail_if_all_match_regexp": ["10"]}, True),
        ({"fail_if_not_matches_regexp": ["10", "8$"]}, True),
        ({"fail_if_not_matches_regexp": ["10", "[78]$"]}, False),
        ({"fail_if_none_matches_regexp": ["9$", "8$"]}, False),
        ({"fail_if_none_matches_regexp": ["9$", "(?i)IN\tMX"]}, True),
    ],
)
def test_records_fail_as_the_keys_are_called(keys: dict[str, list[str]], *, fails: bool) -> None:
    options = RecordValidator.model_validate(keys).options()
    assert bool(list(options.broken_by(RECORDS))) is fails


@pytest.mark.parametrize(
    ("keys", "fails"),
    [
        ({"fail_if_matches_regexp": ["."]}, False),
        ({"fail_if_all_match_regexp": ["."]}, False),
        ({"fail_if_not_matches_regexp": ["."]}, True),
        ({"fail_if_none_matches_regexp": ["."]}, True),
    ],
)
def test_no_record_fails_what_wants_one(keys: dict[str, list[str]], *, fails: bool) -> None:
    options = RecordValidator.model_validate(keys).options()
    assert bool(list(options.broken_by([]))) is fails


async def test_what_does_not_fit_into_a_datagram_is_asked_for_by_tcp() -> None:
    found = await asked(cut_off, query_name="wiki.example", query_type="A")
    assert found[Series("probe_dns_answer_rrs", ())] == 2
    assert Series("probe_dns_duration_seconds", (("phase", "connect"),)) in found


async def test_the_serial_number_is_that_of_the_answer_and_no_other_zone() -> None:
    def refer(answer: dns.message.Message) -> list[bytes]:
        soa = dns.rrset.from_text("example.", 60, "IN", "SOA", "a. b. 7 1 1 1 1")
        answer.authority.append(soa)
        return [answer.to_wire()]

    found = await asked(query_name="example", query_type="SOA")
    assert found[Series("probe_dns_serial", ())] == 2024010203
    found = await asked(refer, query_name="wiki.example", query_type="SOA")
    assert found[Series("probe_dns_authority_rrs", ())] == 1
    assert Series("probe_dns_serial", ()) not in found


@pytest.mark.parametrize(
    ("target", "host", "port"),
    [("9.9.9.9", "9.9.9.9", 0), ("dns.example:5353", "dns.example", 5353), ("[::1]", "::1", 0)],
)
def test_a_target_is_a_server_perhaps_with_a_port(target: str, host: str, port: int) -> None:
    endpoint = DnsModule(query_name="x").endpoint(target)
    assert (endpoint.host, endpoint.port) == (host, port)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"query_type": "FOO"}, "query_type: found"),
        ({"query_class": "FOO"}, "query_class: found"),
        ({"valid_rcodes": ["FINE"]}, r'valid_rcodes\[0\]: found "FINE"'),
        ({"dns_over_tls": True}, "expected transport_protocol tcp with it"),
        ({"validate_answer_rrs": {"fail_if_matches_regexp": ["("]}}, "regular expression"),
        ({"source_ip_address": "here"}, "expected an IP address"),
    ],
)
def test_what_cannot_be_asked_is_refused_when_the_file_is_read(
    keys: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValidationError, match=words):
        DnsModule.model_validate({"query_name": "x"} | keys)
