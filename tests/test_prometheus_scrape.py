"""What Prometheus itself makes of /metrics; Debian has both programs in the package prometheus."""

import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from netwatch.exposition.dialect import Dialect
from tests.namespaces import Namespace
from tests.programs import Agent, Scrape, StartAgent, eventually
from tests.prometheus import needs, prometheus, query

SCRAPES = 8

CONFIG = """\
checks:
  net:
    source:
      static:
        - {name: fine, host: 127.0.0.1, zone: a}
        - {name: fine6, host: "::1", labels: {team: "a \\"quoted\\" name"}}
        - {name: lossy, host: 127.0.0.2}
        - {name: refused, host: 127.0.0.3}
        - {name: prohibited, host: 127.0.0.4}
        - {name: blocked, host: 127.0.0.5}
        - {name: silent, host: 127.0.0.6}
    probe: {icmp: {interval: 10ms, timeout: 100ms}}
"""
RULES = """\
add rule inet t input ip daddr 127.0.0.2 icmp type echo-request numgen random mod 10 < 3 drop
add rule inet t input ip daddr 127.0.0.3 icmp type echo-request reject with icmp port-unreachable
add rule inet t input ip daddr 127.0.0.4 icmp type echo-request reject with icmp admin-prohibited
add rule inet t output ip daddr 127.0.0.5 icmp type echo-request drop
add rule inet t input ip daddr 127.0.0.6 icmp type echo-request drop
"""

SENT = "netwatch_icmp_packets_sent_total"
RECEIVED = "netwatch_icmp_packets_received_total"
LOST = "netwatch_icmp_packets_lost_total"
ERRORS = "netwatch_icmp_errors_total"

Series = dict[tuple[str, float], float]
"""Values by target and the time of the scrape."""


@contextmanager
def troubled_targets(netns: Callable[[str], Namespace], start_agent: StartAgent) -> Iterator[Agent]:
    """Run an agent that has something of every kind to tell, and be beside it."""
    namespace = netns("troubled")
    namespace.nft(RULES)
    with namespace:
        agent = start_agent(CONFIG)
        agent.wait_for_count("netwatch_icmp_unsent_total", target="blocked", reason="blocked")
        agent.wait_for_count(ERRORS, target="prohibited", reason="blocked")
        agent.wait_for_count(ERRORS, target="refused", reason="refused")
        agent.wait_for_count(LOST, target="silent")
        agent.wait_for_count(LOST, target="lossy")
        agent.wait_for_packets(target="lossy")
        yield agent


def scraped_times() -> list[float]:
    return [time for series in query("up[5m]") for time, _ in series["values"]]


def by_target(found: list[dict[str, Any]], *names: str) -> Series:
    """Sum up, for each target and scrape, the series of these names."""
    sums: Series = defaultdict(float)
    for series in found:
        if series["metric"]["__name__"] in names:
            for time, value in series["values"]:
                sums[series["metric"]["target"], time] += float(value)
    return sums


@pytest.mark.netns
def test_promtool_finds_nothing_to_say_about_the_metrics(
    netns: Callable[[str], Namespace], start_agent: StartAgent
) -> None:
    needs("promtool")
    with troubled_targets(netns, start_agent) as agent:
        text = agent.request("/metrics").text
    command = ["promtool", "check", "metrics"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.netns
def test_openmetrics_says_the_same_families_by_its_stricter_rules(
    netns: Callable[[str], Namespace], start_agent: StartAgent
) -> None:
    with troubled_targets(netns, start_agent) as agent:
        plain = agent.scrape()
        headers = {"Accept": "application/openmetrics-text; version=1.0.0"}
        strict = agent.request("/metrics", headers=headers).text
    names = {sample.name for sample in Scrape(strict, Dialect.OPENMETRICS).samples}
    assert names == {sample.name for sample in plain.samples}


@pytest.mark.netns
def test_the_packet_equation_holds_in_every_scrape_that_prometheus_makes(
    netns: Callable[[str], Namespace], start_agent: StartAgent, tmp_path: Path
) -> None:
    needs("prometheus")
    with troubled_targets(netns, start_agent) as agent, prometheus(tmp_path, agent):
        eventually(lambda: len(scraped_times()) >= SCRAPES)
        ups = query("up[5m]")
        found = query('{__name__=~"netwatch_icmp_(packets_.*|errors)_total"}[5m]')
        assert agent.stop() == 0
    assert {value for series in ups for _, value in series["values"]} == {"1"}
    sent, ended = by_target(found, SENT), by_target(found, RECEIVED, LOST, ERRORS)
    assert sent == ended
    assert len(sent) >= SCRAPES * 7
    for target in ("fine", "fine6", "lossy", "refused", "prohibited", "silent"):
        values = [value for (name, _), value in sent.items() if name == target]
        assert values == sorted(values)
        assert values[-1] > values[0] > 0
    assert {value for (name, _), value in sent.items() if name == "blocked"} == {0}
