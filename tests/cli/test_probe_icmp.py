import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import termios
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from netwatch.cli.main import main
from tests.namespaces import Namespace
from tests.programs import DEADLINE_SECONDS, NETWATCH, Scrape, run_netwatch, with_file

THREE = ("-c", "3", "-i", "20ms")
HEAD = " target     sent  recv  loss      min     mean      p99      max  late  dup  hop"

may_ping = pytest.mark.usefixtures("may_ping")


def probe_icmp(*arguments: str) -> int:
    return main(["probe", "icmp", *arguments])


def of_targets(document: Any) -> dict[str, Any]:
    return {target["target"]: target for target in document["targets"]}


@contextmanager
def running(*arguments: str) -> Iterator["subprocess.Popen[str]"]:
    command = [*NETWATCH, "probe", "icmp", *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as process:
        yield process


# What is printed


@may_ping
def test_a_pipe_gets_json_with_every_figure(capsys: pytest.CaptureFixture[str]) -> None:
    assert probe_icmp("127.0.0.1", "::1", *THREE) == 0
    out, err = capsys.readouterr()
    assert err == ""
    document = json.loads(out)
    assert document["schema"] == "netwatch.probe/1"
    assert document["type"] == "summary"
    assert document["ok"] is True
    assert document["verdict"] == "All 2 targets answer."
    assert list(of_targets(document)) == ["127.0.0.1", "::1"]
    for target in document["targets"]:
        assert target["address"] == target["target"]
        assert (target["sent"], target["received"], target["lost"]) == (3, 3, 0)
        assert (target["ok"], target["loss_ratio"], target["errors"]) == (True, 0, {})
        assert target["hop_limit"] == 64
        rtt = target["rtt_seconds"]
        assert set(rtt) == {"min", "mean", "p50", "p90", "p99", "max", "stddev"}
        assert 0 < rtt["min"] <= rtt["p50"] <= rtt["p90"] <= rtt["p99"] <= rtt["max"]
        assert rtt["min"] <= rtt["mean"] <= rtt["max"]


@may_ping
def test_json_lines_are_one_a_packet_and_then_the_summary(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert probe_icmp("127.0.0.1", "::1", *THREE, "-o", "jsonl") == 0
    *results, summary = map(json.loads, capsys.readouterr().out.splitlines())
    assert len(results) == 6
    for result in results:
        assert (result["schema"], result["type"]) == ("netwatch.probe/1", "result")
        assert (result["check"], result["probe"], result["outcome"]) == ("icmp", "icmp", "ok")
        assert 0 < result["duration_seconds"] < 1
    assert summary["type"] == "summary"
    assert summary["targets"][0]["received"] == 3


@may_ping
def test_the_table_has_a_row_a_target_and_then_the_sentence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert probe_icmp("127.0.0.1", "::1", *THREE, "-o", "table") == 0
    head, *rows, sentence = capsys.readouterr().out.splitlines()
    assert head.split() == HEAD.split()
    row = r" {}  +3  +3  +0 %(  +\d+\.\d{{3}}ms){{4}}  +0  +0  +64"
    for name, line in zip(["127.0.0.1", "::1"], rows, strict=True):
        assert re.fullmatch(row.format(re.escape(name)), line)
    assert sentence == "All 2 targets answer."


@may_ping
def test_prometheus_text_has_the_families_of_the_agent(capsys: pytest.CaptureFixture[str]) -> None:
    assert probe_icmp("127.0.0.1", *THREE, "-o", "prometheus") == 0
    scrape = Scrape(capsys.readouterr().out)
    (sent,) = scrape.find("netwatch_icmp_packets_sent_total")
    assert (sent.value, sent.labels["target"], sent.labels["check"]) == (3, "127.0.0.1", "icmp")
    assert scrape.value("netwatch_icmp_packets_received_total") == 3
    assert scrape.value("netwatch_icmp_rtt_seconds_count") == 3


# What does not answer


@pytest.mark.netns
def test_who_never_answers_has_null_for_figures_and_the_exit_code_is_1(
    netns: Callable[[str], Namespace], capsys: pytest.CaptureFixture[str]
) -> None:
    namespace = netns("lossy")
    namespace.nft("add rule inet t input ip daddr 127.0.0.2 drop")
    arguments = ("127.0.0.1", "127.0.0.2", "192.0.2.1", *THREE, "-t", "50ms")
    with namespace:
        assert probe_icmp(*arguments) == 1
        document = json.loads(capsys.readouterr().out)
        assert probe_icmp(*arguments, "-o", "table") == 1
        lines = capsys.readouterr().out.splitlines()
        assert probe_icmp(*arguments, "-o", "jsonl") == 1
        results = list(map(json.loads, capsys.readouterr().out.splitlines()))[:-1]
    assert document["ok"] is False
    silent, unsent = (of_targets(document)[name] for name in ("127.0.0.2", "192.0.2.1"))
    assert (silent["sent"], silent["received"], silent["lost"]) == (3, 0, 3)
    assert (silent["loss_ratio"], silent["rtt_seconds"], silent["hop_limit"]) == (1, None, None)
    assert silent["reasons"] == {"timeout": 3}
    assert (unsent["sent"], unsent["loss_ratio"], unsent["rtt_seconds"]) == (0, None, None)
    assert unsent["unsent"] == {"unreachable": 3}
    assert lines[2].split() == ["127.0.0.2", "3", "0", "100", "%", "timeout", "(3)"]
    assert re.fullmatch(r" 192\.0\.2\.1 +0 +0 +- +unreachable: .+ \(3\)", lines[3])
    assert lines[4] == "2 of 3 targets do not answer."
    failed = [result for result in results if result["target"] != "127.0.0.1"]
    assert [result["duration_seconds"] for result in failed] == [None] * 6


@pytest.mark.netns
def test_who_must_not_answer_is_well_when_it_does_not(
    netns: Callable[[str], Namespace], capsys: pytest.CaptureFixture[str]
) -> None:
    namespace = netns("shut")
    namespace.nft("add rule inet t input ip daddr 127.0.0.2 drop")
    arguments = (*THREE, "-t", "50ms", "--expect", "fail", "-o", "table")
    with namespace:
        assert probe_icmp("127.0.0.2", *arguments) == 0
        silent = capsys.readouterr().out.splitlines()
        assert probe_icmp("127.0.0.1", *arguments) == 1
        answering = capsys.readouterr().out.splitlines()
    assert silent[1].split() == ["127.0.0.2", "3", "0", "100", "%"]
    assert silent[2] == "127.0.0.2 does not answer, as it should."
    assert answering[2] == "127.0.0.1 answers, and should not."


@pytest.mark.netns
def test_a_name_that_does_not_resolve_is_a_row_beside_the_others(
    netns: Callable[[str], Namespace], tmp_path: Path
) -> None:
    (tmp_path / "resolv.conf").write_text("nameserver 127.0.0.1\noptions attempts:1\n")
    prefix = with_file("/etc/resolv.conf", tmp_path / "resolv.conf")
    with netns("alone"):  # nobody listens on port 53
        done = run_netwatch("probe", "icmp", "wiki.example", "127.0.0.1", *THREE, prefix=prefix)
    assert (done.returncode, done.stderr) == (1, "")
    document = json.loads(done.stdout)
    assert document["verdict"] == "1 of 2 targets does not answer."
    wiki, loopback = document["targets"]
    assert (wiki["target"], wiki["address"]) == ("wiki.example", None)
    assert (wiki["sent"], wiki["unsent"], wiki["rtt_seconds"]) == (0, {"resolve": 3}, None)
    (reason,) = wiki["reasons"]
    assert reason.startswith("resolve: wiki.example: 127.0.0.1 gave no answer")
    assert loopback["received"] == 3


@pytest.mark.netns
def test_a_family_can_be_chosen_for_names(
    netns: Callable[[str], Namespace], tmp_path: Path
) -> None:
    (tmp_path / "hosts").write_text("127.0.0.3 wiki.example\n::1 wiki.example\n")
    prefix = with_file("/etc/hosts", tmp_path / "hosts")
    with netns("alone"):
        for option, address in (("-4", "127.0.0.3"), ("-6", "::1")):
            ping = ("probe", "icmp", "wiki.example", "-c", "1")
            done = run_netwatch(*ping, option, prefix=prefix)
            assert (done.returncode, done.stderr) == (0, "")
            assert json.loads(done.stdout)["targets"][0]["address"] == address


# Usage


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("127.0.0.1 -i 5", '--interval: "5" has no unit, expected a duration such as 500ms'),
        ("127.0.0.1 -i 0s", '--interval: found "0s", expected more than 0s'),
        ("127.0.0.1 -t soon", '--timeout: found "soon", expected a duration'),
        (
            "127.0.0.1 -s 5 --ttl 0",
            "--size: found 5, expected at least 16; --ttl: found 0, expected at least 1",
        ),
        ("127.0.0.1 --dscp 64", "--dscp: found 64, expected at most 63"),
        ("127.0.0.1 --source here", '--source: found "here", expected an IP address'),
        ("a..b", 'found "a..b", expected an IP address or a host name'),
        ("-4 ::1", "found '::1', expected an address or a name that goes with -4"),
        ("-6 127.0.0.1", "found '127.0.0.1', expected an address or a name that goes with -6"),
        ("0.0.0.0", "expected the address of one host"),
        ("http://wiki.example/", "expected an IP address or a host name, not a URL"),
    ],
)
def test_a_bad_value_is_one_line_that_names_the_flag(
    arguments: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert probe_icmp(*arguments.split()) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("netwatch probe icmp: ")
    assert message in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("", "required: TARGET"),
        ("127.0.0.1 -c x", "argument -c/--count: found 'x', expected a whole number from 0 up"),
        ("127.0.0.1 -s many", "argument -s/--size: invalid int value: 'many'"),
        ("127.0.0.1 -4 -6", "argument -6: not allowed with argument -4"),
        ("127.0.0.1 -o xml", "argument -o/--output: invalid choice: 'xml'"),
    ],
)
def test_bad_usage_names_the_flag(
    arguments: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        probe_icmp(*arguments.split())
    assert caught.value.code == 2
    assert message in capsys.readouterr().err


# Ctrl-C and terminals


@may_ping
def test_ctrl_c_prints_what_there_is_and_exits_by_it() -> None:
    with running("127.0.0.1", "-c", "0", "-i", "20ms", "-o", "jsonl") as process:
        assert process.stdout
        assert json.loads(process.stdout.readline())["outcome"] == "ok"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=DEADLINE_SECONDS)
    assert (process.returncode, err) == (0, "")
    summary = json.loads(out.splitlines()[-1])
    assert summary["type"] == "summary"
    assert summary["targets"][0]["received"] == summary["targets"][0]["sent"] > 0


@pytest.mark.netns
def test_after_ctrl_c_the_exit_code_tells_of_who_did_not_answer(
    netns: Callable[[str], Namespace],
) -> None:
    namespace = netns("lossy")
    namespace.nft("add rule inet t input ip daddr 127.0.0.2 drop")
    arguments = ("127.0.0.2", "-c", "0", "-i", "20ms", "-t", "20ms", "-o", "jsonl")
    with namespace, running(*arguments) as process:
        assert process.stdout
        assert json.loads(process.stdout.readline())["outcome"] == "timeout"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=DEADLINE_SECONDS)
    assert (process.returncode, err) == (1, "")
    assert json.loads(out.splitlines()[-1])["verdict"] == "127.0.0.2 does not answer."


@may_ping
def test_a_terminal_gets_a_table_that_grows_and_after_ctrl_c_the_last_one() -> None:
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    command = [*NETWATCH, "probe", "icmp", "127.0.0.1", "-c", "0", "-i", "20ms"]
    environ = os.environ | {"TERM": "xterm"}
    with subprocess.Popen(command, stdout=slave, stderr=slave, env=environ) as process:
        os.close(slave)
        shown = ""
        while len(counts := received(shown)) < 3:
            shown += os.read(master, 65536).decode()
        process.send_signal(signal.SIGINT)
        rest = read_to_the_end(master)
    os.close(master)
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]
    assert process.returncode == 0
    head, row, sentence = rest.rpartition("\x1b")[2].partition(" target")[2].splitlines()
    assert head.split()[:2] == ["sent", "recv"]
    assert int(row.split()[2]) >= counts[-1]
    assert sentence == "127.0.0.1 answers."


def received(shown: str) -> list[int]:
    """Return the different counts of received packets that the table went through."""
    return list(dict.fromkeys(map(int, re.findall(r" 127\.0\.0\.1 +\d+ +(\d+) ", shown))))


def read_to_the_end(terminal: int) -> str:
    parts: list[bytes] = []
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # EIO: nobody has the other side open any more
            part = b""
        if not part:
            return b"".join(parts).decode()
        parts.append(part)
