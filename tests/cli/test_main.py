import os
import re
import subprocess
from pathlib import Path

import pytest

from netwatch import __version__
from netwatch.cli.main import main
from netwatch.probes import PROBES
from tests.programs import DEADLINE_SECONDS, NETWATCH, buffered, run_netwatch

PING = ("probe", "icmp", "127.0.0.1", "-i", "20ms")


def refused(*arguments: str) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2


def test_the_module_is_the_program_and_tells_its_version() -> None:
    done = run_netwatch("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"netwatch {__version__}\n", "")


@pytest.mark.parametrize(
    "command",
    ["", "agent", "probe", "probe icmp", "probe nodes", "config", "config check", "config schema"],
)
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([*command.split(), "--help"])
    assert caught.value.code == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"usage: netwatch {command} ".replace("  ", " "))
    assert err == ""


def test_an_unknown_command_is_told_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    refused("prbe")
    err = capsys.readouterr().err
    assert "'prbe'" in err
    for command in ("agent", "probe", "probe icmp", "config"):
        assert f"'{command}'" in err


def test_a_command_is_required(capsys: pytest.CaptureFixture[str]) -> None:
    refused()
    assert "required: COMMAND" in capsys.readouterr().err


@pytest.mark.usefixtures("may_ping")
@pytest.mark.parametrize("form", ["table", "jsonl", "prometheus"])
def test_a_full_disk_is_said_in_one_line(form: str) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*NETWATCH, *PING, "-c", "1", "-o", form],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
            timeout=DEADLINE_SECONDS,
        )
    assert done.returncode == 2
    assert done.stderr == b"cannot write what was found: no space left on device\n"


@pytest.mark.usefixtures("may_ping")
@pytest.mark.parametrize("form", ["table", "json", "jsonl", "prometheus"])
def test_a_pipe_that_nobody_reads_is_no_trouble(form: str) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    try:
        done = subprocess.run(
            [*NETWATCH, *PING, "-c", "1", "-o", form],
            stdout=write_end,
            stderr=subprocess.PIPE,
            check=False,
            env=buffered(),
        )
    finally:
        os.close(write_end)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.usefixtures("may_ping")
def test_a_run_without_end_ends_when_its_reader_has_seen_enough() -> None:
    command = [*NETWATCH, *PING, "-c", "0", "-o", "jsonl"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.readline()
        process.stdout.close()
        assert process.wait(DEADLINE_SECONDS) == 0
        assert process.stderr.read() == b""


def test_the_help_says_of_each_command_what_it_does(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")  # a line a command
    with pytest.raises(SystemExit):
        main(["--help"])
    lines = re.findall(r"^    (\S.*?)(?: |\n) +(\S.*)$", capsys.readouterr().out, re.MULTILINE)
    assert {f"probe {kind}" for kind in PROBES} < {command for command, _ in lines}
    for command, words in lines:
        assert words[0].islower(), command
        assert not re.search(r"^how to\b|\.$", words), command
