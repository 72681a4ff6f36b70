from contextlib import suppress

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import dns.update
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.wire.dnscodec import WrittenQuestion
from netwatch.wire.dnsmessage import MalformedReplyError, Question, Reply

WIKI = Question("wiki.example")
RECORDS = (
    "wiki.example. 300 IN CNAME lb.example.",
    "lb.example. 20 IN A 10.0.0.7",
    "example. 60 IN SOA ns.example. root.example. 2024010203 7200 1800 86400 30",
    'wiki.example. 300 IN TXT "a text" "and one more"',
    "_http._tcp.example. 300 IN SRV 1 2 80 wiki.example.",
    "wiki.example. 300 IN SVCB 1 . alpn=h2 port=443 ipv4hint=10.0.0.7",
    "wiki.example. 300 IN TYPE65280 \\# 2 aabb",
)


def answering(query: bytes, *records: str) -> dns.message.Message:
    """Return the answer of a server with these records."""
    message = dns.message.make_response(dns.message.from_wire(query))
    for record in records:
        name, ttl, class_, kind, data = record.split(maxsplit=4)
        message.answer.append(dns.rrset.from_text(name, int(ttl), class_, kind, data))
    return message


def read(*records: str, rcode: dns.rcode.Rcode = dns.rcode.NOERROR) -> Reply:
    query = WrittenQuestion(Question("wiki.example", edns_bytes=1232)).query(7)
    message = answering(query.wire, *records)
    message.set_rcode(rcode)
    reply = query.read(message.to_wire())
    assert reply
    return reply


def test_a_query_asks_what_the_question_says() -> None:
    question = Question("_http._tcp.wiki.example", kind="SRV", class_="CH", recursion=False)
    message = dns.message.from_wire(WrittenQuestion(question).query(4711).wire)
    assert message.id == 4711
    assert message.question[0].to_text() == "_http._tcp.wiki.example. CH SRV"
    assert dns.flags.to_text(message.flags) == ""
    assert message.edns == -1


def test_a_query_says_what_it_can_take() -> None:
    question = Question("wiki.example", edns_bytes=1232, dnssec=True)
    message = dns.message.from_wire(WrittenQuestion(question).query(0).wire)
    assert dns.flags.to_text(message.flags) == "RD"
    assert (message.edns, message.payload) == (0, 1232)
    assert message.ednsflags & dns.flags.DO


def test_a_name_of_another_script_is_asked_for_in_ascii() -> None:
    message = dns.message.from_wire(WrittenQuestion(Question("bücher.example")).query(0).wire)
    assert message.question[0].name.to_text() == "xn--bcher-kva.example."


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (Question("a..b"), r'found "a..b", expected a DNS name \(A DNS label is empty.\)'),
        (Question("x" * 64), "expected a DNS name"),
        (Question("x." * 200), "expected a DNS name"),
        (Question(".", kind="BOGUS"), 'found "BOGUS", expected a type of records'),
        (Question(".", kind="TYPE65536"), "expected a type of records"),
        (Question(".", kind="AXFR"), 'found "AXFR", expected a type of records'),
        (Question(".", class_="XX"), 'found "XX", expected a class of records'),
        (Question(".", class_="CLASS65536"), "expected a class of records"),
    ],
)
def test_what_cannot_be_asked_is_said(question: Question, expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        WrittenQuestion(question)


def test_records_read_as_lines_of_a_zone_file() -> None:
    reply = read(*RECORDS)
    assert reply.answer[:2] == (
        "wiki.example.\t300\tIN\tCNAME\tlb.example.",
        "lb.example.\t20\tIN\tA\t10.0.0.7",
    )
    assert 'wiki.example.\t300\tIN\tTXT\t"a text" "and one more"' in reply.answer
    assert len(reply.answer) == len(RECORDS)


def test_the_figures_of_a_reply_are_read() -> None:
    reply = read(*RECORDS)
    assert (reply.rcode, reply.minimum_ttl, reply.soa_serial) == (0, 20, 2024010203)
    assert reply.flags == {"qr", "rd"}


def test_a_reply_without_records_has_no_figures_of_them() -> None:
    reply = read(rcode=dns.rcode.NXDOMAIN)
    assert (reply.rcode, reply.minimum_ttl, reply.soa_serial) == (3, None, None)


def test_the_serial_number_is_found_among_the_authorities() -> None:
    query = WrittenQuestion(WIKI).query(7)
    message = answering(query.wire, RECORDS[2])
    message.authority, message.answer = message.answer, []
    reply = query.read(message.to_wire())
    assert reply
    assert reply.soa_serial == 2024010203
    assert len(reply.authority) == 1


def test_what_belongs_to_edns_is_no_additional_record() -> None:
    assert read().additional == ()


@pytest.mark.parametrize("rcode", dns.rcode.Rcode, ids=lambda rcode: rcode.name)
def test_every_response_code_is_read(rcode: dns.rcode.Rcode) -> None:
    assert read(rcode=rcode).rcode_name == rcode.name


@pytest.mark.parametrize("rcode", [dns.rcode.FORMERR, dns.rcode.SERVFAIL, dns.rcode.REFUSED])
def test_a_server_that_refuses_need_not_repeat_the_question(rcode: dns.rcode.Rcode) -> None:
    query = WrittenQuestion(WIKI).query(7)
    message = answering(query.wire)
    message.question.clear()
    message.set_rcode(rcode)
    assert query.read(message.to_wire())


def test_an_answer_cut_within_a_record_is_truncated_and_not_malformed() -> None:
    query = WrittenQuestion(WIKI).query(7)
    message = answering(query.wire, *RECORDS)
    message.flags |= dns.flags.TC
    reply = query.read(message.to_wire()[:-2])
    assert reply
    assert reply.is_truncated


def test_what_answers_something_else_is_no_reply() -> None:
    question = WrittenQuestion(WIKI)
    other = WrittenQuestion(Question("evil.example"))
    update = dns.update.UpdateMessage("example", id=7)
    update.flags |= dns.flags.QR
    strangers = [
        b"",
        b"\0",
        answering(question.wire(8), RECORDS[0]).to_wire(),
        answering(other.wire(7), RECORDS[0]).to_wire(),
        question.wire(7),  # an echo
        update.to_wire(),
    ]
    assert [question.query(7).read(wire) for wire in strangers] == [None] * len(strangers)


@pytest.mark.parametrize("cut", [2, 11, 14, -1])
def test_a_damaged_answer_to_this_very_query_is_malformed(cut: int) -> None:
    query = WrittenQuestion(WIKI).query(7)
    with pytest.raises(MalformedReplyError):
        query.read(answering(query.wire, RECORDS[1]).to_wire()[:cut])


def test_more_records_than_anybody_needs_are_not_even_looked_at() -> None:
    query = WrittenQuestion(WIKI).query(7)
    wire = answering(query.wire, RECORDS[1]).to_wire()
    with pytest.raises(MalformedReplyError, match="more than 1000 records"):
        query.read(wire[:6] + (1001).to_bytes(2) + wire[8:])


@given(number=st.integers(0, 65535), records=st.sets(st.sampled_from(RECORDS)))
def test_an_answer_is_read_whatever_is_in_it(number: int, records: set[str]) -> None:
    query = WrittenQuestion(WIKI).query(number)
    reply = query.read(answering(query.wire, *records).to_wire())
    assert reply
    assert len(reply.answer) == len(records)


@given(st.binary(max_size=600))
def test_garbage_is_never_more_than_malformed(garbage: bytes) -> None:
    query = WrittenQuestion(WIKI).query(7)
    with suppress(MalformedReplyError):
        query.read(b"\0\x07" + garbage)


@given(data=st.data())
def test_damage_is_never_more_than_malformed(data: st.DataObject) -> None:
    query = WrittenQuestion(WIKI).query(7)
    wire = bytearray(answering(query.wire, *RECORDS).to_wire())
    for _ in range(data.draw(st.integers(1, 8))):
        wire[data.draw(st.integers(2, len(wire) - 1))] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(2, len(wire)))
    with suppress(MalformedReplyError):
        query.read(bytes(wire[:end]))
