"""The agent as its users run it, with checks that make attempts at real servers."""

from contextlib import ExitStack
from pathlib import Path
from typing import Self

from tests.certificates import Authority
from tests.dnsmasq import dnsmasq
from tests.knocking import a_door
from tests.nginx import nginx
from tests.programs import Agent, Scrape, StartAgent

SUCCESSES, FAILURES = "netwatch_probe_successes_total", "netwatch_probe_failures_total"

CONFIG = """\
checks:
  web:
    source: {{static: [{{name: wiki, url: "http://127.0.0.1:{http}/page.txt"}}]}}
    probe: {{http: {{interval: 300ms, timeout: 5s, body_matches: [well]}}}}
    state: {{down_after: 1, down_for: 0s}}
  secure:
    source: {{static: [{{name: wiki, url: "https://127.0.0.1:{https}/page.txt"}}]}}
    probe: {{http: {{interval: 300ms, timeout: 5s, tls: {{ca_file: {ca_file}}}}}}}
    state: {{down_after: 1, down_for: 0s}}
  names:
    source: {{static: [{{name: dns, host: 127.0.0.1, port: {dns}}}]}}
    probe: {{dns: {{interval: 300ms, timeout: 5s, query: wiki.example}}}}
    state: {{down_after: 1, down_for: 0s}}
  greeting:
    source: {{static: [{{name: door, host: 127.0.0.1, port: {tcp}}}]}}
    probe: {{tcp: {{interval: 300ms, timeout: 5s, dialogue: [{{expect: hello}}]}}}}
    state: {{down_after: 1, down_for: 0s}}
"""
CHECKS = ("web", "secure", "names", "greeting")


class Servers:
    """One of each kind, until they die."""

    def __init__(self, folder: Path) -> None:
        self._alive = ExitStack()
        authority = Authority(folder)
        (folder / "page.txt").write_text("All is well.\n")
        certificate = authority.server_files("127.0.0.1")
        http, https = self._alive.enter_context(nginx(folder, certificate, ""))
        self.config = CONFIG.format(
            http=http,
            https=https,
            ca_file=authority.ca_file,
            dns=self._alive.enter_context(dnsmasq("--host-record=wiki.example,10.0.0.7")),
            tcp=self._alive.enter_context(a_door(b"hello\n")),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.die()

    def die(self) -> None:
        self._alive.close()


def wait_for_all(agent: Agent, count: float = 2) -> Scrape:
    for check in CHECKS:
        agent.wait_for_count(SUCCESSES, count, check=check)
    return agent.scrape()


def test_metrics_show_what_one_would_look_for(start_agent: StartAgent, tmp_path: Path) -> None:
    with Servers(tmp_path) as servers:
        scrape = wait_for_all(agent := start_agent(servers.config))
        assert agent.stop() == 0
    for check in CHECKS:
        assert scrape.value("netwatch_target_up", check=check) == 1
        assert scrape.value(FAILURES, check=check) == 0
        assert scrape.value("netwatch_probe_duration_seconds_count", check=check) >= 2
    assert scrape.value("netwatch_http_status_code", check="web", target="wiki") == 200
    assert scrape.value("netwatch_http_version", check="web", version="1.1") == 1
    assert scrape.value("netwatch_tls_verified", check="secure") == 1
    assert scrape.value("netwatch_tls_not_after_timestamp_seconds", check="secure") > 1e9
    assert scrape.value("netwatch_dns_rcode", check="names", rcode="NOERROR") == 1
    assert scrape.value("netwatch_dns_records", check="names", section="answer") == 1
    assert scrape.value("netwatch_tcp_dialogue_steps", check="greeting", target="door") == 1
    phases = {
        "web": {"resolve", "connect", "processing", "transfer"},
        "secure": {"resolve", "connect", "tls", "processing", "transfer"},
        "names": {"resolve", "request"},
        "greeting": {"resolve", "connect", "dialogue"},
    }
    for check, expected in phases.items():
        found = scrape.find("netwatch_probe_phase_seconds_count", check=check)
        assert {sample.labels["phase"] for sample in found} == expected
    assert agent.complaints == []


def test_servers_that_die_are_transitions_with_the_first_attempts_that_find_them_dead(
    start_agent: StartAgent, tmp_path: Path
) -> None:
    with Servers(tmp_path) as servers:
        agent = start_agent(servers.config)
        wait_for_all(agent)
        servers.die()
        for check in CHECKS:
            # In brackets is how many attempts it took: a single one, so at most an interval.
            how = r"(refused|reset): [^()]*\([a-z]+\) \(1\)\n"
            agent.wait_for_log(rf"ERROR {check}: .* is down since \S+Z, was up for \S+: {how}")
            assert agent.scrape().value("netwatch_target_up", check=check) == 0
        assert agent.stop() == 0
    assert agent.complaints == []


def test_our_own_trouble_is_an_error_and_its_end_is_news(
    start_agent: StartAgent, tmp_path: Path, refusing_port: int
) -> None:
    probe = f"{{http: {{interval: 100ms, header_files: {{Cookie: {tmp_path}/secret}}}}}}"
    source = f"{{static: ['http://127.0.0.1:{refusing_port}/']}}"
    agent = start_agent(f"checks: {{wiki: {{source: {source}, probe: {probe}}}}}")
    agent.wait_for_log(r"ERROR wiki: our own trouble, its targets are not judged: \S+")
    (tmp_path / "secret").write_text("a")
    agent.wait_for_log("INFO wiki: our own trouble is over")
