import argparse
import json
import subprocess
import sys
from pathlib import Path

import pytest

from netwatch.cli.config import add_config_parser
from netwatch.config import schema
from netwatch.defaults import CLUSTER_CONFIG, DEFAULT_CONFIG

GOOD = "checks: {a: {source: {static: [10.0.0.7]}, probe: {icmp: }}}"


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    add_config_parser(parser.add_subparsers())
    args = parser.parse_args(["config", *arguments])
    code = args.run(args)
    assert isinstance(code, int)
    return code


def test_a_good_file_is_ok(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "netwatch.yaml"
    file.write_text(GOOD)
    assert run("check", str(file)) == 0
    assert capsys.readouterr() == (f"{file}: ok, 1 check\n", "")


def test_the_default_configuration_is_a_good_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("default") == 0
    printed = capsys.readouterr().out
    assert printed == DEFAULT_CONFIG
    file = tmp_path / "default.yaml"
    file.write_text(printed + "  more:\n    source: {static: [a]}\n    probe: {icmp: }\n")
    assert run("check", str(file)) == 0
    assert capsys.readouterr().out == f"{file}: ok, 4 checks\n"


def test_in_a_pod_the_default_configuration_is_another(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    assert run("default") == 0
    assert capsys.readouterr().out == CLUSTER_CONFIG


def test_all_errors_of_a_bad_file_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "netwatch.yaml"
    file.write_text("checks: {}\nlisten: 5\n")
    assert run("check", str(file)) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        f"{file}:1:9: checks: found an empty mapping, expected 1 or more entries",
        f"{file}:2:9: listen: found 5, expected a list",
    ]


def test_a_file_that_is_not_there_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "none.yaml"
    assert run("check", str(file)) == 2
    assert capsys.readouterr() == ("", f"{file}: cannot be read: No such file or directory\n")


def test_binary_garbage_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "netwatch.yaml"
    file.write_bytes(b"checks: \xff\xfe")
    assert run("check", str(file)) == 2
    assert capsys.readouterr().err == f"{file}:1:9: found the byte 0xff, expected UTF-8\n"


def test_variables_come_from_the_environment_and_a_dash_is_standard_input() -> None:
    program = """\
import argparse, sys
from netwatch.cli.config import add_config_parser
parser = argparse.ArgumentParser()
add_config_parser(parser.add_subparsers())
args = parser.parse_args(["config", "check", "-"])
sys.exit(args.run(args))
"""
    command = [sys.executable, "-c", program]
    text = GOOD + '\nlisten: ["${ADDRESS}:0"]\n'

    def check(environ: dict[str, str]) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            command, input=text, env=environ, capture_output=True, text=True, check=False
        )

    good = check({"ADDRESS": "127.0.0.1"})
    assert (good.returncode, good.stdout, good.stderr) == (0, "<stdin>: ok, 1 check\n", "")
    bad = check({})
    assert bad.returncode == 2
    assert bad.stderr.startswith("<stdin>:2:10: listen[0]: the variable ADDRESS is not set")


def test_the_schema_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("schema") == 0
    assert json.loads(capsys.readouterr().out) == schema()


def test_an_action_is_required(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run()
    assert caught.value.code == 2
    assert "ACTION" in capsys.readouterr().err
