from dataclasses import dataclass, field, replace

import pytest

from netwatch.endpoint import Life
from netwatch.model import Batch, Check, Oddity, Outcome, Result, Sink, Status, Target, Transition
from netwatch.state import StateOptions
from netwatch.tracking import Tracker
from tests.nouns import a_batch, a_check, a_result, a_target

OK, TIMEOUT, REFUSED, LOCAL = Outcome.OK, Outcome.TIMEOUT, Outcome.REFUSED, Outcome.LOCAL
NEW, UP, DEGRADED, DOWN = Status.NEW, Status.UP, Status.DEGRADED, Status.DOWN
EPOCH = 1_700_000_000.0


@dataclass
class Diary(Sink):
    """A sink that writes down what it is told, in order."""

    told: list[tuple[str, object]] = field(default_factory=list)

    def begin(self, check: Check) -> None:
        self.told.append(("begin", check))

    def end(self, check: Check) -> None:
        self.told.append(("end", check))

    def join(self, target: Target) -> None:
        self.told.append(("join", target))

    def change(self, target: Target) -> None:
        self.told.append(("change", target))

    def leave(self, target: Target) -> None:
        self.told.append(("leave", target))

    def take(self, batch: Batch) -> None:
        self.told.append(("take", batch))

    def observe(self, result: Result) -> None:
        self.told.append(("observe", result))

    def note(self, transition: Transition) -> None:
        self.told.append(("note", transition))

    @property
    def transitions(self) -> list[Transition]:
        return [what for _, what in self.told if isinstance(what, Transition)]


@dataclass
class Day:
    """One target on clocks that are turned by hand, a second a result."""

    options: StateOptions = field(default_factory=StateOptions)
    seconds: float = 0.0
    expects_loss: bool = False

    def __post_init__(self) -> None:
        self.diary = Diary()
        self.tracker = Tracker([self.diary], now=lambda: self.seconds, wall=self.wall)
        self.target = a_target("wiki", check=a_check("nodes", expects_loss=self.expects_loss))
        self.tracker.begin(self.target.check, self.options)
        self.tracker.join(self.target)

    def wall(self) -> float:
        return EPOCH + self.seconds

    def pass_with(self, *outcomes: Outcome, detail: str = "", duration: float = 0.001) -> None:
        for outcome in outcomes:
            self.seconds += 1
            batch = a_batch(
                self.target, outcome, started=self.wall() - 0.5, detail=detail, duration=duration
            )
            self.tracker.take(batch)

    @property
    def statuses(self) -> list[Status]:
        return [transition.after for transition in self.diary.transitions]

    @property
    def why(self) -> str:
        (standing,) = self.tracker.standings()
        return standing.why


@pytest.fixture
def day() -> Day:
    return Day()


def test_every_sink_is_told_everything_in_order() -> None:
    sinks = [Diary(), Diary()]
    tracker = Tracker(sinks)
    target = a_target()
    batch = a_batch(target, OK)
    tracker.begin(target.check, StateOptions())
    tracker.join(target)
    tracker.change(target)
    tracker.take(batch)
    tracker.leave(target)
    tracker.end(target.check)
    words = ["begin", "join", "change", "take", "note", "leave", "end"]
    assert [[word for word, _ in sink.told] for sink in sinks] == [words, words]
    assert sinks[0].told[3] == ("take", batch)


def test_the_first_answer_is_a_transition_since_it_was_asked_for(day: Day) -> None:
    day.pass_with(OK)
    assert day.diary.transitions == [
        Transition(day.target, NEW, UP, since=EPOCH + 0.5, lasted=0.5, detail="")
    ]


def test_there_is_no_transition_per_packet(day: Day) -> None:
    day.pass_with(*[OK] * 50, *[TIMEOUT] * 50, *[OK] * 50)
    assert day.statuses == [UP, DOWN, UP]


def test_where_loss_is_expected_who_answers_is_down_and_who_does_not_is_up() -> None:
    day = Day(expects_loss=True)
    day.pass_with(*[TIMEOUT] * 50, *[REFUSED] * 3)
    assert day.statuses == [UP]
    day.pass_with(*[OK] * 3)
    assert day.statuses == [UP, DOWN]
    assert day.why == "mismatch: it answers, which is expected to fail (3)"
    day.pass_with(*[TIMEOUT] * 3)
    assert day.statuses == [UP, DOWN, UP]


@pytest.mark.parametrize("outcome", [Outcome.RESOLVE, Outcome.LOCAL])
def test_where_loss_is_expected_what_was_not_sent_is_no_proof(outcome: Outcome) -> None:
    day = Day(expects_loss=True)
    day.pass_with(*[outcome] * 3, detail="not asked")
    assert UP not in day.statuses
    assert "not asked" in day.why


def test_where_loss_is_expected_how_fast_an_answer_is_does_not_matter() -> None:
    patient = StateOptions.model_validate({"degraded_latency": "10ms", "down_after": 100})
    day = Day(patient, expects_loss=True)
    day.pass_with(TIMEOUT, *[OK] * 20, duration=5.0)
    assert day.statuses == [UP, DEGRADED]
    assert day.why == "95% of the last results failed"


def test_a_target_is_down_since_its_streak_of_failures_began(day: Day) -> None:
    day.pass_with(OK, *[TIMEOUT] * 3)
    down = day.diary.transitions[-1]
    assert (down.before, down.after) == (UP, DOWN)
    assert down.since == EPOCH + 1.5
    assert down.lasted == 1.0  # up from 0.5 to 1.5


def test_a_target_is_up_again_since_its_streak_of_successes_began(day: Day) -> None:
    day.pass_with(OK, *[TIMEOUT] * 10, *[OK] * 3)
    up = day.diary.transitions[-1]
    assert (up.before, up.after, up.detail) == (DOWN, UP, "")
    assert up.since == EPOCH + 11.5
    assert up.lasted == 10.0  # down from 1.5 to 11.5


def test_a_target_is_degraded_since_that_was_noticed(day: Day) -> None:
    day.pass_with(*[OK] * 9, TIMEOUT)
    degraded = day.diary.transitions[-1]
    assert (degraded.before, degraded.after) == (UP, DEGRADED)
    assert degraded.since == EPOCH + 10
    assert degraded.lasted == 9.5
    day.pass_with(*[TIMEOUT] * 2)
    down = day.diary.transitions[-1]
    assert (down.before, down.since, down.lasted) == (DEGRADED, EPOCH + 9.5, 0)


def test_the_cause_of_an_outage_is_each_reason_with_how_often(day: Day) -> None:
    day.pass_with(OK, REFUSED, OK)
    day.pass_with(TIMEOUT, TIMEOUT)
    day.pass_with(REFUSED, detail="port unreachable")
    assert day.diary.transitions[-1].detail == "timeout (2), refused: port unreachable (1)"


def test_the_cause_of_a_degradation_is_what_degraded() -> None:
    day = Day(StateOptions.model_validate({"degraded_latency": "100ms"}))
    day.pass_with(*[OK] * 9, TIMEOUT)
    assert day.diary.transitions[-1].detail == "10% of the last results failed"
    day = Day(StateOptions.model_validate({"degraded_latency": "100ms"}))
    day.pass_with(*[OK] * 10, duration=0.5)
    assert day.diary.transitions[-1].detail == "slow"
    day.pass_with(*[TIMEOUT, OK] * 2, duration=0.5)
    assert day.why == "14% of the last results failed, slow"


def test_our_own_failures_are_counted_and_say_nothing_about_a_target(day: Day) -> None:
    day.pass_with(OK, TIMEOUT, TIMEOUT, *[LOCAL] * 50)
    assert day.statuses == [UP]
    assert day.tracker.local_errors == {"nodes": 50}
    day.pass_with(TIMEOUT)  # and they do not break a streak either
    assert day.statuses == [UP, DOWN]
    day.pass_with(OK, OK, LOCAL, OK)
    assert day.statuses == [UP, DOWN, UP]


def test_packets_that_did_not_leave_count_against_the_target(day: Day) -> None:
    for _ in range(3):
        day.seconds += 1
        day.tracker.take(a_batch(day.target, Outcome.BLOCKED, accepted=False))
    assert day.statuses == [DOWN]


def test_a_batch_of_many_targets_moves_each_by_its_own_rows(day: Day) -> None:
    other = a_target("other", "10.0.0.8", check=day.target.check)
    day.tracker.join(other)
    batch = a_batch(day.target, OK)
    batch.add(other, EPOCH, TIMEOUT)
    batch.oddities.append((other, Oddity.LATE))
    day.tracker.take(batch)
    assert [transition.target for transition in day.diary.transitions] == [day.target]
    assert [standing.status for standing in day.tracker.standings()] == [UP, NEW]


def test_a_standing_tells_since_when_how_lossy_and_why(day: Day) -> None:
    day.pass_with(OK, OK, TIMEOUT)
    (standing,) = day.tracker.standings()
    assert (standing.target, standing.status, standing.since) == (day.target, UP, EPOCH + 0.5)
    assert standing.loss == pytest.approx(1 / 3)
    assert standing.why == "timeout (1)"


def test_a_standing_says_why_while_the_target_comes_back(day: Day) -> None:
    day.pass_with(OK, *[TIMEOUT] * 5)
    assert day.why == "timeout (5)"
    day.pass_with(OK)
    assert day.why == "timeout (5)"
    day.pass_with(OK, OK)
    assert day.why == ""


def test_a_target_that_left_has_no_standing(day: Day) -> None:
    day.tracker.leave(day.target)
    assert list(day.tracker.standings()) == []


def test_a_target_that_comes_back_starts_anew(day: Day) -> None:
    day.pass_with(OK, *[TIMEOUT] * 3)
    day.tracker.leave(day.target)
    day.tracker.join(day.target)
    assert [standing.status for standing in day.tracker.standings()] == [NEW]


def test_own_trouble_is_told_once_a_check_and_when_it_is_over() -> None:
    told: list[str] = []
    good: list[str] = []
    tracker = Tracker([], complain=told.append, relieve=good.append)
    check = a_check("nodes")
    first, second = a_target("a", check=check), a_target("b", check=check)
    tracker.begin(check, StateOptions())
    tracker.join(first)
    tracker.join(second)
    for _ in range(3):
        tracker.take(a_batch(first, Outcome.LOCAL, detail="no such device", accepted=False))
        tracker.take(a_batch(second, Outcome.LOCAL, detail="no such device", accepted=False))
    assert told == ["nodes: our own trouble, its targets are not judged: no such device"]
    why = "not measured: no such device"
    assert [standing.why for standing in tracker.standings()] == [why, why]
    tracker.take(a_batch(first, Outcome.OK))
    assert good == []
    tracker.take(a_batch(second, Outcome.OK))
    assert (len(told), good) == (1, ["nodes: our own trouble is over"])
    assert [standing.why for standing in tracker.standings()] == ["", ""]


def test_what_is_absent_is_not_judged_and_says_so(day: Day) -> None:
    for _ in range(5):
        day.seconds += 1
        day.tracker.observe(a_result(Outcome.ABSENT, target=day.target, detail="nobody is there"))
    (standing,) = day.tracker.standings()
    assert (standing.status, standing.why) == (NEW, "absent: nobody is there")
    day.tracker.observe(a_result(OK, target=day.target))
    assert day.statuses == [UP]
    assert day.why == ""
    assert day.tracker.local_errors == {}


# Single results


def test_single_results_are_judged_as_those_of_a_batch(day: Day) -> None:
    for outcome in (OK, REFUSED, REFUSED, REFUSED, LOCAL, OK, OK, OK):
        day.seconds += 1
        started = day.wall() - 0.5
        day.tracker.observe(a_result(outcome, target=day.target, started=started, detail="by host"))
    assert day.statuses == [UP, DOWN, UP]
    down = day.diary.transitions[1]
    assert (down.since, down.detail) == (EPOCH + 1.5, "refused: by host (3)")
    assert day.tracker.local_errors == {"nodes": 1}


def test_a_single_result_reaches_the_sinks_before_what_it_changed(day: Day) -> None:
    result = a_result(target=day.target)
    day.tracker.observe(result)
    assert day.diary.told[-2:] == [("observe", result), ("note", day.diary.transitions[0])]


def test_slow_attempts_degrade() -> None:
    day = Day(StateOptions.model_validate({"degraded_latency": "100ms"}))
    for _ in range(10):
        day.seconds += 1
        day.tracker.observe(a_result(target=day.target, duration=0.5))
    assert day.statuses == [UP, DEGRADED]


# Turns


def test_a_target_in_its_turn_is_told_of_and_not_judged(day: Day) -> None:
    rotating = Target(day.target.check, a_target("kube-3").endpoint, is_rotating=True)
    day.tracker.join(rotating)
    for outcome in (*[TIMEOUT] * 5, OK):
        day.seconds += 1
        day.tracker.take(a_batch(rotating, outcome))
        day.tracker.observe(a_result(outcome, target=rotating))
    assert [word for word, _ in day.diary.told[2:]] == ["join", *["take", "observe"] * 6]
    assert [standing.target for standing in day.tracker.standings()] == [day.target]
    day.tracker.leave(rotating)
    assert day.diary.told[-1] == ("leave", rotating)


def test_our_own_failures_in_a_turn_are_counted(day: Day) -> None:
    rotating = Target(day.target.check, a_target("kube-3").endpoint, is_rotating=True)
    day.tracker.join(rotating)
    day.tracker.take(a_batch(rotating, LOCAL, LOCAL, TIMEOUT))
    assert day.tracker.local_errors == {"nodes": 2}


# Coming and leaving


def in_state(day: Day, state: Life) -> None:
    day.target.endpoint = replace(day.target.endpoint, state=state)
    day.tracker.change(day.target)


def test_the_silence_of_a_target_that_leaves_is_no_news(day: Day) -> None:
    day.pass_with(OK)
    in_state(day, "leaving")
    day.pass_with(*[TIMEOUT] * 10)
    assert day.statuses == [UP]
    (standing,) = day.tracker.standings()
    assert standing.status is Status.LEAVING
    day.tracker.leave(day.target)
    assert day.statuses == [UP]
    assert len([word for word, _ in day.diary.told if word == "take"]) == 11


def test_a_target_that_stays_after_all_is_judged_by_what_comes_then(day: Day) -> None:
    day.pass_with(OK)
    in_state(day, "leaving")
    day.pass_with(*[TIMEOUT] * 10)
    in_state(day, "ready")
    day.pass_with(TIMEOUT, TIMEOUT)
    assert day.statuses == [UP]
    day.pass_with(TIMEOUT)
    assert day.statuses == [UP, DOWN]


@pytest.mark.parametrize("state", ["ready", "not_ready", "cordoned", ""])
def test_a_target_in_any_other_state_is_judged(day: Day, state: Life) -> None:
    in_state(day, state)
    day.pass_with(*[TIMEOUT] * 3)
    assert day.statuses == [DOWN]


def test_a_target_that_joins_is_not_down_before_its_grace_is_over(day: Day) -> None:
    in_state(day, "joining")
    day.pass_with(*[TIMEOUT] * 10)
    assert day.statuses == []
    in_state(day, "not_ready")
    day.pass_with(*[TIMEOUT] * 3)
    assert day.statuses == [DOWN]


def test_a_target_that_joins_and_was_up_once_is_judged_as_all_others(day: Day) -> None:
    in_state(day, "joining")
    day.pass_with(TIMEOUT, OK, *[TIMEOUT] * 3)
    assert day.statuses == [UP, DOWN]
