"""docs/incidents.md: the sessions that it shows, and how they are written into it anew."""

import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "incidents.md"

_SESSION = re.compile(r"```console\n(.*?)```", re.DOTALL)
_COMMAND = re.compile(r"^(node-\d)\$ netwatch (.*)\n", re.MULTILINE)
_TIME = re.compile(r"\d+(\.\d+)? ?m?s\b")

Run = Callable[[str, Sequence[str]], str]


@dataclass(frozen=True)
class Command:
    """A command line of a session, and what follows it."""

    node: str
    words: str
    output: str

    @property
    def arguments(self) -> list[str]:
        return shlex.split(self.words, comments=True)

    def __str__(self) -> str:
        return f"{self.node}$ netwatch {self.words}\n{self.output}"


def stories(text: str) -> dict[str, str]:
    """Return the text below each heading, by the heading."""
    _, *sections = re.split(r"^## ", text, flags=re.MULTILINE)
    return dict(section.split("\n", 1) for section in sections)


def configurations(text: str) -> dict[str, str]:
    """Return the files that the document shows, by the name in their first line."""
    return {
        name: f"# {name}\n{rest}"
        for name, rest in re.findall(r"```yaml\n# (\S+\.yaml)\n(.*?)```", text, re.DOTALL)
    }


def commands(story: str) -> list[Command]:
    """Return the commands of all sessions of a story."""
    return [command for session in _SESSION.findall(story) for command in _parsed(session)]


def _parsed(session: str) -> list[Command]:
    _, *parts = _COMMAND.split(session)
    return [Command(*part) for part in zip(parts[::3], parts[1::3], parts[2::3], strict=True)]


def rewritten(story: str, run: Run) -> str:
    """Return the story with what the commands say now."""

    def again(session: re.Match[str]) -> str:
        answered = (
            Command(each.node, each.words, run(each.node, each.arguments))
            for each in _parsed(session[1])
        )
        return f"```console\n{''.join(map(str, answered))}```"

    return _SESSION.sub(again, story)


def without_times(output: str) -> str:
    """Return what must be the same each time: all but times, and the width that they take."""
    return re.sub(r" +", " ", _TIME.sub("TIME", output)).strip()
