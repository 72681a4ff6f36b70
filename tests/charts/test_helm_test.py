"""`helm test` passes wherever the agents are well, whatever protects them."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.certificates import Authority
from tests.charts.golden import values_of
from tests.charts.helm import Values, objects, of_kind
from tests.charts.test_pods import pod
from tests.programs import StartAgent, run_netwatch

CHECKS = "checks: {here: {source: {static: [127.0.0.1]}, probe: {icmp: {interval: 50ms}}}}\n"


def question(values: Values, url: str) -> list[str]:
    """Return the command line that asks an agent, with the agent's place in that of the Service."""
    ready, _ = of_kind("Pod", objects(values))["netwatch-test"]["spec"]["containers"]
    return [re.sub(r"^https?://[^/]+", url, argument) for argument in ready["args"]]


def start_protected(start_agent: StartAgent, folder: Path, more: str = "") -> str:
    """Start an agent whose certificate has another name, of an authority that nobody knows."""
    issued = Authority(folder).ca.issue_cert("prometheus.example")
    issued.private_key_and_cert_chain_pem.write_to_path(str(folder / "server.pem"))
    server = f"tls_server_config: {{cert_file: server.pem, key_file: server.pem{more}}}\n"
    (folder / "web.yml").write_text(server)
    agent = start_agent(f"web: {{config_file: {folder}/web.yml}}\n{CHECKS}")
    return agent.urls[0]


def test_it_finds_an_agent_ready_that_speaks_plain_http(start_agent: StartAgent) -> None:
    done = run_netwatch(*question({}, start_agent(CHECKS).urls[0]))
    assert done.returncode == 0, done.stdout


def test_it_finds_an_agent_ready_whose_certificate_is_of_a_private_authority(
    start_agent: StartAgent, tmp_path: Path
) -> None:
    url = start_protected(start_agent, tmp_path)
    done = run_netwatch(*question({"scheme": "HTTPS"}, url))
    assert done.returncode == 0, done.stdout


def test_it_finds_an_agent_ready_that_wants_a_certificate_of_its_clients(
    start_agent: StartAgent, tmp_path: Path
) -> None:
    clients = Authority(tmp_path, "clients")
    certificate, key = clients.server_files("test")
    demand = ", client_auth_type: RequireAndVerifyClientCert, client_ca_file: "
    url = start_protected(start_agent, tmp_path, demand + clients.ca_file)
    plain: Values = {"scheme": "HTTPS"}
    assert run_netwatch(*question(plain, url)).returncode == 1
    shown = [f"--tls.certificate-file={certificate}", f"--tls.key-file={key}"]
    done = run_netwatch(*question({**plain, "test": {"flags": ["--no-tls.verify", *shown]}}, url))
    assert done.returncode == 0, done.stdout


def admits(peer: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    selector = peer.get("podSelector", {"matchLabels": {"nobody": ""}})
    return bool(selector["matchLabels"].items() <= labels.items())


@pytest.mark.parametrize("example", ["restricted", "both"])
def test_a_network_policy_lets_it_in_and_no_stranger(example: str) -> None:
    values = values_of("restricted") if example == "restricted" else BOTH
    among = objects(values)
    [policy] = of_kind("NetworkPolicy", among).values()
    inside, _ = policy["spec"]["ingress"]
    tests = [test["metadata"]["labels"] for test in of_kind("Pod", among).values()]
    assert tests
    for labels in tests:
        assert any(admits(peer, labels) for peer in inside["from"])
    stranger = {"app.kubernetes.io/name": "netwatch", "app.kubernetes.io/instance": "other"}
    assert not any(admits(peer, stranger) for peer in inside["from"])


BOTH: Values = {
    "podNetwork": {"enabled": True},
    "networkPolicy": {"scrapers": [{"podSelector": {"matchLabels": {"app": "prometheus"}}}]},
}


def test_what_agents_see_as_files_it_sees_too() -> None:
    mount = {"name": "secrets", "mountPath": "/secrets", "readOnly": True}
    volume = {"name": "secrets", "secret": {"secretName": "netwatch"}}
    values = {"volumes": [volume], "volumeMounts": [mount]}
    test = of_kind("Pod", objects(values))["netwatch-test"]["spec"]
    assert volume in test["volumes"]
    assert all(mount in inside["volumeMounts"] for inside in test["containers"])
    assert volume in pod(values=values)["volumes"]
