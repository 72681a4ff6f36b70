"""The ping-exporter's dashboards go on: its targets in, its series out, over HTTP and in a file."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.programs import Agent, Scrape, StartAgent, eventually

TARGETS = """\
{"cluster_targets": [{"ipAddress": "127.0.0.3", "name": "kube-a-3"}],
 "external_targets": [{"host": "127.0.0.8", "name": "near"}, {"host": "127.0.0.9"}]}
"""
NODES = "kube_node_ping_packets_received_total"
EXTERNALS = "external_ping_packets_received_total"
LINTED = {
    f"{prefix}_ping_rtt_milliseconds_total use base unit" for prefix in ("kube_node", "external")
}
"""What promtool dislikes about names that are not ours to choose."""


class Migrated:
    """An agent that was given the ping-exporter's file of targets."""

    def __init__(self, folder: Path, start_agent: StartAgent) -> None:
        self.folder = folder
        self.file = folder / "netwatch.prom"
        self.targets = folder / "targets.json"
        self.targets.write_text(TARGETS)
        self.agent: Agent = start_agent(self.config(compat=True, file=self.file))

    def config(self, *, compat: bool, file: Path | None) -> str:
        lines = [
            "checks:",
            "  ping:",
            f"    source: {{file: {{path: {self.targets}}}}}",
            "    probe: {icmp: {interval: 50ms}}",
            "  large:",
            f"    source: {{file: {{path: {self.targets}}}}}",
            "    probe: {icmp: {interval: 50ms, size: 1400}}",
        ]
        if compat:
            lines.append("compat: {ping_exporter: true}")
        if file:
            lines.append(f"sinks: {{textfile: {{path: {file}, interval: 100ms}}}}")
        return "\n".join(lines)

    def reload(self, *, compat: bool, file: Path | None) -> None:
        (self.folder / "netwatch.yaml").write_text(self.config(compat=compat, file=file))

    def written(self) -> Scrape:
        """Return what the file says; nothing as long as there is none."""
        return Scrape(self.file.read_text() if self.file.exists() else "")


@pytest.fixture
def migrated(tmp_path: Path, start_agent: StartAgent) -> Migrated:
    return Migrated(tmp_path, start_agent)


def test_the_file_and_the_web_have_the_same_destinations(migrated: Migrated) -> None:
    eventually(lambda: migrated.written().value(EXTERNALS) > 1)
    for scrape in (migrated.written(), migrated.agent.scrape()):
        assert [sample.labels for sample in scrape.find(NODES)] == [
            {"destination_node": "kube-a-3", "destination_node_ip_address": "127.0.0.3"}
        ]
        assert [sample.labels for sample in scrape.find(EXTERNALS)] == [
            {"destination_name": "near", "destination_host": "127.0.0.8"},
            {"destination_name": "127.0.0.9", "destination_host": "127.0.0.9"},
        ]
        received = scrape.find("netwatch_icmp_packets_received_total", target="kube-a-3")
        assert {sample.labels["check"] for sample in received} == {"ping", "large"}
        assert scrape.value("kube_node_ping_exceptions_total") == 0
        assert scrape.find("netwatch_build_info")


def test_the_file_has_nothing_that_node_exporter_has_itself(migrated: Migrated) -> None:
    eventually(lambda: migrated.written().value(NODES))
    prefixes = {sample.name.split("_")[0] for sample in migrated.written().samples}
    assert prefixes == {"netwatch", "kube", "external"}


def test_the_file_is_gone_when_the_agent_has_ended(migrated: Migrated) -> None:
    eventually(lambda: migrated.written().value(NODES))
    assert migrated.agent.stop() == 0
    assert not list(migrated.folder.glob("netwatch.prom*"))


def test_a_reload_switches_both_off_and_on_and_touches_no_check(migrated: Migrated) -> None:
    migrated.agent.wait_for_packets(5, check="ping")
    migrated.reload(compat=False, file=None)
    migrated.agent.wait_for_log("reloaded .*: no check changed\n")
    scrape = migrated.agent.scrape()
    assert scrape.value("netwatch_icmp_packets_received_total", check="ping") >= 5
    assert not scrape.find(NODES)
    eventually(lambda: not migrated.file.exists())
    migrated.reload(compat=True, file=migrated.folder / "other.prom")
    eventually((migrated.folder / "other.prom").exists)
    migrated.agent.wait_for_count(NODES)


def test_a_missing_folder_is_said_and_counted_while_the_agent_goes_on(
    migrated: Migrated,
) -> None:
    missing = migrated.folder / "missing" / "netwatch.prom"
    migrated.reload(compat=True, file=missing)
    migrated.agent.wait_for_log(f"{missing}: not written: No such file or directory\n")
    migrated.agent.wait_for_count("netwatch_textfile_errors_total", 2)
    assert migrated.agent.log.count("not written") == 1


def test_promtool_dislikes_nothing_but_the_milliseconds_of_the_ping_exporter(
    migrated: Migrated,
) -> None:
    if shutil.which("promtool") is None:
        pytest.skip("the program promtool is not installed")
    eventually(lambda: migrated.written().value(NODES) and migrated.written().value(EXTERNALS))
    command = ["promtool", "check", "metrics"]
    text = migrated.file.read_text()
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    found = {line.split(' "')[0] for line in (done.stdout + done.stderr).splitlines()}
    assert found == LINTED
