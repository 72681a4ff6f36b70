import json
import logging
import sys
from typing import Any

import pytest

from netwatch.logs.formats import FORMATS


def record(message: str, *args: Any, **facts: object) -> logging.LogRecord:
    made = logging.LogRecord("netwatch.state", logging.ERROR, "log.py", 1, message, args, None)
    made.created, made.msecs = 1_700_000_000.25, 250.0
    made.facts = facts
    return made


def failed() -> logging.LogRecord:
    made = record("a bug")
    try:
        int("\x1b[31mred")
    except ValueError:
        made.exc_info = sys.exc_info()
    return made


def test_text_is_for_people() -> None:
    line = FORMATS["text"]().format(record("%s is down", "kube-3", target="kube-3"))
    assert line == "2023-11-14T22:13:20.250Z ERROR kube-3 is down"


def test_logfmt_has_all_facts() -> None:
    line = FORMATS["logfmt"]().format(record("%s is down", "kube-3", target="kube-3"))
    assert line == (
        "time=2023-11-14T22:13:20.250Z level=error logger=netwatch.state "
        'msg="kube-3 is down" target=kube-3'
    )


def test_json_has_all_facts() -> None:
    line = FORMATS["json"]().format(record("%s is down", "kube-3", lasted_seconds=0.5))
    assert json.loads(line) == {
        "time": "2023-11-14T22:13:20.250Z",
        "level": "error",
        "logger": "netwatch.state",
        "msg": "kube-3 is down",
        "lasted_seconds": 0.5,
    }


@pytest.mark.parametrize("form", ["logfmt", "json"])
def test_a_traceback_is_one_more_fact(form: str) -> None:
    line = FORMATS[form]().format(failed())
    assert "Traceback" in line
    assert len(line.splitlines()) == 1


def test_a_traceback_follows_the_text() -> None:
    first, second, *_, last = FORMATS["text"]().format(failed()).split("\n")
    assert first.endswith(" ERROR a bug")
    assert second == "Traceback (most recent call last):"
    assert last == "ValueError: invalid literal for int() with base 10: '\\x1b[31mred'"


@pytest.mark.parametrize("form", FORMATS)
def test_nobody_can_forge_a_line(form: str) -> None:
    line = FORMATS[form]().format(record("%s", "down\n2023-11-14T22:13:20.250Z INFO all is well"))
    assert len(line.splitlines()) == 1
