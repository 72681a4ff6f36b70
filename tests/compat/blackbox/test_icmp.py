import pytest
from pydantic import ValidationError

from netwatch.compat.blackbox.icmp import IcmpModule
from netwatch.net.ping.engine import PingOptions
from tests.compat.blackbox.oracle import Samples, Series, ours

pytestmark = pytest.mark.usefixtures("may_ping")


async def pinged(target: str, **section: object) -> Samples:
    module = {"prober": "icmp", "timeout": "300ms", "icmp": section}
    async with ours({"m": module}) as prober:
        return await prober.probe(module="m", target=target)


async def test_a_reply_has_a_time_and_a_hop_limit() -> None:
    found = await pinged("127.0.0.1")
    assert found[Series("probe_success", ())] == 1
    assert found[Series("probe_icmp_reply_hop_limit", ())] == 64
    rtt = found[Series("probe_icmp_duration_seconds", (("phase", "rtt"),))]
    assert 0 < rtt <= found[Series("probe_duration_seconds", ())]


def test_each_key_becomes_an_option_of_the_engine() -> None:
    section: dict[str, object] = {"ttl": 3, "payload_size": 1000, "dont_fragment": True}
    section |= {"source_ip_address": "127.0.0.2"}
    expected = PingOptions(
        timeout=2.5, size=1000, ttl=3, dont_fragment=True, source_address="127.0.0.2"
    )
    assert IcmpModule.model_validate(section).options(2.5) == expected
    assert IcmpModule(ttl=0).options(2.5) == PingOptions(timeout=2.5, size=28, ttl=64)


async def test_a_source_address_that_is_not_ours_is_our_own_trouble() -> None:
    module = {"prober": "icmp", "icmp": {"source_ip_address": "192.0.2.1"}}
    async with ours({"m": module}) as prober:
        status, text = await prober.ask(module="m", target="127.0.0.1")
    assert status == 500
    assert "our own trouble" in text


@pytest.mark.parametrize("target", ["http://127.0.0.1", "127.0.0.1:80", "a b", "10.0.0.256"])
async def test_what_is_no_host_is_no_target(target: str) -> None:
    found = await pinged(target)
    assert found[Series("probe_success", ())] == 0
    assert Series("probe_dns_lookup_time_seconds", ()) not in found


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"payload_size": 15}, "expected 16 to 65507 bytes"),
        ({"payload_size": 65508}, "expected 16 to 65507 bytes"),
        ({"ttl": 256}, "less than or equal to 255"),
        ({"source_ip_address": "here"}, "expected an IP address"),
    ],
)
def test_what_cannot_be_sent_is_refused_when_the_file_is_read(
    keys: dict[str, object], words: str
) -> None:
    with pytest.raises(ValidationError, match=words):
        IcmpModule.model_validate(keys)
