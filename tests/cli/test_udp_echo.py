import signal
import socket
import subprocess
from collections.abc import Callable

import pytest

from netwatch.cli.main import main
from netwatch.wire.udpecho import decode_reply, echo_request
from tests.namespaces import Namespace, connect
from tests.programs import DEADLINE_SECONDS, NETWATCH

REQUEST = echo_request(b"12345678", 7, 64)


def started(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen([*NETWATCH, "udp-echo", *arguments], stdout=subprocess.PIPE, text=True)


def answer_of(host: str, port: int) -> bytes:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.settimeout(DEADLINE_SECONDS)
        asker.sendto(REQUEST, (host, port))
        return asker.recv(65_535)


def test_it_answers_until_it_is_interrupted() -> None:
    with started("--listen", "127.0.0.1:0") as program:
        assert program.stdout
        told = program.stdout.readline().strip()
        assert told.startswith("answering on UDP 127.0.0.1:")
        assert decode_reply(answer_of("127.0.0.1", int(told.rpartition(":")[2])))
        program.send_signal(signal.SIGINT)
        assert program.wait(DEADLINE_SECONDS) == 130


@pytest.mark.netns
def test_it_answers_on_the_usual_port_whom_it_is_told_to(
    netns: Callable[[str], Namespace],
) -> None:
    client, server = netns("client"), netns("server")
    connect(client, server)
    with server:
        program = started("--allow", "10.9.1.0/24")
    with program:
        assert program.stdout
        assert program.stdout.readline() == "answering on UDP 0.0.0.0:9848\n"
        assert program.stdout.readline() == "answering on UDP [::]:9848\n"
        with client:
            assert decode_reply(answer_of("10.9.1.2", 9848))
        program.terminate()


def test_a_port_that_is_taken_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        assert main(["udp-echo", "--listen", f"127.0.0.1:{port}"]) == 2
    said = f"cannot listen on UDP 127.0.0.1:{port}: address already in use\n"
    assert capsys.readouterr() == ("", said)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--allow", "10.0.0.7/8"], 'argument --allow: found "10.0.0.7/8", expected a network'),
        (["--listen", "wiki:1"], 'argument --listen: found "wiki", expected an IP address'),
    ],
)
def test_wrong_arguments_are_told(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["udp-echo", *arguments])
    assert caught.value.code == 2
    assert said in capsys.readouterr().err
