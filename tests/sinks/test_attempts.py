import pytest

from netwatch.model import Outcome
from netwatch.sinks.attempts import AttemptSummary, said
from netwatch.sinks.trouble import Trouble
from tests.nouns import a_result, a_target

OK, TIMEOUT, LOCAL = Outcome.OK, Outcome.TIMEOUT, Outcome.LOCAL


def summed(*outcomes: Outcome) -> AttemptSummary:
    summary = AttemptSummary(a_target())
    for outcome in outcomes:
        summary.count(a_result(outcome, target=summary.target))
    return summary


@pytest.mark.parametrize(
    ("outcomes", "trouble"),
    [
        ((OK, OK), None),
        ((), Trouble.UNKNOWN),
        ((TIMEOUT, TIMEOUT), Trouble.FAILING),
        ((TIMEOUT, OK), Trouble.UNSTEADY),
        ((OK, LOCAL), Trouble.OURS),
        ((Outcome.ABSENT,), Trouble.ABSENT),
        ((OK, Outcome.ABSENT), Trouble.UNSTEADY),
    ],
)
def test_what_is_wrong_follows_from_how_attempts_ended(
    outcomes: tuple[Outcome, ...], trouble: Trouble | None
) -> None:
    summary = summed(*outcomes)
    assert summary.trouble is trouble
    assert summary.is_well is (trouble is None)


def test_figures_and_phases_are_those_of_successes() -> None:
    summary = AttemptSummary(a_target())
    assert (summary.figures(), summary.phases) == (None, {})
    summary.count(a_result(duration=1.0, phases={"connect": 0.5, "tls": 0.1}))
    summary.count(a_result(duration=2.0, phases={"connect": 1.0}))
    summary.count(a_result(TIMEOUT, phases={"connect": 99.0}))
    figures = summary.figures()
    assert figures is not None
    assert (figures["min"], figures["mean"], figures["max"]) == (1, 1.5, 2)
    assert summary.phases == {"connect": 0.75, "tls": 0.1}


def test_reasons_are_counted_in_words() -> None:
    summary = summed(OK, TIMEOUT, TIMEOUT)
    summary.count(a_result(Outcome.REFUSED, target=summary.target, detail="by host"))
    assert summary.reasons == {"timeout": 2, "refused: by host": 1}
    assert said(a_result(OK)) == "ok"
