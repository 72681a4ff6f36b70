import dns.rcode
import pytest

from netwatch.wire.dnsmessage import RCODES, Reply


def a_reply(rcode: int = 0, flags: frozenset[str] = frozenset()) -> Reply:
    return Reply(rcode, flags, (), (), (), minimum_ttl=None, soa_serial=None)


@pytest.mark.parametrize("rcode", dns.rcode.Rcode, ids=lambda rcode: rcode.name)
def test_every_response_code_has_the_name_that_dnspython_gives_it(rcode: dns.rcode.Rcode) -> None:
    assert RCODES[rcode] == rcode.name


@pytest.mark.parametrize(("rcode", "name"), [(0, "NOERROR"), (3, "NXDOMAIN"), (4000, "RCODE4000")])
def test_a_response_code_without_a_name_is_called_by_its_number(rcode: int, name: str) -> None:
    assert a_reply(rcode).rcode_name == name


def test_a_reply_with_the_flag_tc_is_truncated() -> None:
    assert a_reply(flags=frozenset({"qr", "tc"})).is_truncated
    assert not a_reply(flags=frozenset({"qr"})).is_truncated
