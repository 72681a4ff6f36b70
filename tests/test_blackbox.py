"""A blackbox_exporter's configuration goes on in the agent: /probe, its reload, and its errors."""

from pathlib import Path

import pytest

from tests.programs import Agent, StartAgent, eventually, run_netwatch

MODULES = "modules: {ping: {prober: icmp, icmp: {preferred_ip_protocol: ip4}}}"
BAD = "modules:\n  ping: {prober: pigeon}"
WRONG = 'found "pigeon", expected one of dns, grpc, http, icmp, tcp'


class Migrated:
    """An agent that was given a blackbox_exporter's file of modules."""

    def __init__(self, folder: Path, start_agent: StartAgent) -> None:
        self.file = folder / "blackbox.yml"
        self.file.write_text(MODULES)
        self.config = folder / "netwatch.yaml"
        self.agent: Agent = start_agent(self.text())

    def text(self, *, is_on: bool = True) -> str:
        lines = ["checks: {a: {source: {static: [127.0.0.1]}, probe: {icmp: {interval: 50ms}}}}"]
        if is_on:
            blackbox = f"{{config: {self.file}, allow: [127.0.0.1]}}"
            lines.append(f"compat: {{blackbox: {blackbox}}}")
        return "\n".join(lines)

    def probe(self, target: str = "127.0.0.1", module: str = "ping") -> tuple[int, str]:
        response = self.agent.request(f"/probe?target={target}&module={module}")
        return response.status, response.text


@pytest.fixture
def migrated(tmp_path: Path, start_agent: StartAgent) -> Migrated:
    return Migrated(tmp_path, start_agent)


def test_pings_on_demand_and_those_of_the_checks_do_not_mix(migrated: Migrated) -> None:
    migrated.agent.wait_for_packets(3)
    for _ in range(5):
        status, text = migrated.probe()
        assert status == 200
        assert "probe_success 1\n" in text
    scrape = migrated.agent.scrape()
    assert {sample.labels["target"] for sample in scrape.find("netwatch_target_up")} == {
        "127.0.0.1"
    }
    assert scrape.value("netwatch_icmp_packets_lost_total") == 0
    assert migrated.probe("127.0.0.2")[0] == 403


def test_a_change_of_the_modules_is_noticed(migrated: Migrated) -> None:
    migrated.file.write_text(MODULES.replace("ping", "pong"))
    migrated.agent.wait_for_log("reloaded .*: no check changed\n")
    assert migrated.probe()[0] == 400
    assert migrated.probe(module="pong")[0] == 200


def test_wrong_modules_change_nothing_and_are_told(migrated: Migrated) -> None:
    migrated.file.write_text(BAD)
    migrated.agent.wait_for_log(f"refused: {migrated.file}:2:18: modules.ping.prober: {WRONG}\n")
    assert migrated.probe()[0] == 200
    reloaded = "netwatch_config_last_reload_successful"
    assert migrated.agent.scrape().value(reloaded) == 0
    migrated.file.write_text(MODULES)
    eventually(lambda: migrated.agent.scrape().value(reloaded) == 1)


def test_it_can_be_switched_off_and_on(migrated: Migrated) -> None:
    migrated.config.write_text(migrated.text(is_on=False))
    migrated.agent.wait_for_log("reloaded .*: no check changed\n")
    assert migrated.probe()[0] == 404
    migrated.config.write_text(migrated.text())
    migrated.agent.wait_for_log("reloaded .*: no check changed\n", 2)
    assert migrated.probe()[0] == 200


def test_wrong_modules_are_told_before_anything_begins(tmp_path: Path) -> None:
    file, config = tmp_path / "blackbox.yml", tmp_path / "netwatch.yaml"
    file.write_text(BAD)
    config.write_text(
        "listen: []\nchecks: {a: {source: {static: [127.0.0.1]}, probe: {tcp: {port: 1}}}}\n"
        f"compat: {{blackbox: {{config: {file}, allow: [127.0.0.1]}}}}"
    )
    agent = ("agent", "--log-format", "text", "--config", str(config))
    for command in (("config", "check", str(config)), agent):
        done = run_netwatch(*command)
        assert done.returncode == 2
        assert done.stderr == f"{file}:2:18: modules.ping.prober: {WRONG}\n"
    file.unlink()
    done = run_netwatch("config", "check", str(config))
    assert done.returncode == 2
    assert done.stderr == f"{file}: No such file or directory\n"
