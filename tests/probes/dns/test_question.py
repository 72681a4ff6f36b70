import dns.flags
import dns.message
import pytest
from pydantic import ValidationError

from netwatch.probes.dns.question import QuestionOptions


def asked(**options: object) -> dns.message.Message:
    queries = QuestionOptions.model_validate({"query": "wiki.example", **options}).queries()
    return dns.message.from_wire(queries(4711).wire)


def test_by_default_it_asks_as_dig_does() -> None:
    message = asked()
    assert message.question[0].to_text() == "wiki.example. IN A"
    assert dns.flags.to_text(message.flags) == "RD"
    assert (message.edns, message.payload, message.ednsflags) == (0, 1232, 0)


def test_all_of_the_question_can_be_chosen() -> None:
    message = asked(query_type="TXT", query_class="CH", recursion=False, edns_bytes=0)
    assert message.question[0].to_text() == "wiki.example. CH TXT"
    assert (dns.flags.to_text(message.flags), message.edns) == ("", -1)


def test_signatures_can_be_asked_for() -> None:
    assert asked(dnssec=True).ednsflags & dns.flags.DO


@pytest.mark.parametrize(
    ("options", "key", "said"),
    [
        ({"query": "a..b"}, "query", "expected a DNS name"),
        ({"query": ""}, "query", "at least 1 character"),
        ({"query_type": "AXFR"}, "query_type", "expected a type of records"),
        ({"query_class": "XX"}, "query_class", "expected a class of records"),
        ({"edns_bytes": 65536}, "edns_bytes", "less than or equal to 65535"),
    ],
)
def test_what_cannot_be_asked_is_said_of_its_key(
    options: dict[str, object], key: str, said: str
) -> None:
    with pytest.raises(ValidationError, match=said) as caught:
        asked(**options)
    assert caught.value.errors()[0]["loc"] == (key,)


def test_signatures_without_edns_cannot_be_asked_for() -> None:
    with pytest.raises(ValidationError, match="found dnssec with edns_bytes 0"):
        asked(dnssec=True, edns_bytes=0)
