import socket
from pathlib import Path

import pytest

from netwatch.cli.main import main

AGENT = ("agent", "--log-format", "text")
GOOD = "checks: {a: {source: {static: [127.0.0.1]}, probe: {icmp: }}}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "1:1: found nothing, expected a mapping"),
        ("checks: {}", "1:9: checks: found an empty mapping, expected 1 or more entries"),
        (f"{GOOD}listen: 5", "2:9: listen: found 5, expected a list"),
        (
            f"reload_endpiont: true\n{GOOD}",
            (
                '1:1: reload_endpiont: unknown key, did you mean "reload_endpoint"? '
                "expected one of checks, compat, defaults, listen, node_name, reload_endpoint, "
                "sinks, udp_echo, web"
            ),
        ),
        (
            GOOD.replace("icmp: ", "icmp: {interval: 5}"),
            (
                "1:70: checks.a.probe.icmp.interval: 5 has no unit, "
                "expected a duration such as 500ms, 1s or 2m"
            ),
        ),
        (
            f'listen: ["${{NETWATCH_TEST_UNSET}}:1"]\n{GOOD}',
            (
                "1:10: listen[0]: the variable NETWATCH_TEST_UNSET is not set, "
                "expected it in the environment, or ${NETWATCH_TEST_UNSET:-default}"
            ),
        ),
    ],
)
def test_a_bad_configuration_is_one_line_with_its_place(
    tmp_path: Path, text: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "netwatch.yaml"
    file.write_text(text)
    assert main([*AGENT, "--config", str(file)]) == 2
    assert capsys.readouterr() == ("", f"{file}:{message}\n")


def test_all_errors_of_a_configuration_are_told_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "netwatch.yaml"
    file.write_text("listen: 5\nchecks: {}\n")
    assert main([*AGENT, "--config", str(file)]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(": ")[0] for line in lines] == [f"{file}:1:9", f"{file}:2:9"]


def test_a_configuration_that_cannot_be_read_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "none.yaml"
    assert main([*AGENT, "--config", str(file)]) == 2
    assert capsys.readouterr() == ("", f"{file}: No such file or directory\n")
    assert main([*AGENT, "--config", str(tmp_path)]) == 2
    assert capsys.readouterr() == (
        "",
        f"{tmp_path}: found something else, expected a regular file\n",
    )


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("9847", 'found "9847", expected ADDRESS:PORT such as 127.0.0.1:9847'),
        ("localhost:9847", 'found "localhost", expected an IP address, no host name'),
        ("127.0.0.1:99999", "found the port 99999, expected 0 to 65535"),
    ],
)
def test_a_bad_listen_address_names_the_flag(
    address: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["agent", "--listen", address])
    assert caught.value.code == 2
    assert f"error: argument --listen: {message}" in capsys.readouterr().err


@pytest.mark.usefixtures("may_ping")
@pytest.mark.parametrize(
    ("family", "address"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "[::1]")]
)
def test_a_taken_port_is_one_line(
    family: socket.AddressFamily, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server((address.strip("[]"), 0), family=family) as somebody_else:
        listen = f"{address}:{somebody_else.getsockname()[1]}"
        assert main([*AGENT, "--listen", listen]) == 2
    assert capsys.readouterr() == ("", f"cannot listen on {listen}: address already in use\n")


@pytest.mark.usefixtures("may_ping")
def test_an_address_of_another_host_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*AGENT, "--listen", "192.0.2.1:0"]) == 2
    expected = "cannot listen on 192.0.2.1:0: cannot assign requested address\n"
    assert capsys.readouterr() == ("", expected)
