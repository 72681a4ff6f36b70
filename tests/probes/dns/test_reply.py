import pytest
from pydantic import ValidationError

from netwatch.probes.dns.reply import RecordsOptions, ReplyOptions, values_of
from netwatch.wire.dnsmessage import Reply

ONE, OTHER = "wiki.example.\t300\tIN\tA\t10.0.0.7", "wiki.example.\t300\tIN\tA\t10.0.0.8"


def a_reply(*answer: str, rcode: int = 0, flags: frozenset[str] = frozenset()) -> Reply:
    return Reply(rcode, flags, answer, (), (), minimum_ttl=None, soa_serial=None)


@pytest.mark.parametrize(
    ("expected", "kept_by", "broken_by", "said"),
    [
        ({"at_least": 2}, [ONE, OTHER], [ONE], "1 records, expected 2 at least"),
        ({"some": ["7$", "8$"]}, [ONE, OTHER], [ONE], "no record that matches 8$"),
        ({"some": ["7$"]}, [ONE], [], "no record that matches 7$"),
        ({"every": ["A\t10"]}, [ONE, OTHER], [ONE, "x"], "not only records that match A\t10"),
        ({"every": ["7$"]}, [ONE], [], "not only records that match 7$"),
        ({"none": ["8$"]}, [], [ONE, OTHER], "a record that matches 8$"),
        ({"not_every": ["10"]}, [ONE, "x"], [ONE, OTHER], "only records that match 10"),
        ({"not_every": ["10"]}, [], [ONE], "only records that match 10"),
    ],
)
def test_what_is_expected_of_records_is_kept_or_broken(
    expected: dict[str, object], kept_by: list[str], broken_by: list[str], said: str
) -> None:
    options = RecordsOptions.model_validate(expected)
    assert list(options.broken_by(kept_by)) == []
    assert list(options.broken_by(broken_by)) == [said]


def test_all_that_is_broken_is_said() -> None:
    options = ReplyOptions.model_validate(
        {"valid_rcodes": ["NOERROR", "NXDOMAIN"], "authority": {"at_least": 1}}
    )
    assert list(options.broken_by(a_reply(ONE, rcode=2))) == [
        "found SERVFAIL, expected NOERROR or NXDOMAIN",
        "found in section authority: 0 records, expected 1 at least",
    ]


@pytest.mark.parametrize("rcodes", [["ok"], ["RCODE4000"], []])
def test_a_response_code_that_is_none_cannot_be_expected(rcodes: list[str]) -> None:
    with pytest.raises(ValidationError, match=r"expected one of NOERROR, FORMERR|at least 1 item"):
        ReplyOptions(valid_rcodes=rcodes)


def test_a_pattern_that_is_none_is_said_of_its_key() -> None:
    with pytest.raises(ValidationError) as caught:
        ReplyOptions.model_validate({"answer": {"some": ["("]}})
    assert caught.value.errors()[0]["loc"] == ("answer", "some", 0)


def test_a_server_cannot_make_labels() -> None:
    values = values_of(a_reply(rcode=4000, flags=frozenset({"qr", "aa", "flag12"})))
    assert values["dns_rcode"] == {"other": 1}
    assert values["dns_flags"] == {"aa": 1, "tc": 0, "ra": 0, "ad": 0}
