from ipaddress import ip_network

import pytest
from pydantic import ValidationError

from netwatch.compat.blackbox.options import BlackboxOptions
from netwatch.config import load
from netwatch.validation import ConfigError

NETWORK = "expected a network such as 10.0.0.0/8 or fd00::/8"
CONFIG = "checks: {{a: {{source: {{static: [x]}}, probe: {{icmp: }}}}}}\ncompat: {{blackbox: {}}}"


def test_addresses_and_networks_are_allowed() -> None:
    text = CONFIG.format("{config: b.yml, allow: [10.0.0.0/8, 2001:db8::7], timeout_offset: 1s}")
    options = load(text, "netwatch.yaml", {}).compat.blackbox
    assert options
    assert options.allow == [ip_network("10.0.0.0/8"), ip_network("2001:db8::7")]
    assert options.timeout_offset == 1
    assert options.allowed.permits("10.1.2.3")
    assert not options.allowed.permits("11.1.2.3")


def test_it_is_off_where_nothing_is_said() -> None:
    text = "checks: {a: {source: {static: [x]}, probe: {icmp: }}}"
    assert load(text, "netwatch.yaml", {}).compat.blackbox is None


@pytest.mark.parametrize(
    ("blackbox", "message"),
    [
        ("{allow: [10.0.0.0/8]}", "2:20: compat.blackbox.config: missing, expected text"),
        ("{config: b.yml}", "2:20: compat.blackbox.allow: missing, expected a list"),
        (
            "{config: b.yml, allow: []}",
            "2:43: compat.blackbox.allow: found an empty list, expected 1 or more entries",
        ),
        (
            "{config: b.yml, allow: [wiki.example]}",
            '2:44: compat.blackbox.allow[0]: found "wiki.example", ' + NETWORK,
        ),
        (
            "{config: b.yml, allow: [10.0.0.7/8]}",
            '2:44: compat.blackbox.allow[0]: found "10.0.0.7/8", ' + NETWORK,
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_place(blackbox: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(CONFIG.format(blackbox), "netwatch.yaml", {})
    assert str(caught.value) == f"netwatch.yaml:{message}"


def test_an_offset_longer_than_a_minute_is_refused() -> None:
    with pytest.raises(ValidationError):
        BlackboxOptions.model_validate(
            {"config": "b.yml", "allow": ["10.0.0.7"], "timeout_offset": "2m"}
        )
