"""A whole agent behind a web configuration file: from its start, through reloads, to its log."""

import json
import re
import shutil
import socket
import ssl
import subprocess
from pathlib import Path

import bcrypt
import pytest

from netwatch.cli.main import main
from tests.certificates import Authority
from tests.programs import (
    NETWATCH,
    Agent,
    Scrape,
    StartAgent,
    eventually,
    fetch,
    run_netwatch,
)

CHECKS = "checks: {here: {source: {static: [127.0.0.1]}, probe: {icmp: {interval: 50ms}}}}\n"
SERVER = "tls_server_config: {cert_file: server.pem, key_file: server.pem}\n"
RELOADED = "netwatch_config_last_reload_successful"

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


class House:
    """The files of an agent: its configuration, that of its server, certificates."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority = Authority(folder)
        self.config = f"web: {{config_file: {folder}/web.yml}}\n{CHECKS}"
        self.renew()

    def renew(self) -> None:
        issued = self.authority.ca.issue_cert("localhost")
        issued.private_key_and_cert_chain_pem.write_to_path(str(self.folder / "server.pem"))

    def protect(self, text: str) -> None:
        new = self.folder / "web.yml.new"
        new.write_text(text)
        new.rename(self.folder / "web.yml")

    def curl(self, agent: Agent, path: str, *options: str) -> tuple[int, str]:
        """Return status, 0 for none, and what came."""
        url = agent.urls[0].replace("127.0.0.1", "localhost") + path
        form = ["--silent", "--write-out", "\n%{http_code}", "--cacert", self.authority.ca_file]
        command = ["curl", *form, *options, url]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        text, _, status = done.stdout.rpartition("\n")
        return int(status), text

    def serial(self, agent: Agent) -> str:
        """Return the certificate that the agent shows."""
        return ssl.get_server_certificate(agent.address)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_it_serves_tls_and_a_renewed_certificate_without_a_restart(
    start_agent: StartAgent, house: House
) -> None:
    house.protect(SERVER)
    agent = start_agent(house.config)
    assert agent.urls[0].startswith("https://")
    status, text = house.curl(agent, "/metrics")
    assert status == 200
    assert f"{RELOADED} 1" in text
    before = house.serial(agent)
    house.renew()
    eventually(lambda: house.serial(agent) != before)
    agent.wait_for_log("reloaded .*: no check changed")
    assert house.curl(agent, "/-/ready") == (200, "ready\n")
    assert agent.stop() == 0
    assert agent.complaints == []


def test_a_kubelet_without_a_certificate_may_connect_and_leaves_no_word_in_the_log(
    start_agent: StartAgent, house: House
) -> None:
    demand = "client_auth_type: RequireAndVerifyClientCert, client_ca_file: "
    house.protect(SERVER.replace("}", f", {demand}{house.authority.ca_file}}}"))
    agent = start_agent(house.config)
    assert house.curl(agent, "/-/healthy")[0] == 0
    before = agent.log
    for _ in range(3):
        socket.create_connection(agent.address).close()
    assert house.curl(agent, "/-/healthy")[0] == 0
    assert agent.log == before
    assert agent.stop() == 0
    assert agent.complaints == []


def test_a_bad_edit_leaves_the_protection_as_it_was_and_says_where_it_is_wrong(
    start_agent: StartAgent, house: House
) -> None:
    hashed = bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode()
    protected = f"{SERVER}basic_auth_users: {{alice: {hashed}}}\n"
    house.protect(protected)
    agent = start_agent(house.config)
    user = ("--user", "alice:secret")
    assert house.curl(agent, "/metrics")[0] == 401
    house.protect(f"{SERVER}basic_auth_users: {{alice: secret}}\n")
    agent.wait_for_log(r"ERROR refused: \S+/web\.yml:2:27: basic_auth_users\.alice: found somethi")
    assert house.curl(agent, "/metrics")[0] == 401
    status, text = house.curl(agent, "/metrics", *user)
    assert status == 200
    assert f"{RELOADED} 0" in text
    house.protect(protected)
    agent.wait_for_log("reloaded ")
    assert f"{RELOADED} 1" in house.curl(agent, "/metrics", *user)[1]
    assert "secret" not in agent.log
    assert agent.stop() == 0


def test_at_the_start_a_bad_file_is_one_line_and_the_end(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    (house.folder / "netwatch.yaml").write_text(house.config)
    house.protect("tls_server_config: {cert_file: nowhere.pem, key_file: server.pem}")
    config = str(house.folder / "netwatch.yaml")
    agent = ["agent", "--log-format", "text", "--config", config]
    for arguments in (agent, ["config", "check", config]):
        assert main(arguments) == 2
        message = f"{house.folder}/nowhere.pem: No such file or directory\n"
        assert capsys.readouterr() == ("", message)


def test_the_log_is_facts_where_that_is_wanted(start_agent: StartAgent) -> None:
    agent = start_agent(CHECKS, arguments=("--log-format", "json"))
    agent.wait_for_log('"state": "up"')
    assert agent.stop() == 0
    lines = [json.loads(line) for line in agent.log.splitlines()]
    [up] = [line for line in lines if line["logger"] == "netwatch.state"]
    assert (up["check"], up["target"], up["state"], up["was"]) == ("here", "127.0.0.1", "up", "new")
    assert lines[-1]["msg"] == "stopped"


@pytest.mark.parametrize("form", ["json", "logfmt"])
def test_why_there_is_no_start_is_a_record_to_whoever_reads_records(
    tmp_path: Path, form: str
) -> None:
    config = tmp_path / "netwatch.yaml"
    config.write_text("listen: 5\nchecks: {}\n")
    done = run_netwatch("agent", "--config", str(config), "--log-format", form)
    assert (done.returncode, done.stdout) == (2, "")
    first, second = done.stderr.splitlines()
    if form == "json":
        assert json.loads(first)["level"] == "error"
        assert json.loads(first)["msg"] == f"{config}:1:9: listen: found 5, expected a list"
    else:
        assert f'level=error logger=netwatch.agent msg="{config}:1:9: listen: ' in first
    assert f"{config}:2:9: checks: found an empty mapping" in second


def test_the_log_may_go_to_standard_output(tmp_path: Path, may_ping: None) -> None:
    del may_ping
    config = tmp_path / "netwatch.yaml"
    config.write_text(CHECKS)
    options = ("--listen", "127.0.0.1:0", "--config", str(config), "--log-output", "stdout")
    command = [*NETWATCH, "agent", *options]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as agent:
        assert agent.stdout
        assert re.match(r"time=\S+ level=info logger=netwatch\.agent msg=", agent.stdout.readline())
        agent.terminate()
        _, complaints = agent.communicate()
    assert (agent.returncode, complaints) == (0, "")


def test_whoever_reads_the_log_late_finds_all_lines_of_a_burst(tmp_path: Path) -> None:
    """More of them than a pipe holds; and nothing is said after them."""
    hosts = [f"127.0.{number // 250}.{number % 250 + 1}" for number in range(500)]
    config = tmp_path / "netwatch.yaml"
    config.write_text(
        f"checks: {{here: {{source: {{static: [{', '.join(hosts)}]}},"
        " probe: {tcp: {port: 9, interval: 500ms}}}}\n"
    )
    options = ("--listen", "127.0.0.1:0", "--config", str(config), "--log-output", "stdout")
    command = [*NETWATCH, "agent", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as agent:
        assert agent.stdout
        begin = next(line for line in agent.stdout if "/metrics" in line)
        [port] = re.findall(r"127\.0\.0\.1:(\d+)/metrics", begin)

        def down() -> int:
            scrape = Scrape(fetch(("127.0.0.1", int(port)), "/metrics").text)
            return [sample.value for sample in scrape.find("netwatch_target_up")].count(0)

        try:
            eventually(lambda: down() == len(hosts))
            told = {re.findall(r"target=(\S+)", agent.stdout.readline())[0] for _ in hosts}
        finally:
            agent.terminate()
    assert told == set(hosts)
    assert agent.returncode == 0
