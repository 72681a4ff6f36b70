import math

import pytest

from netwatch.model import Batch, Oddity, Outcome, Target
from netwatch.sinks.summary import PingSummary, SummarySink, exit_code, verdict
from netwatch.sinks.trouble import Trouble
from tests.nouns import a_batch, a_check, a_result, a_target

OK, TIMEOUT, REFUSED, LOCAL = Outcome.OK, Outcome.TIMEOUT, Outcome.REFUSED, Outcome.LOCAL


def summed(
    *outcomes: Outcome,
    name: str = "10.0.0.7",
    unsent: tuple[Outcome, ...] = (),
    expects_loss: bool = False,
) -> PingSummary:
    check = a_check(expects_loss=expects_loss)
    sink, target = SummarySink(), a_target(name, "10.0.0.7", check=check)
    sink.join(target)
    sink.take(a_batch(target, *outcomes))
    sink.take(a_batch(target, *unsent, accepted=False))
    (summary,) = sink.pings
    return summary


WELL, SILENT, LOSSY = (OK, OK), (TIMEOUT, REFUSED), (OK, TIMEOUT)


# Figures


def test_figures_are_of_all_replies() -> None:
    sink, target = SummarySink(), a_target()
    sink.join(target)
    for milliseconds in range(1, 101):
        sink.take(a_batch(target, OK, duration=milliseconds / 1000))
    figures = sink.pings[0].figures()
    assert figures is not None
    assert list(figures) == ["min", "mean", "p50", "p90", "p99", "max", "stddev"]
    assert [round(figures[name] * 1000, 4) for name in ("min", "mean", "max")] == [1, 50.5, 100]
    assert [figures[name] * 1000 for name in ("p50", "p90", "p99")] == [50, 90, 99]


def test_without_a_reply_there_are_no_figures_and_no_zero() -> None:
    assert summed(*SILENT).figures() is None
    assert summed().figures() is None


def test_a_reply_without_a_duration_is_received_all_the_same() -> None:
    sink, target = SummarySink(), a_target()
    sink.join(target)
    sink.take(a_batch(target, OK, duration=math.nan))
    (summary,) = sink.pings
    assert (summary.tally.received, summary.is_well, summary.figures()) == (1, True, None)


# What went wrong


@pytest.mark.parametrize(
    ("summary", "loss", "is_well", "trouble"),
    [
        (summed(*WELL), 0, True, None),
        (summed(*LOSSY), 0.5, False, Trouble.LOSSY),
        (summed(*SILENT), 1, False, Trouble.SILENT),
        (summed(), None, False, Trouble.UNKNOWN),
        (summed(unsent=(Outcome.BLOCKED,)), None, False, Trouble.SILENT),
        (summed(OK, unsent=(Outcome.BLOCKED,)), 0, False, Trouble.LOSSY),
        (summed(OK, LOCAL), 0.5, False, Trouble.OURS),
        (summed(OK, unsent=(LOCAL,)), 0, False, Trouble.OURS),
    ],
)
def test_a_summary_says_how_its_target_is(
    summary: PingSummary, loss: float | None, *, is_well: bool, trouble: Trouble | None
) -> None:
    assert (summary.loss, summary.is_well, summary.trouble) == (loss, is_well, trouble)


@pytest.mark.parametrize(
    ("summary", "code", "words"),
    [
        (summed(*SILENT, expects_loss=True), 0, "does not answer, as it should"),
        (summed(unsent=(Outcome.BLOCKED,), expects_loss=True), 0, "does not answer, as it should"),
        (summed(*LOSSY, expects_loss=True), 1, "answers, and should not"),
        (summed(unsent=(Outcome.RESOLVE,), expects_loss=True), 1, "fails"),
        (summed(TIMEOUT, LOCAL, expects_loss=True), 2, "could not be measured"),
        (summed(expects_loss=True), 2, "is not known yet"),
    ],
)
def test_where_loss_is_expected_silence_is_well(
    summary: PingSummary, code: int, words: str
) -> None:
    assert (exit_code([summary]), verdict([summary])) == (code, f"10.0.0.7 {words}.")


def test_reasons_are_counted_in_words_the_unsent_too() -> None:
    sink, target = SummarySink(), a_target()
    sink.join(target)
    sink.take(a_batch(target, OK, TIMEOUT, TIMEOUT))
    sink.take(a_batch(target, REFUSED, detail="port unreachable"))
    sink.take(a_batch(target, Outcome.BLOCKED, detail="a firewall", accepted=False))
    assert sink.pings[0].reasons == {
        "timeout": 2,
        "refused: port unreachable": 1,
        "blocked: a firewall": 1,
    }


def test_oddities_are_counted() -> None:
    sink, target = SummarySink(), a_target()
    sink.join(target)
    sink.take(Batch(oddities=[(target, Oddity.LATE), (target, Oddity.LATE)]))
    assert sink.pings[0].tally.late == 2


def test_summaries_are_in_the_order_of_joining() -> None:
    sink = SummarySink()
    targets = [a_target(name) for name in "cab"]
    for target in targets:
        sink.join(target)
    sink.take(a_batch(targets[2], OK))
    assert [summary.target for summary in sink.pings] == targets


# The sentence, and the exit code


@pytest.mark.parametrize(
    ("summaries", "sentence", "code"),
    [
        ([WELL], "10.0.0.7 answers.", 0),
        ([WELL, WELL], "All 2 targets answer.", 0),
        ([SILENT], "10.0.0.7 does not answer.", 1),
        ([LOSSY], "10.0.0.7 loses packets.", 1),
        ([WELL, SILENT], "1 of 2 targets does not answer.", 1),
        ([SILENT, SILENT], "2 of 2 targets do not answer.", 1),
        ([WELL, LOSSY], "1 of 2 targets loses packets.", 1),
        ([LOSSY, LOSSY, WELL], "2 of 3 targets lose packets.", 1),
        (
            [SILENT, LOSSY, LOSSY],
            "1 of 3 targets does not answer, 2 of 3 targets lose packets.",
            1,
        ),
        ([()], "10.0.0.7 is not known yet.", 2),
        ([(OK, LOCAL)], "10.0.0.7 could not be measured.", 2),
        (
            [SILENT, (OK, LOCAL)],
            "1 of 2 targets could not be measured, 1 of 2 targets does not answer.",
            2,
        ),
    ],
)
def test_the_verdict_is_a_sentence_and_an_exit_code(
    summaries: list[tuple[Outcome, ...]], sentence: str, code: int
) -> None:
    found = [summed(*outcomes) for outcomes in summaries]
    assert verdict(found) == sentence
    assert exit_code(found) == code


def test_no_target_at_all_is_never_well() -> None:
    assert verdict([]) == "There is nothing to probe: no source names a target."
    assert exit_code([]) == 2


def test_a_target_is_named_as_people_know_it() -> None:
    assert verdict([summed(*WELL, name="wiki")]) == "wiki (10.0.0.7) answers."
    unresolved = SummarySink()
    unresolved.join(target := Target(a_target().check, a_target("wiki", "").endpoint))
    unresolved.take(a_batch(target, Outcome.RESOLVE, accepted=False))
    assert verdict(unresolved.pings) == "wiki does not answer."
    assert exit_code(unresolved.pings) == 1


# Pings beside attempts


def test_pings_come_first_and_each_kind_has_its_words() -> None:
    sink = SummarySink()
    knocked, pinged = a_target("wiki", check=a_check("web", probe="knock")), a_target("gateway")
    sink.join(knocked)
    sink.join(pinged)
    sink.observe(a_result(OK, target=knocked))
    sink.take(a_batch(pinged, OK))
    assert [summary.target for summary in sink.summaries] == [pinged, knocked]
    assert verdict(sink.pings) == "gateway (10.0.0.7) answers."
    assert verdict(sink.attempts) == "wiki (10.0.0.7) is well."
    assert verdict(sink.summaries) == "All 2 targets are well."
    sink.observe(a_result(TIMEOUT, target=knocked))
    assert verdict(sink.summaries) == "1 of 2 targets fails at times."
    assert exit_code(sink.summaries) == 1
