from io import StringIO

from netwatch.cli.trace import Trace
from netwatch.model import Outcome
from tests.nouns import a_batch, a_result, a_target


class Watched:
    """A trace on a clock that is turned by hand."""

    def __init__(self) -> None:
        self.file = StringIO()
        self.seconds = 0.0
        self.trace = Trace(self.file, lambda: self.seconds)

    @property
    def lines(self) -> list[str]:
        return self.file.getvalue().splitlines()


def test_each_step_has_the_time_since_its_attempt_began() -> None:
    watched = Watched()
    a, b = a_target("a", "a"), a_target("b", "b")
    note_a = watched.trace.watch(a)
    watched.seconds = 1.0
    note_b = watched.trace.watch(b)
    note_a("connected")
    watched.seconds = 1.5
    note_b("connected, too")
    watched.trace.observe(a_result(target=b, phases={"connect": 0.25, "tls": 0.1}))
    watched.trace.observe(a_result(Outcome.MISMATCH, target=a, detail="no hello (answer)"))
    assert watched.lines == [
        "a   1000.000ms  connected",
        "b    500.000ms  connected, too",
        "b    500.000ms  ok (connect 250.000ms, tls 100.000ms)",
        "a   1500.000ms  mismatch: no hello (answer)",
    ]


def test_the_next_attempt_begins_at_zero() -> None:
    watched = Watched()
    target = a_target("a", "a")
    watched.trace.watch(target)
    watched.seconds = 9.0
    watched.trace.watch(target)("again")
    assert watched.lines == ["a      0.000ms  again"]


def test_pings_have_no_steps() -> None:
    watched = Watched()
    watched.trace.take(a_batch(a_target(), Outcome.OK))
    assert watched.lines == []


def test_without_a_file_nothing_is_written() -> None:
    trace, target = Trace(None), a_target()
    trace.watch(target)("unseen")
    trace.observe(a_result(target=target))
