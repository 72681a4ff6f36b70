"""A whole agent among many nodes: whom it probes all the time, and whom in their turn."""

from pathlib import Path

import pytest

from tests.programs import Agent, StartAgent, eventually, run_netwatch

SENT = "netwatch_icmp_packets_sent_total"
NODES = 24
SAMPLE = 6


def nodes() -> str:
    """Return the file of nodes: of two zones, each at an address of loopback."""
    lines = (
        f"- {{name: kube-{number}, host: 127.0.0.{number}, zone: {'ab'[number % 2]}}}\n"
        for number in range(1, NODES + 1)
    )
    return "".join(lines)


def config(folder: Path) -> str:
    (folder / "nodes.yaml").write_text(nodes())
    return f"""\
node_name: kube-7
checks:
  nodes:
    source: {{file: {{path: {folder / "nodes.yaml"}}}}}
    probe: {{icmp: {{interval: 50ms, timeout: 100ms}}}}
    peers: {{sample: {SAMPLE}, rotate: 2s}}
"""


def targets(agent: Agent, name: str) -> set[str]:
    return {sample.labels["target"] for sample in agent.scrape().find(name)}


def test_of_many_nodes_it_probes_a_sample_and_itself_and_sums_up_the_others_by_zone(
    start_agent: StartAgent, tmp_path: Path
) -> None:
    agent = start_agent(config(tmp_path))
    agent.wait_for_packets(target="", zone="a")
    agent.wait_for_packets(target="", zone="b")
    scrape = agent.scrape()
    assert scrape.value("netwatch_peers_incoming", check="nodes") == SAMPLE
    assert scrape.value("netwatch_peers_outgoing", check="nodes") == SAMPLE
    assert scrape.value("netwatch_source_targets", state="resolved") == NODES
    eventually(lambda: len(targets(agent, "netwatch_target_up")) == SAMPLE + 1)
    lasting = targets(agent, "netwatch_target_up")
    assert "kube-7" in lasting
    assert targets(agent, SENT) == lasting | {""}


def test_the_page_names_the_worst_of_those_that_had_their_turn(
    start_agent: StartAgent, tmp_path: Path
) -> None:
    agent = start_agent(config(tmp_path))
    lasting = targets(agent, SENT) - {""}
    eventually(lambda: "probed in turns" in agent.request("/").text)
    below = agent.request("/").text.partition("probed in turns")[2]
    assert "kube-" in below
    assert not [name for name in lasting if f"{name} (" in below]


@pytest.mark.usefixtures("may_ping")
def test_from_a_shell_all_nodes_are_probed(tmp_path: Path) -> None:
    path = tmp_path / "netwatch.yaml"
    path.write_text(config(tmp_path))
    done = run_netwatch("probe", "--config", str(path), "-c", "1", "-o", "table")
    assert f"All {NODES} targets answer." in done.stdout
