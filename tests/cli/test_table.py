from collections.abc import Sequence
from dataclasses import replace

import pytest

from netwatch.cli.table import table
from netwatch.model import Batch, Check, Oddity, Outcome, Target
from netwatch.sinks.summary import SummarySink
from tests.nouns import a_batch, a_check, a_target

OK, TIMEOUT, UNREACHABLE = Outcome.OK, Outcome.TIMEOUT, Outcome.UNREACHABLE


class Run:
    """What a one-shot run measured."""

    def __init__(self, check: Check | None = None) -> None:
        self.check = check or a_check()
        self.sink = SummarySink()

    def target(self, name: str = "10.0.0.7", address: str = "10.0.0.7") -> Target:
        target = a_target(name, address, check=self.check)
        self.sink.join(target)
        return target

    def lines(self, *, by_check: bool = False) -> Sequence[str]:
        return table(self.sink.pings, by_check=by_check)


@pytest.fixture
def run() -> Run:
    return Run()


def test_a_run_is_shown_as_in_the_readme(run: Run) -> None:
    well, silent = run.target(), run.target("10.0.0.9", "10.0.0.9")
    run.sink.take(a_batch(well, *[OK] * 19, duration=0.000112))
    run.sink.take(a_batch(well, OK, duration=0.000204))
    run.sink.take(a_batch(silent, *[UNREACHABLE] * 18, detail="no route to host"))
    run.sink.take(a_batch(silent, TIMEOUT, TIMEOUT))
    run.sink.take(Batch(oddities=[(well, Oddity.DUPLICATE)]))
    assert run.lines() == [
        " target    sent  recv   loss      min     mean      p99      max  late  dup  hop",
        " 10.0.0.7    20    20    0 %  0.112ms  0.117ms  0.204ms  0.204ms     0    1   64",
        " 10.0.0.9    20     0  100 %  unreachable: no route to host (18), timeout (2)",
    ]


def test_a_lossy_target_has_its_figures_and_a_reason_that_loss_does_not_tell(run: Run) -> None:
    timeouts, others = run.target("a", "a"), run.target("b", "b")
    run.sink.take(a_batch(timeouts, OK, TIMEOUT))
    run.sink.take(a_batch(others, OK))
    run.sink.take(a_batch(others, UNREACHABLE, detail="no route"))
    _, first, second = run.lines()
    assert first.endswith(" 64")
    assert second.endswith(" 64  unreachable: no route (1)")


def test_what_could_not_be_sent_has_no_loss_and_says_why(run: Run) -> None:
    target = run.target("wiki", "")
    run.sink.take(a_batch(target, Outcome.RESOLVE, detail="no such name", accepted=False))
    assert run.lines()[1] == " wiki       0     0     -  resolve: no such name (1)"


def test_before_the_first_reply_there_are_only_counts(run: Run) -> None:
    run.target()
    assert run.lines() == [
        " target    sent  recv  loss  min  mean  p99  max  late  dup  hop",
        " 10.0.0.7     0     0     -",
    ]


@pytest.mark.parametrize(
    ("received", "lost", "loss"),
    [(1, 0, "0 %"), (999, 1, "0.1 %"), (200, 1, "0.5 %"), (19, 1, "5 %"), (2, 1, "33 %")],
)
def test_a_small_loss_is_not_rounded_away(run: Run, received: int, lost: int, loss: str) -> None:
    target = run.target()
    run.sink.take(a_batch(target, *[OK] * received, *[TIMEOUT] * lost))
    assert f" {loss} " in run.lines()[1]


def test_zones_and_states_are_told_where_any_is_known(run: Run) -> None:
    east, unknown = run.target("kube-1", ""), run.target("kube-2", "")
    east.endpoint = replace(east.endpoint, zone="east", state="not_ready")
    run.sink.take(a_batch(east, TIMEOUT))
    run.sink.take(a_batch(unknown, OK))
    head, first, second = run.lines()
    assert head.startswith(" target  zone  state      sent  recv   loss ")
    assert first == " kube-1  east  not ready     1     0  100 %  timeout (1)"
    assert second.startswith(" kube-2                      1     1    0 % ")
    assert "not ready" not in "".join(run.lines(by_check=True))


def test_many_checks_are_named_before_their_targets() -> None:
    run = Run(a_check("gateway"))
    run.target()
    assert run.lines(by_check=True)[1].startswith(" gateway: 10.0.0.7 ")
    assert run.lines()[1].startswith(" 10.0.0.7 ")


def test_a_target_is_shown_with_its_address_where_that_says_more(run: Run) -> None:
    run.target("wiki")
    assert run.lines()[1].startswith(" wiki (10.0.0.7) ")
