"""docs/metrics.md has every family that an agent may show, as the code declares it."""

import importlib
import pkgutil
import re

import pytest

import netwatch
from netwatch.exposition.family import Family
from scripts.metrics_tables import DOCUMENT, rewritten, tables
from tests.programs import StartAgent

TEXT = DOCUMENT.read_text()
LIBRARY = ("process_", "python_")
"""How the families of the Prometheus client library begin, which the document names together."""

EVERYTHING = """
checks:
  nodes: {source: {static: [127.0.0.1]}, probe: {icmp: {interval: 100ms}}}
  web: {source: {static: ["http://127.0.0.1:1/"]}, probe: {http: {interval: 100ms}}}
compat: {ping_exporter: true}
sinks: {textfile: FOLDER/netwatch.prom}
udp_echo: {listen: ["127.0.0.1:0"]}
"""


def documented() -> set[str]:
    return {row.name for rows in tables().values() for row in rows}


def declared() -> set[str]:
    """Return the families in all modules, but those that only an answer of /probe has."""
    found = set()
    for module in pkgutil.walk_packages(netwatch.__path__, "netwatch."):
        if not module.name.startswith(("netwatch.__main__", "netwatch.compat.blackbox")):
            for value in vars(importlib.import_module(module.name)).values():
                members = value if isinstance(value, tuple) else (value,)
                found |= {member.name for member in members if isinstance(member, Family)}
    return found


def test_the_document_is_what_the_script_makes() -> None:
    assert rewritten(TEXT) == TEXT


def test_the_document_has_all_tables_and_each_once() -> None:
    placed = re.findall(r"^<!-- families: (.*) -->$", TEXT, re.MULTILINE)
    assert sorted(placed) == sorted(tables())


def test_every_family_that_a_module_declares_has_its_row() -> None:
    assert len(declared()) > 80
    assert declared() <= documented()


@pytest.mark.parametrize("changed", ["| gauge |", "`netwatch_target_up`", "none | Whether"])
def test_a_row_that_is_changed_by_hand_is_made_anew(changed: str) -> None:
    assert changed in TEXT
    assert rewritten(TEXT.replace(changed, "something else", 1)) == TEXT


def test_prose_between_the_tables_stays() -> None:
    note = "By hand.\n\n## TLS"
    assert note in rewritten(TEXT.replace("## TLS", note, 1))


def test_all_that_an_agent_shows_is_in_the_document(
    start_agent: StartAgent, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("textfile")
    agent = start_agent(EVERYTHING.replace("FOLDER", str(folder)))
    agent.wait_for_packets(2)
    agent.wait_for_count("netwatch_probe_attempts_total")
    types = re.findall(r"^# TYPE (\S+) (\S+)$", agent.request("/metrics").text, re.MULTILINE)
    ours = {(name, kind) for name, kind in types if not name.startswith(LIBRARY)}
    assert {"netwatch_target_up", "kube_node_ping_exceptions_total"} <= {name for name, _ in ours}
    assert ours <= {(row.name, row.kind) for rows in tables().values() for row in rows}
    assert all(f"`{begin}…`" in TEXT for begin in LIBRARY)
