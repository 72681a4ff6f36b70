"""A secret is planted wherever there is room for one, and then looked for wherever one may look."""

import base64
import http.client
import ssl
from collections.abc import Mapping
from pathlib import Path

import bcrypt
import pytest

from netwatch.config import load
from netwatch.validation import ConfigError, read
from netwatch.web.webconfig import WebConfig
from tests.certificates import Authority
from tests.programs import DEADLINE_SECONDS, Agent, StartAgent, eventually

CANARY = "hunter2canary"
CHECK = "checks: {{c: {{source: {{static: [{target}]}}, probe: {{{probe}}}}}}}"

CHECKS = CHECK.format(target="127.0.0.1", probe="icmp: ")

# A configuration that is right; all of these probes fail, because nobody listens there.
RIGHT = """\
web: {{config_file: {folder}/web.yml}}
checks:
  password: {{source: &refusing {{static: ["http://127.0.0.1:{port}/"]}}, probe: {{http: {{
    interval: 100ms, basic_auth: {{username: me, password: hunter2canary}},
    body: hunter2canary}}}}}}
  token: {{source: *refusing, probe: {{http: {{interval: 100ms, bearer_token: "${{TOKEN}}"}}}}}}
  headers: {{source: *refusing, probe: {{http: {{
    interval: 100ms, headers: {{X-Api-Key: hunter2canary}},
    proxy: "http://me:hunter2canary@127.0.0.1:{port}",
    proxy_headers: {{Proxy-Authorization: hunter2canary}}}}}}}}
  files: {{source: *refusing, probe: {{http: {{
    interval: 100ms, header_files: {{Cookie: {folder}/secret}},
    basic_auth: {{username: me, password_file: {folder}/broken}}}}}}}}
  metadata: {{source: &mute {{static: [{{host: 127.0.0.1, port: {port}}}]}}, probe: {{grpc: {{
    interval: 100ms, metadata: {{authorization: "Bearer ${{TOKEN}}"}}}}}}}}
  dialogue: {{source: *mute, probe: {{tcp: {{
    interval: 100ms, dialogue: [{{send: "PASS hunter2canary"}}]}}}}}}
"""


def http_check(options: str) -> str:
    return CHECK.format(target="http://wiki", probe=f"http: {{{options}}}")


@pytest.mark.parametrize(
    "text",
    [
        http_check("basic_auth: 'me:hunter2canary'"),
        http_check("basic_auth: {username: me, password: [hunter2canary]}"),
        http_check('basic_auth: {username: me, password: "hunter2canary\\nX: y"}'),
        http_check("basic_auth: [me, hunter2canary]"),
        http_check("bearer_token: {x: hunter2canary}"),
        http_check('bearer_token: "hunter2canary\\u0007"'),
        http_check("headers: 'Authorization: hunter2canary'"),
        http_check("headers: {Authorization: [hunter2canary]}"),
        http_check('headers: {Authorization: "hunter2canary\\r\\n"}'),
        http_check("headers: [hunter2canary]"),
        http_check("proxy_headers: hunter2canary"),
        http_check("proxy: 'ftp://me:hunter2canary@proxy'"),
        http_check("proxy: 'http://me:hunter2canary@proxy:0'"),
        http_check("body: [hunter2canary]"),
        http_check("header_files: {Cookie: a, cookie: '${TOKEN}'}"),
        http_check("timeout: '${TOKEN}'"),
        http_check("path: '${TOKEN}'"),
        http_check("tls: {minimum_version: '${TOKEN}'}"),
        "listen: ['${TOKEN}']",
        "listen: ['127.0.0.1:${TOKEN}']",
        "reload_endpoint: ${TOKEN}",
        CHECK.format(target="'http://me:hunter2canary@wiki'", probe="http: "),
        CHECK.format(target="{host: 'http://me:hunter2canary@wiki'}", probe="icmp: "),
        CHECK.format(target="{host: wiki, url: 'http://me:hunter2canary@wiki'}", probe="icmp: "),
        CHECK.format(target="'${TOKEN} '", probe="icmp: "),
        CHECK.format(target="a", probe="grpc: {metadata: hunter2canary}"),
        CHECK.format(target="a", probe='grpc: {metadata: {a: "hunter2canary\\u0007"}}'),
        CHECK.format(target="a", probe="tcp: {port: 1, dialogue: [hunter2canary]}"),
        CHECK.format(target="a", probe="tcp: {port: 1, dialogue: [{send: [hunter2canary]}]}"),
        CHECK.format(
            target="a", probe="tcp: {port: 1, dialogue: [{send: 'PASS hunter2canary $${1}'}]}"
        ),
    ],
)  # fmt: skip
def test_an_error_in_the_configuration_does_not_repeat_it(text: str) -> None:
    with pytest.raises(ConfigError) as error:
        load(text, "netwatch.yaml", {"TOKEN": CANARY})
    assert "expected" in str(error.value)
    assert CANARY not in str(error.value)


@pytest.mark.parametrize(
    "text",
    [
        "basic_auth_users: {me: hunter2canary}",
        "basic_auth_users: 'me:hunter2canary'",
        "basic_auth_users: [{me: hunter2canary}]",
        "basic_auth_users: {me: [hunter2canary]}",
        "tls_server_config: {key: hunter2canary}",
    ],
)
def test_an_error_in_the_web_configuration_does_not_repeat_it(text: str) -> None:
    with pytest.raises(ConfigError) as error:
        read(WebConfig, text, "web.yml")
    assert "expected" in str(error.value)
    assert CANARY not in str(error.value)


def test_what_was_wrong_with_a_value_of_the_environment_is_said_by_its_name() -> None:
    with pytest.raises(ConfigError) as error:
        load(f"{CHECKS}\nlisten: ['127.0.0.1:${{PORT}}']", "f.yaml", {"PORT": CANARY})
    found = 'f.yaml:2:10: listen[0]: found what "127.0.0.1:${PORT}" stands for, expected ADDRESS'
    assert str(error.value).startswith(found)


class Client:
    """Asks an agent over TLS."""

    def __init__(self, agent: Agent, authority: Authority) -> None:
        self._port = agent.address[1]
        self._context: ssl.SSLContext = authority.client_context()

    def ask(self, path: str, headers: Mapping[str, str], method: str = "GET") -> tuple[int, str]:
        connection = http.client.HTTPSConnection(
            "localhost", self._port, context=self._context, timeout=DEADLINE_SECONDS
        )
        try:
            connection.request(method, path, headers=dict(headers))
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()


def authorization(password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"me:{password}".encode()).decode()}


def test_an_agent_at_work_shows_it_to_nobody(
    start_agent: StartAgent, tmp_path: Path, refusing_port: int
) -> None:
    authority = Authority(tmp_path)
    issued = authority.ca.issue_cert("localhost")
    issued.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "server.pem"))
    hashed = bcrypt.hashpw(CANARY.encode(), bcrypt.gensalt(4)).decode()
    (tmp_path / "web.yml").write_text(
        "tls_server_config: {cert_file: server.pem, key_file: server.pem}\n"
        f"basic_auth_users: {{me: {hashed}}}\n"
    )
    (tmp_path / "secret").write_text(CANARY)
    (tmp_path / "broken").write_text(f"{CANARY}\n{CANARY}\n")
    agent = start_agent(
        RIGHT.format(folder=tmp_path, port=refusing_port),
        prefix=("env", f"TOKEN={CANARY}"),
        arguments=("--log-format", "json", "--log-level", "debug"),
    )
    client = Client(agent, authority)
    right, wrong = authorization(CANARY), authorization(f"wrong{CANARY}")
    malformed = {"X-Bad": "\x07", **right}
    eventually(lambda: agent.log.count('"state": "down"') == 5, lambda: agent.log)
    agent.wait_for_log("files: our own trouble")
    assert client.ask("/", wrong)[0] == 401
    assert client.ask("/-/reload", malformed, "POST")[0] == 400
    seen = [client.ask(path, right) for path in ("/", "/metrics", "/config", "/probe", "/nowhere")]
    assert [status for status, _ in seen] == [200, 200, 200, 404, 404]
    agent.stop()
    for where in (agent.log, *(text for _, text in seen)):
        assert CANARY not in where
        assert right["Authorization"].split()[1] not in where
        assert hashed not in where
    assert '"headers": {\n' in seen[2][1]
