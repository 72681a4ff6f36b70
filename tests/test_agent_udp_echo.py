"""The UDP echo of a whole agent: whom it answers, and what becomes of it at a reload."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from netwatch.cli.main import main
from netwatch.wire.udpecho import decode_reply, echo_request
from tests.namespaces import Namespace, connect
from tests.programs import DEADLINE_SECONDS, StartAgent, eventually

REQUEST = echo_request(b"12345678", 7, 64)
ANSWERED = "netwatch_udp_echo_answered_total"
UNANSWERED = "netwatch_udp_echo_unanswered_total"

OF_THE_CLIENT = """\
udp_echo: {listen: [":9848"]}
checks: {client: {source: {static: [10.9.1.1]}, probe: {icmp: {interval: 50ms}}}}
"""
ON_LOOPBACK = """\
udp_echo: {{listen: ["127.0.0.1:{port}"]}}
checks: {{here: {{source: {{static: [127.0.0.1]}}, probe: {{icmp: {{interval: 50ms}}}}}}}}
"""
TO_AN_ECHO = """\
checks:
  paths:
    source: {{static: [{{host: 127.0.0.1, port: {port}}}]}}
    probe: {{udp: {{interval: 200ms, timeout: 30s, wait: 20s, spacing: 1ms}}}}
"""


def asker(host: str = "127.0.0.1") -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.settimeout(DEADLINE_SECONDS)
    opened.bind((host, 0))
    return opened


def free_port() -> int:
    with asker() as opened:
        port: int = opened.getsockname()[1]
        return port


def answers(port: int) -> bool:
    with asker() as opened:
        opened.connect(("127.0.0.1", port))
        opened.send(REQUEST)
        try:
            return decode_reply(opened.recv(65_535)) is not None
        except ConnectionRefusedError:
            return False


@pytest.mark.netns
def test_an_agent_answers_those_whom_it_probes_itself_and_nobody_else(
    netns: Callable[[str], Namespace], start_agent: StartAgent
) -> None:
    client, server = netns("client"), netns("server")
    connect(client, server)
    client.add_address("10.9.1.4/24", "to-server")
    with server:
        agent = start_agent(OF_THE_CLIENT)
        agent.wait_for_packets(target="10.9.1.1")
    with client, asker("10.9.1.1") as known, asker("10.9.1.4") as stranger:
        for opened in (stranger, known):
            opened.sendto(REQUEST, ("10.9.1.2", 9848))
        assert decode_reply(known.recv(65_535))
    with server:
        scrape = agent.scrape()
        assert (scrape.value(ANSWERED), scrape.value(UNANSWERED, reason="unknown")) == (1, 1)
        assert agent.stop() == 0


def test_without_its_section_an_agent_has_no_echo_and_no_series_of_it(
    start_agent: StartAgent,
) -> None:
    agent = start_agent(ON_LOOPBACK.format(port=0).partition("\n")[2])
    assert not agent.scrape().find(ANSWERED)


def test_a_reload_moves_the_echo_and_a_taken_port_leaves_it_where_it_is(
    start_agent: StartAgent, tmp_path: Path
) -> None:
    first, second = free_port(), free_port()
    agent = start_agent(ON_LOOPBACK.format(port=first))
    assert (answers(first), answers(second)) == (True, False)
    file = tmp_path / "netwatch.yaml"
    file.write_text(ON_LOOPBACK.format(port=second))
    agent.wait_for_log("reloaded .*: no check changed\n")
    assert (answers(first), answers(second)) == (False, True)
    with asker() as somebody_else:
        taken = somebody_else.getsockname()[1]
        file.write_text(ON_LOOPBACK.format(port=taken))
        said = f"ERROR refused: cannot listen on UDP 127.0.0.1:{taken}: address already in use\n"
        agent.wait_for_log(said)
    assert answers(second)
    eventually(lambda: agent.scrape().value(ANSWERED) == 3)
    assert agent.stop() == 0


def test_a_web_port_that_is_taken_leaves_the_echo_where_it_is(
    start_agent: StartAgent, tmp_path: Path
) -> None:
    port = free_port()
    agent = start_agent(f'listen: ["127.0.0.1:0"]\n{ON_LOOPBACK.format(port=port)}', listen=())
    with socket.create_server(("127.0.0.1", 0)) as somebody_else:
        taken = somebody_else.getsockname()[1]
        elsewhere = f'listen: ["127.0.0.1:{taken}"]\n{ON_LOOPBACK.format(port=free_port())}'
        (tmp_path / "netwatch.yaml").write_text(elsewhere)
        agent.wait_for_log(f"ERROR refused: cannot listen on 127.0.0.1:{taken}")
    assert answers(port)


def test_an_agent_whose_echo_cannot_listen_does_not_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with asker() as somebody_else:
        taken = somebody_else.getsockname()[1]
        file = tmp_path / "netwatch.yaml"
        file.write_text(f'listen: ["127.0.0.1:0"]\n{ON_LOOPBACK.format(port=taken)}')
        assert main(["agent", "--log-format", "text", "--config", str(file)]) == 2
    said = f"cannot listen on UDP 127.0.0.1:{taken}: address already in use"
    assert said in capsys.readouterr().err


def test_an_agent_probes_the_echo_of_another_and_shows_what_came_back(
    start_agent: StartAgent, tmp_path: Path
) -> None:
    port = free_port()
    echo = tmp_path / "echo.yaml"
    echo.write_text(ON_LOOPBACK.format(port=port))
    start_agent(echo)
    prober = start_agent(TO_AN_ECHO.format(port=port))
    prober.wait_for_count("netwatch_udp_received_total", 80)
    scrape = prober.scrape()
    assert scrape.value("netwatch_udp_sent_total") >= 80
    assert scrape.value("netwatch_udp_rtt_mean_seconds") > 0
    assert scrape.value("netwatch_probe_successes_total", probe="udp") >= 2
    assert scrape.value("netwatch_target_up", probe="udp") == 1
    assert prober.stop() == 0
