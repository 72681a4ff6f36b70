import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection

import dns.message
import pytest

from bench.answering import ADDRESSES, answer


@pytest.fixture
def http_port() -> Iterator[int]:
    command = (sys.executable, "-m", "bench.answering")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield int(process.stdout.readline().split()[0])
        finally:
            process.kill()


def asked(port: int, path: str) -> bytes:
    connection = HTTPConnection(ADDRESSES[-1], port)
    try:
        connection.request("GET", path)
        return connection.getresponse().read()
    finally:
        connection.close()


def test_it_tells_how_often_it_has_answered(http_port: int) -> None:
    assert asked(http_port, "/healthz") == b'{"status": "ok"}\n'
    assert asked(http_port, "/answered") == b"1"


def test_an_answer_of_dns_is_one_to_its_query() -> None:
    query = dns.message.make_query("wiki.example", "A", use_edns=True)
    reply = dns.message.from_wire(answer(query.to_wire()))
    assert query.is_response(reply)
    assert [record.to_text() for record in reply.answer] == ["wiki.example. 60 IN A 192.0.2.7"]
