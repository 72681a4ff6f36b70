from netwatch.cli.attempts_table import attempt_lines, attempts_table
from netwatch.exposition.family import Family, Kind
from netwatch.model import Outcome
from netwatch.sinks.attempts import AttemptSummary
from tests.nouns import a_check, a_result, a_target


def summed(name: str, *outcomes: Outcome, phases: dict[str, float]) -> AttemptSummary:
    summary = AttemptSummary(a_target(name, name, check=a_check("web", probe="knock")))
    for outcome in outcomes:
        result = a_result(outcome, target=summary.target, duration=0.012, phases=phases)
        summary.count(result)
    return summary


def test_each_target_has_its_counts_durations_phases_and_reasons() -> None:
    ok, refused, timeout = Outcome.OK, Outcome.REFUSED, Outcome.TIMEOUT
    summaries = [
        summed("wiki", ok, ok, phases={"connect": 0.001, "tls": 0.0105}),
        summed("gateway", ok, timeout, phases={"connect": 0.002}),
        summed("mail", refused, refused, timeout, phases={}),
    ]
    assert attempts_table(summaries) == [
        " target   attempts  ok  failed      mean       max  connect       tls",
        " wiki            2   2       0  12.000ms  12.000ms  1.000ms  10.500ms",
        " gateway         2   1       1  12.000ms  12.000ms  2.000ms            timeout (1)",
        " mail            3   0       3  refused (2), timeout (1)",
    ]
    assert attempts_table(summaries, by_check=True)[1].startswith(" web: wiki ")


def test_before_the_first_attempt_ends_there_are_only_counts() -> None:
    assert attempts_table([summed("wiki", phases={})])[1] == " wiki           0   0       0"


def gauge(key: str, *, name: str = "", unit: str = "", label: str = "") -> Family:
    return Family(
        name=f"knock_{name or key}", kind=Kind.GAUGE, help="", key=key, unit=unit, label=label
    )


FAMILIES = (
    gauge("status"),
    gauge("share"),
    gauge("version", label="version"),
    gauge("lost", label="port"),
    gauge("rtt_min", name="rtt_min_seconds", unit="seconds"),
    gauge("ttl", name="ttl_seconds", unit="seconds"),
    gauge("not_after", name="not_after_timestamp_seconds", unit="seconds"),
)


def test_a_single_attempt_is_shown_with_all_that_it_gave_in_the_units_of_people() -> None:
    result = a_result(
        duration=0.012,
        phases={"connect": 0.001, "tls": 0.0105},
        values={
            "status": 200.0,
            "share": 0.25,
            "version": {"1.3": 1},
            "lost": {"40001": 1, "40002": 1, "40003": 0},
            "rtt_min": 0.00010350000000000001,
            "ttl": 300,
            "not_after": 784111777.0,
        },
    )
    assert attempt_lines(result, FAMILIES) == [
        " wiki (10.0.0.7)",
        "   outcome    ok",
        "   connect    1.000ms",
        "   tls        10.500ms",
        "   total      12.000ms",
        "   status     200",
        "   share      0.25",
        "   version    1.3",
        "   lost       40001 1, 40002 1, 40003 0",
        "   rtt_min    0.104ms",
        "   ttl        5m",
        "   not_after  1994-11-06T08:49:37Z",
    ]


def test_a_failed_attempt_says_why_and_has_no_total() -> None:
    result = a_result(Outcome.REFUSED, detail="Connection refused (connect)")
    assert attempt_lines(result, FAMILIES) == [
        " wiki (10.0.0.7)",
        "   outcome  refused: Connection refused (connect)",
    ]
