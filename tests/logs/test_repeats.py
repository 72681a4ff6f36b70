import logging
from typing import Any

from netwatch.logs.repeats import MOST_REMEMBERED, Repeats


def record(message: str, *args: Any, name: str = "netwatch.agent", line: int = 1) -> Any:
    return logging.LogRecord(name, logging.ERROR, "agent.py", line, message, args, None)


def test_the_same_message_is_told_so_often_and_then_counted() -> None:
    repeats = Repeats(most=2, window_seconds=60.0)
    told = [repeats.admits(record("the disk is full"), float(now)) for now in range(10)]
    assert told == [True, True] + [False] * 8
    assert list(repeats.ended(59.9)) == []
    [summary] = repeats.ended(60.0)
    assert summary.getMessage() == "suppressed 8 more like this: the disk is full"
    assert summary.facts == {"suppressed": 8}  # type: ignore[attr-defined]
    assert (summary.name, summary.levelno) == ("netwatch.agent", logging.ERROR)
    assert repeats.admits(record("the disk is full"), 60.0)


def test_what_was_not_suppressed_is_not_summed_up() -> None:
    repeats = Repeats(most=2)
    assert repeats.admits(record("once"), 0.0)
    assert list(repeats.ended(1000.0)) == []
    assert len(repeats) == 0


def test_other_words_are_another_message_of_ours() -> None:
    repeats = Repeats(most=1)
    names = [f"kube-{number}" for number in range(100)]
    assert all(repeats.admits(record("%s is down", name), 0.0) for name in names)


def test_other_words_of_a_library_are_the_same_message_when_they_come_from_the_same_line() -> None:
    repeats = Repeats(most=1)
    assert repeats.admits(record("bad request: %s", "a", name="aiohttp.server"), 0.0)
    assert not repeats.admits(record("bad request: %s", "b", name="aiohttp.server"), 0.0)
    assert repeats.admits(record("bad request: %s", "c", name="aiohttp.server", line=2), 0.0)


def test_a_flood_of_new_messages_is_not_remembered_for_ever() -> None:
    repeats = Repeats(most=1)
    summaries: list[logging.LogRecord] = []
    for number in range(3 * MOST_REMEMBERED):
        for _ in range(2):
            summaries += repeats.ended(0.0)
            repeats.admits(record("number %d", number), 0.0)
        assert len(repeats) <= MOST_REMEMBERED + 1
    assert summaries[0].getMessage() == "suppressed 1 more like this: number 0"
