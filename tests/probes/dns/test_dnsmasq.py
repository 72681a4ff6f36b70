"""The DNS probe against a server that others wrote."""

from collections.abc import Iterator

import pytest

from netwatch.model import Outcome
from tests.dnsmasq import dnsmasq
from tests.probes.dns.asking import ask

# More than fits into the datagrams that dnsmasq sends.
MANY = [f"--host-record=many.example,10.1.{number // 250}.{number % 250}" for number in range(200)]


@pytest.fixture(scope="module")
def server() -> Iterator[int]:
    with dnsmasq(
        "--host-record=wiki.example,10.0.0.7,fd00::7,300",
        "--cname=alias.example,wiki.example,20",
        "--txt-record=text.example,v=1",
        "--srv-host=_http._tcp.example,wiki.example,80",
        "--local=/example/",
        *MANY,
    ) as port:
        yield port


@pytest.mark.parametrize(
    ("options", "record"),
    [
        ({"query": "wiki.example"}, r"^wiki\.example\.\t300\tIN\tA\t10\.0\.0\.7$"),
        ({"query": "wiki.example", "query_type": "AAAA"}, r"\tAAAA\tfd00::7$"),
        ({"query": "alias.example"}, r"^alias\.example\.\t20\tIN\tCNAME\twiki\.example\.$"),
        ({"query": "text.example", "query_type": "TXT"}, r'\tTXT\t"v=1"$'),
        ({"query": "_http._tcp.example", "query_type": "SRV"}, r"\tSRV\t0 0 80 wiki\.example\.$"),
        ({"query": "version.bind", "query_type": "TXT", "query_class": "CH"}, r"\tCH\tTXT\t"),
    ],
)
@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_each_kind_of_record_is_understood(
    server: int, options: dict[str, object], record: str, transport: str
) -> None:
    expected = {"answer": {"some": [record]}, "transport": transport}
    result = await ask(server, options | expected)
    assert (result.outcome, result.detail) == (Outcome.OK, "")


async def test_a_name_that_is_not_there_breaks_the_expectation(server: int) -> None:
    result = await ask(server, {"query": "gone.example"})
    assert result.outcome is Outcome.MISMATCH
    assert result.values["dns_rcode"] == {"NXDOMAIN": 1}


async def test_an_answer_too_large_for_a_datagram_comes_by_tcp(server: int) -> None:
    result = await ask(server, {"query": "many.example", "answer": {"at_least": 200}})
    assert (result.outcome, result.detail) == (Outcome.OK, "")
    assert result.values["dns_truncated"] == 1
    assert "connect" in result.phases


async def test_what_it_may_not_ask_others_it_refuses(server: int) -> None:
    result = await ask(server, {"query": "elsewhere.test"})
    assert result.values["dns_rcode"] == {"REFUSED": 1}
