"""The agent as its users run it, pinging what must not be reachable."""

from collections.abc import Callable

import pytest

from tests.namespaces import Namespace
from tests.programs import StartAgent, eventually

CONFIG = """\
checks:
  shut:
    source: {static: [127.0.0.1, 127.0.0.2]}
    probe: {icmp: {interval: 50ms, timeout: 50ms, expect: fail}}
"""


@pytest.mark.netns
def test_who_answers_and_should_not_is_down_and_packets_are_counted_as_they_fare(
    netns: Callable[[str], Namespace], start_agent: StartAgent
) -> None:
    netns_with_wall = netns("wall")
    netns_with_wall.nft("add rule inet t input ip daddr 127.0.0.2 drop")
    with netns_with_wall:
        agent = start_agent(CONFIG)
        agent.wait_for_log(
            r"shut: 127.0.0.1 is down .*: mismatch: it answers, which is expected to fail \(\d+\)\n"
        )
        eventually(lambda: agent.scrape().value("netwatch_target_up", target="127.0.0.2") == 1)
        scrape = agent.scrape()
        assert agent.stop() == 0
    assert scrape.value("netwatch_target_up", target="127.0.0.1") == 0
    assert scrape.value("netwatch_icmp_packets_received_total", target="127.0.0.1") >= 3
    assert scrape.value("netwatch_icmp_packets_lost_total", target="127.0.0.1") == 0
    assert scrape.value("netwatch_icmp_packets_lost_total", target="127.0.0.2") >= 1
    assert scrape.value("netwatch_icmp_packets_received_total", target="127.0.0.2") == 0
