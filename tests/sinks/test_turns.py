import logging

import pytest

from netwatch.model import Batch, Check, Outcome, Status, Target, Transition
from netwatch.sinks.turns import MOST_KEPT, TurnsSink
from tests.nouns import a_batch, a_check, a_result, a_target

OK, TIMEOUT, REFUSED, LOCAL = Outcome.OK, Outcome.TIMEOUT, Outcome.REFUSED, Outcome.LOCAL
ROTATION = 600.0


class Turning:
    """The sink, with one check and a clock that is turned by hand."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0
        self.sink = TurnsSink(wall=lambda: self.now)
        self.check = self.begin("nodes")

    def begin(self, name: str) -> Check:
        check = a_check(name, rotation=ROTATION)
        self.sink.begin(check)
        return check

    def join(self, name: str, check: Check | None = None) -> Target:
        endpoint = a_target(name).endpoint
        target = Target(check or self.check, endpoint, is_rotating=True)
        self.sink.join(target)
        return target

    def take_turn(
        self,
        name: str,
        *outcomes: Outcome,
        duration: float = 0.001,
        detail: str = "",
        check: Check | None = None,
    ) -> None:
        target = self.join(name, check)
        batch = a_batch(target, *outcomes, started=self.now, duration=duration, detail=detail)
        self.sink.take(batch)
        self.sink.leave(target)

    @property
    def names(self) -> list[str]:
        return [turn.target.endpoint.name for turn in self.sink.worst()]


@pytest.fixture
def turning() -> Turning:
    return Turning()


def test_the_worst_are_those_that_lose_most_then_those_that_are_slowest(turning: Turning) -> None:
    turning.take_turn("fast", OK, OK, duration=0.001)
    turning.take_turn("lossy", OK, TIMEOUT)
    turning.take_turn("slow", OK, OK, duration=0.2)
    turning.take_turn("dead", TIMEOUT, TIMEOUT)
    assert turning.names == ["dead", "lossy", "slow", "fast"]


def test_a_turn_tells_when_how_slow_how_lossy_and_why(turning: Turning) -> None:
    target = turning.join("kube-3")
    turning.sink.take(a_batch(target, OK, OK, started=turning.now, duration=0.002))
    turning.sink.take(a_batch(target, TIMEOUT, started=turning.now + 2))
    turning.sink.take(a_batch(target, REFUSED, started=turning.now + 3, detail="by host"))
    assert turning.sink.worst() == []  # it is not over
    turning.sink.leave(target)
    (turn,) = turning.sink.worst()
    assert (turn.target, turn.latest, turn.loss) == (target, turning.now + 3, 0.5)
    assert turn.mean_seconds == pytest.approx(0.002)
    assert turn.why == "timeout (1), refused: by host (1)"


def test_attempts_are_taken_as_pings_are(turning: Turning) -> None:
    target = turning.join("kube-3")
    turning.sink.observe(a_result(OK, target=target, started=turning.now, duration=0.25))
    turning.sink.observe(a_result(REFUSED, target=target, started=turning.now, detail="by host"))
    turning.sink.leave(target)
    (turn,) = turning.sink.worst()
    assert (turn.loss, turn.mean_seconds, turn.why) == (0.5, 0.25, "refused: by host (1)")


def test_the_latest_turn_of_a_pair_takes_the_place_of_the_one_before(turning: Turning) -> None:
    turning.take_turn("kube-3", TIMEOUT, TIMEOUT)
    turning.now += ROTATION
    turning.take_turn("kube-3", OK, OK)
    (turn,) = turning.sink.worst()
    assert turn.loss == 0


def test_no_more_are_kept_than_anybody_reads_and_those_are_the_worst(turning: Turning) -> None:
    for number in range(3 * MOST_KEPT):
        turning.take_turn(f"kube-{number}", OK, duration=0.001 * number)
    assert turning.names == [f"kube-{3 * MOST_KEPT - 1 - rank}" for rank in range(MOST_KEPT)]


def test_who_is_not_met_again_is_forgotten(turning: Turning) -> None:
    turning.take_turn("gone", TIMEOUT)
    turning.now += ROTATION
    assert turning.names == ["gone"]
    turning.now += ROTATION
    assert turning.names == []


def test_the_pairs_of_a_check_go_with_it(turning: Turning) -> None:
    other = turning.begin("web")
    turning.take_turn("kube-3", TIMEOUT)
    turning.take_turn("kube-4", TIMEOUT, check=other)
    turning.sink.end(turning.check)
    assert turning.names == ["kube-4"]


def test_our_own_faults_are_not_those_of_a_pair(turning: Turning) -> None:
    turning.take_turn("unlucky", LOCAL, LOCAL, LOCAL)
    turning.take_turn("kube-3", LOCAL, OK)
    (turn,) = turning.sink.worst()
    assert (turn.target.endpoint.name, turn.loss) == ("kube-3", 0)


def test_targets_that_are_probed_all_the_time_are_none_of_its_business(
    turning: Turning, caplog: pytest.LogCaptureFixture
) -> None:
    target = a_target(check=turning.check)
    turning.join("kube-3")
    turning.sink.join(target)
    turning.sink.change(target)
    turning.sink.take(a_batch(target, *[TIMEOUT] * 9))
    turning.sink.observe(a_result(TIMEOUT, target=target))
    turning.sink.note(Transition(target, Status.NEW, Status.DOWN, 0.0, 0.0, ""))
    turning.sink.leave(target)
    assert (turning.names, caplog.messages) == ([], [])


def test_who_does_not_answer_is_logged_once_a_turn(
    turning: Turning, caplog: pytest.LogCaptureFixture
) -> None:
    turning.take_turn("kube-3", *[TIMEOUT] * 5)
    turning.take_turn("kube-4", OK, *[TIMEOUT] * 4)
    turning.take_turn("kube-5", TIMEOUT, TIMEOUT)  # it was cut short
    line = "nodes: kube-3 (10.0.0.7) did not answer in its turn: timeout (3)"
    assert caplog.record_tuples == [("netwatch.turns", logging.WARNING, line)]
    turning.take_turn("kube-3", *[TIMEOUT] * 5)
    assert caplog.messages == [line, line]


def test_a_batch_of_many_is_told_apart_by_its_rows(turning: Turning) -> None:
    first, second = turning.join("kube-3"), turning.join("kube-4")
    batch = Batch()
    batch.add(first, turning.now, OK, duration=0.001)
    batch.add(second, turning.now, OK)  # the clock was set: nobody knows how long it took
    turning.sink.take(batch)
    turning.sink.leave(first)
    turning.sink.leave(second)
    found = {turn.target.endpoint.name: turn.mean_seconds for turn in turning.sink.worst()}
    assert found == {"kube-3": 0.001, "kube-4": None}
