"""What the README shows is what netwatch says, and the commands of the quick start work."""

import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.namespaces import Namespace
from tests.readme.lan import Lan, lan
from tests.readme.session import README, rewritten, sessions, without_times

SESSIONS = sessions(README.read_text())
QUICK_START = (README.parent / "docs" / "quickstart.md").read_text()
COMMANDS = re.findall(r"^\$ (?:sudo )?(?:scripts/run|netwatch)(.*)$", QUICK_START, re.MULTILINE)


@pytest.fixture
def network(netns: Callable[[str], Namespace], tmp_path: Path, may_ping: None) -> Iterator[Lan]:
    del may_ping
    [(name, config)] = re.findall(r"```yaml\n# (netwatch\.yaml)\n(.*?)```", QUICK_START, re.DOTALL)
    (tmp_path / name).write_text(config)
    with lan(netns, tmp_path) as made:
        yield made


def test_the_readme_shows_an_agent_and_a_question() -> None:
    assert [words.split()[:2] for words in SESSIONS] == [[], ["probe", "icmp"]]


@pytest.mark.netns
@pytest.mark.parametrize("words", SESSIONS)
def test_netwatch_says_what_the_readme_shows(words: str, network: Lan) -> None:
    assert without_times(network.run(shlex.split(words))) == without_times(SESSIONS[words])


@pytest.mark.netns
@pytest.mark.parametrize("words", [command.strip() for command in COMMANDS])
def test_the_commands_of_the_quick_start_work(words: str, network: Lan) -> None:
    """`scripts/run` makes an environment first, which tests/test_packages.py does with a wheel."""
    assert network.run(shlex.split(words, comments=True), codes=(0,))


def test_the_quick_start_has_commands() -> None:
    assert len(COMMANDS) == 5


def test_a_session_is_written_anew_and_all_else_stays() -> None:
    text = "# a\n\n```console\n$ sudo scripts/run probe a\nold\nlines\n```\n\n$ scripts/run\n"
    assert rewritten(text, lambda words: f"new {words[1]}\n") == text.replace("old\nlines", "new a")


def test_times_are_no_difference() -> None:
    assert without_times(" a  0.012ms\nb at 2026-11-21T18:30:04.792Z\n") == without_times(
        "b at 2026-01-01T00:00:00Z\n a 112.1ms\n"
    )
    assert without_times("a 1\n") != without_times("a 2\n")
