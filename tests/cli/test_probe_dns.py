import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from netwatch.cli.main import main
from tests.dnsmasq import dnsmasq
from tests.namespaces import Namespace
from tests.programs import run_netwatch, with_file


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with dnsmasq("--host-record=wiki.example,10.0.0.7,fd00::7,300", "--local=/example/") as port:
        yield f"@127.0.0.1:{port}"


def dns(*arguments: str) -> int:
    return main(["probe", "dns", *arguments])


def test_the_records_are_shown_as_dig_shows_them(
    server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert dns("wiki.example", server, "-t", "AAAA", "-o", "table") == 0
    shown = capsys.readouterr()
    assert "wiki.example.\t300\tIN\tAAAA\tfd00::7" in shown.err
    assert "NOERROR, flags aa qr ra rd; answer 1, authority 0, additional 0" in shown.err
    assert shown.out.splitlines()[-1].endswith("is well.")


def test_the_records_are_in_the_document(server: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert dns("wiki.example", server, "-o", "json") == 0
    out, err = capsys.readouterr()
    (target,) = json.loads(out)["targets"]
    record = "wiki.example.\t300\tIN\tA\t10.0.0.7"
    assert target["findings"] == {"answer": [record], "authority": [], "additional": []}
    assert err == ""


def test_the_addresses_of_a_name_are_shown_and_are_in_the_document(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["probe", "resolve", "localhost", "-4", "-o", "table"]) == 0
    assert "localhost has 127.0.0.1" in capsys.readouterr().err
    assert main(["probe", "resolve", "localhost", "-o", "json"]) == 0
    out, err = capsys.readouterr()
    (target,) = json.loads(out)["targets"]
    assert "127.0.0.1" in target["findings"]["addresses"]
    assert err == ""


@pytest.mark.parametrize("flag", ["--tcp", "--transport", "--tls"])
def test_the_transport_is_chosen_by_its_name(server: str, flag: str) -> None:
    if flag == "--transport":
        with pytest.raises(SystemExit):
            dns("wiki.example", server, flag, "tcp")
    else:
        code = dns("wiki.example", server, flag, "-o", "json", "--timeout", "1s")
        assert code == (1 if flag == "--tls" else 0)


def test_an_answer_that_is_not_as_expected_is_a_failure(
    server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert dns("gone.example", server, "-o", "json") == 1
    (target,) = json.loads(capsys.readouterr().out)["targets"]
    assert target["failures"] == {"mismatch": 1}
    assert dns("gone.example", server, "--valid-rcodes", "NXDOMAIN", "-o", "json") == 0


def test_many_attempts_are_a_table_without_a_trace(
    server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert dns("wiki.example", server, "-c", "2", "-i", "100ms", "-o", "table") == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("wiki.example", "127.0.0.1"), "found '127.0.0.1' after the name, expected @SERVER"),
        (("a..b", "@127.0.0.1"), "expected a DNS name"),
        (("wiki.example", "@127.0.0.1", "-t", "BOGUS"), "expected a type of records"),
    ],
)
def test_what_cannot_be_asked_is_said(
    arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert dns(*arguments) == 2
    assert said in capsys.readouterr().err


@pytest.mark.netns
@pytest.mark.parametrize(
    ("resolv_conf", "code", "said"),
    [
        ("nameserver 127.0.0.1\nnameserver ::1\n", 1, ""),
        ("", 2, "netwatch probe dns: found no name server in resolv.conf, expected @SERVER\n"),
    ],
)
def test_without_a_server_those_of_this_host_are_asked(
    netns: Callable[[str], Namespace], tmp_path: Path, resolv_conf: str, code: int, said: str
) -> None:
    (tmp_path / "resolv.conf").write_text(resolv_conf)
    prefix = with_file("/etc/resolv.conf", tmp_path / "resolv.conf")
    with netns("alone"):  # nobody listens on port 53
        done = run_netwatch("probe", "dns", "wiki.example", "-o", "json", prefix=prefix)
    assert (done.returncode, done.stderr) == (code, said)
    if not said:
        targets = json.loads(done.stdout)["targets"]
        assert [target["address"] for target in targets] == ["127.0.0.1", "::1"]
        assert [target["failures"] for target in targets] == [{"refused": 1}] * 2


@pytest.mark.netns
@pytest.mark.parametrize("through", ["netwatch", "libc"])
def test_a_name_is_found_by_the_search_domains_of_this_host(
    netns: Callable[[str], Namespace], tmp_path: Path, through: str
) -> None:
    (tmp_path / "resolv.conf").write_text("nameserver 127.0.0.1\nsearch b.example example\n")
    prefix = with_file("/etc/resolv.conf", tmp_path / "resolv.conf")
    names = ("--host-record=wiki.example,10.0.0.7,fd00::7", "--local=/./")
    with netns("pod"), dnsmasq(*names, port=53):
        asked = ("probe", "resolve", "wiki", "gone", "--through", through, "-o", "json")
        done = run_netwatch(*asked, prefix=prefix)
    assert (done.returncode, done.stderr) == (1, "")
    wiki, gone = json.loads(done.stdout)["targets"]
    assert wiki["values"]["resolve_addresses"] == {"ipv4": 1, "ipv6": 1}
    assert gone["failures"] == {"resolve": 1}
