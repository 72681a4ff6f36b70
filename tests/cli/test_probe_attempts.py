import json

import pytest

from netwatch.cli.main import main
from tests.knocking import PROBES_WITH_KNOCK, a_door, nobody


def knock(*arguments: str) -> int:
    return main(["probe", "knock", *arguments], PROBES_WITH_KNOCK)


def at(port: int) -> str:
    return f"127.0.0.1:{port}"


def test_one_attempt_is_shown_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    with a_door(b"hello\n") as port:
        assert knock(at(port), "-o", "table") == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    name, *told, sentence = lines
    assert name == [at(port), "(127.0.0.1)"]
    assert [line[0] for line in told] == [
        "outcome",
        "connect",
        "answer",
        "total",
        "bytes",
        "lines",
        "voice",
    ]
    assert told[0] == ["outcome", "ok"]
    assert told[1][1].endswith("ms")
    assert told[4:] == [["bytes", "6"], ["lines", "1"], ["voice", "alto"]]
    assert " ".join(sentence) == f"{at(port)} (127.0.0.1) is well."


def test_a_failed_attempt_says_why_and_the_exit_code_is_1(
    capsys: pytest.CaptureFixture[str],
) -> None:
    port = nobody()
    assert knock(at(port), "-o", "table") == 1
    name, outcome, sentence = capsys.readouterr().out.splitlines()
    assert outcome == "   outcome  refused: Connection refused (connect)"
    assert sentence == f"{name.strip()} fails."


def test_many_attempts_at_many_targets_are_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    with a_door(b"hello\n", b"garbage\n") as port:
        other = nobody()
        arguments = ("-c", "2", "-i", "20ms", "--answer", "hello", "-o", "table")
        assert knock(at(port), at(other), *arguments) == 1
    head, door, silent, sentence = capsys.readouterr().out.splitlines()
    figures = ["mean", "max", "connect", "answer"]
    assert head.split() == ["target", "attempts", "ok", "failed", *figures]
    assert door.split()[2:5] == ["2", "1", "1"]
    assert door.endswith(" mismatch: expected hello (answer) (1)")
    assert silent.split()[2:5] == ["2", "0", "2"]
    assert silent.endswith(" refused: Connection refused (connect) (2)")
    assert sentence == "1 of 2 targets fails, 1 of 2 targets fails at times."


def test_json_has_counts_figures_phases_and_values(capsys: pytest.CaptureFixture[str]) -> None:
    with a_door(b"hello\n") as port:
        assert knock(at(port), "-c", "3", "-i", "10ms", "-o", "json") == 0
    document = json.loads(capsys.readouterr().out)
    (target,) = document["targets"]
    assert (document["schema"], document["ok"]) == ("netwatch.probe/1", True)
    assert (target["check"], target["probe"], target["address"]) == ("knock", "knock", "127.0.0.1")
    assert (target["attempts"], target["successes"], target["failures"]) == (3, 3, {})
    assert set(target["duration_seconds"]) == {"min", "mean", "p50", "p90", "p99", "max", "stddev"}
    assert list(target["phases_seconds"]) == ["connect", "answer"]
    assert target["values"] == {"bytes": 6, "lines": 1, "voice": {"alto": 1}}
    assert target["reasons"] == {}


def test_json_lines_are_one_an_attempt_and_then_the_summary(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with a_door() as port:
        assert knock(at(port), "-t", "50ms", "-c", "2", "-i", "10ms", "-o", "jsonl") == 1
    *results, summary = map(json.loads, capsys.readouterr().out.splitlines())
    assert [result["outcome"] for result in results] == ["timeout", "timeout"]
    assert {result["failed_phase"] for result in results} == {"answer"}
    assert [list(result["phases_seconds"]) for result in results] == [["connect"]] * 2
    assert summary["targets"][0]["failures"] == {"timeout": 2}
    assert summary["targets"][0]["duration_seconds"] is None


def test_prometheus_text_has_the_families_of_the_probe(capsys: pytest.CaptureFixture[str]) -> None:
    with a_door(b"hello\n") as port:
        assert knock(at(port), "-o", "prometheus") == 0
    out = capsys.readouterr().out
    assert 'netwatch_probe_successes_total{check="knock",probe="knock"' in out
    assert "netwatch_knock_bytes{" in out
    assert "netwatch_icmp" not in out


def test_verbose_tells_every_step_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    with a_door(b"hello\n") as port:
        assert knock(at(port), "--verbose", "--answer", "bye", "-o", "json") == 1
    out, err = capsys.readouterr()
    assert json.loads(out)["ok"] is False
    steps = [line.partition("ms  ") for line in err.splitlines()]
    assert all(before.startswith(f"{at(port)} (127.0.0.1) ") for before, _, _ in steps)
    connected, ended = [words for _, _, words in steps]
    assert connected == "connected to 127.0.0.1"
    assert ended.startswith("mismatch: expected bye (answer) (connect ")


def test_what_must_not_answer_is_well_when_it_does_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert knock(at(nobody()), "--expect", "fail") == 0
    assert json.loads(capsys.readouterr().out)["ok"] is True


def test_a_bug_of_ours_is_no_fault_of_the_target(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with a_door(b"bug\n") as port:
        assert knock(at(port)) == 2
    (target,) = json.loads(capsys.readouterr().out)["targets"]
    assert target["failures"] == {"local": 1}
    assert target["reasons"] == {"local: bug of netwatch: ZeroDivisionError() (answer)": 1}
    assert "Traceback" in caplog.text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("127.0.0.1", '"127.0.0.1": found no port, expected a target with one'),
        ("127.0.0.1:1 -i 5", '--interval: "5" has no unit'),
        ("127.0.0.1:1 --times x", '--times: found "x", expected a whole number'),
        ("[::1]:1 -4", "expected an address or a name that goes with -4"),
    ],
)
def test_a_bad_value_is_one_line_that_names_the_flag(
    arguments: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert knock(*arguments.split()) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith("netwatch probe knock: ")
    assert message in err


def test_help_is_made_from_the_options(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        knock("--help")
    out = capsys.readouterr().out
    assert out.startswith("usage: netwatch probe knock ")
    assert "Knock at a TCP port, and read a line." in out
    assert "Time between two attempts at a target. (default 1s)" in out
    for words in ("HOST:PORT", "-i DURATION, --interval DURATION", "--tone.voice-name", "-v, "):
        assert words in out


def test_a_kind_of_probe_is_told_in_the_help_of_the_program(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        main(["--help"], PROBES_WITH_KNOCK)
    out = " ".join(capsys.readouterr().out.split())
    assert "probe knock knock at a TCP port, and read a line" in out
