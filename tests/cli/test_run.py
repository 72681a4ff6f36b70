import argparse
import json

import pytest

from netwatch.cli.main import main
from netwatch.cli.run import add_run_arguments


def parsed(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_run_arguments(parser)
    return parser.parse_args(arguments)


def test_without_a_count_it_is_for_each_probe_to_say() -> None:
    assert parsed().count is None


@pytest.mark.parametrize("text", ["-1", "1.5", "", "many", "²"])
def test_what_is_no_count_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parsed(f"--count={text}")
    assert caught.value.code == 2
    expected = f"argument -c/--count: found {text!r}, expected a whole number from 0 up"
    assert expected in capsys.readouterr().err


@pytest.mark.usefixtures("may_ping")
@pytest.mark.parametrize("option", [("--interface", "nosuch0"), ("--source", "192.0.2.1")])
def test_what_is_our_own_trouble_wins_over_what_is_measured(
    option: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["probe", "icmp", "127.0.0.1", "-c", "1", *option]) == 2
    (target,) = json.loads(capsys.readouterr().out)["targets"]
    assert (target["sent"], target["unsent"], target["rtt_seconds"]) == (0, {"local": 1}, None)
    (reason,) = target["reasons"]
    assert option[1] in reason
