import logging

import pytest

from netwatch.model import Outcome, Status, Target, Transition
from netwatch.sinks.log import LogSink, sentence
from tests.nouns import a_batch, a_check, a_target

NEW, UP, DEGRADED, DOWN = Status.NEW, Status.UP, Status.DEGRADED, Status.DOWN
SINCE = 1_700_000_000.9


def transition(
    before: Status, after: Status, *, detail: str = "", lasted: float = 90.0
) -> Transition:
    return Transition(a_target("kube-3"), before, after, SINCE, lasted, detail)


@pytest.mark.parametrize(
    ("told", "line"),
    [
        (transition(NEW, UP), "nodes: kube-3 (10.0.0.7) is up since 2023-11-14T22:13:20Z"),
        (
            transition(NEW, DOWN, detail="refused"),
            "nodes: kube-3 (10.0.0.7) is down since 2023-11-14T22:13:20Z, was not up yet: refused",
        ),
        (
            transition(UP, DOWN, detail="refused", lasted=60.0),
            "nodes: kube-3 (10.0.0.7) is down since 2023-11-14T22:13:20Z, was up for 1m: refused",
        ),
        (
            transition(DOWN, UP, lasted=0.25),
            "nodes: kube-3 (10.0.0.7) is up since 2023-11-14T22:13:20Z, was down for 250.000ms",
        ),
    ],
)
def test_a_transition_is_one_line(told: Transition, line: str) -> None:
    assert sentence(told) == line


@pytest.mark.parametrize(
    ("after", "level"),
    [(UP, logging.INFO), (DEGRADED, logging.WARNING), (DOWN, logging.ERROR)],
)
def test_the_worse_the_louder(caplog: pytest.LogCaptureFixture, after: Status, level: int) -> None:
    caplog.set_level(logging.INFO)
    told = transition(NEW, after)
    LogSink().note(told)
    assert caplog.record_tuples == [("netwatch.state", level, sentence(told))]


def test_nothing_else_is_worth_a_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    sink, check = LogSink(), a_check()
    target = Target(check, a_target().endpoint)
    sink.begin(check)
    sink.join(target)
    sink.change(target)
    sink.take(a_batch(target, Outcome.OK, Outcome.TIMEOUT, Outcome.LOCAL))
    sink.leave(target)
    sink.end(check)
    assert not caplog.records
