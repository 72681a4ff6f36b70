import json
import math
from dataclasses import replace

import pytest

from netwatch.cli.documents import SCHEMA, attempt_line, result_line, summary_document
from netwatch.model import Batch, Oddity, Outcome, Target
from netwatch.sinks.summary import SummarySink
from tests.nouns import a_batch, a_result, a_target

OK, TIMEOUT, BLOCKED = Outcome.OK, Outcome.TIMEOUT, Outcome.BLOCKED


@pytest.fixture
def target() -> Target:
    return a_target("wiki")


@pytest.fixture
def sink(target: Target) -> SummarySink:
    sink = SummarySink()
    sink.join(target)
    return sink


def test_a_run_is_one_document_that_keeps_its_shape(sink: SummarySink, target: Target) -> None:
    target.endpoint = replace(target.endpoint, zone="a", state="not_ready")
    sink.take(a_batch(target, OK, OK, TIMEOUT, duration=0.5))
    sink.take(a_batch(target, Outcome.REFUSED, detail="port unreachable"))
    sink.take(a_batch(target, BLOCKED, accepted=False))
    sink.take(Batch(oddities=[(target, oddity) for oddity in Oddity]))
    figures = ("min", "mean", "p50", "p90", "p99", "max")
    assert json.loads(json.dumps(summary_document(sink.summaries))) == {
        "schema": "netwatch.probe/1",
        "type": "summary",
        "ok": False,
        "verdict": "wiki (10.0.0.7) loses packets.",
        "complaints": [],
        "targets": [
            {
                "check": "nodes",
                "probe": "icmp",
                "target": "wiki",
                "address": "10.0.0.7",
                "zone": "a",
                "state": "not_ready",
                "ok": False,
                "sent": 4,
                "received": 2,
                "lost": 1,
                "errors": {"refused": 1},
                "unsent": {"blocked": 1},
                "late": 1,
                "duplicates": 1,
                "corrupt": 1,
                "reordered": 1,
                "loss_ratio": 0.5,
                "rtt_seconds": dict.fromkeys(figures, 0.5) | {"stddev": 0.0},
                "hop_limit": 64,
                "reasons": {"timeout": 1, "refused: port unreachable": 1, "blocked": 1},
            }
        ],
    }


def test_all_well_is_ok(sink: SummarySink, target: Target) -> None:
    sink.take(a_batch(target, OK))
    document = summary_document(sink.summaries)
    assert (document["ok"], document["targets"][0]["ok"]) == (True, True)


def test_a_run_without_targets_is_not_ok() -> None:
    document = summary_document([])
    assert (document["ok"], document["targets"]) == (False, [])


def test_what_is_not_known_is_null_and_never_zero() -> None:
    sink = SummarySink()
    sink.join(a_target("wiki", ""))
    (document,) = summary_document(sink.summaries)["targets"]
    for key in ("address", "loss_ratio", "rtt_seconds", "hop_limit"):
        assert document[key] is None


def test_each_result_is_a_line(target: Target) -> None:
    batch = a_batch(target, OK, started=1.5, duration=0.25)
    batch.add(target, 2.5, BLOCKED, detail='a "firewall"\n', duration=math.nan)
    lines = [result_line(result) for result in batch.results()]
    names = {"check": "nodes", "probe": "icmp", "target": "wiki", "address": "10.0.0.7"}
    common = {"schema": SCHEMA, "type": "result", **names}
    assert [json.loads(line) for line in lines] == [
        {**common, "started": 1.5, "outcome": "ok", "duration_seconds": 0.25, "detail": ""},
        {
            **common,
            "started": 2.5,
            "outcome": "blocked",
            "duration_seconds": None,
            "detail": 'a "firewall"\n',
        },
    ]
    assert not any("\n" in line for line in lines)


# Attempts


def test_attempts_have_counts_figures_phases_and_the_latest_values() -> None:
    sink, first = SummarySink(), a_result(phases={"connect": 0.25}, values={"bytes": 5})
    sink.join(first.target)
    sink.observe(first)
    sink.observe(a_result(TIMEOUT, target=first.target, values={"bytes": 6}))
    (document,) = summary_document(sink.summaries)["targets"]
    figures = ("min", "mean", "p50", "p90", "p99", "max")
    assert json.loads(json.dumps(document)) == {
        "check": "web",
        "probe": "knock",
        "target": "wiki",
        "address": "10.0.0.7",
        "zone": None,
        "state": None,
        "ok": False,
        "attempts": 2,
        "successes": 1,
        "failures": {"timeout": 1},
        "duration_seconds": dict.fromkeys(figures, 0.5) | {"stddev": 0.0},
        "phases_seconds": {"connect": 0.25},
        "values": {"bytes": 6},
        "findings": {},
        "reasons": {"timeout": 1},
    }


def test_before_the_first_attempt_has_ended_nothing_is_known() -> None:
    sink = SummarySink()
    sink.join(a_result().target)
    (document,) = summary_document(sink.summaries)["targets"]
    assert (document["attempts"], document["duration_seconds"], document["values"]) == (0, None, {})


def test_each_attempt_is_a_line_with_its_phases_and_values() -> None:
    blocked = a_result(BLOCKED, phases={"resolve": 0.5}, values={"a": {"b": 1}})
    found = {"addresses": ("10.0.0.7",)}
    document = json.loads(attempt_line(replace(blocked, phase="tls", findings=found)))
    assert (document["type"], document["outcome"]) == ("result", "blocked")
    assert (document["failed_phase"], document["duration_seconds"]) == ("tls", None)
    assert (document["phases_seconds"], document["values"]) == ({"resolve": 0.5}, {"a": {"b": 1}})
    assert document["findings"] == {"addresses": ["10.0.0.7"]}


def test_what_was_found_the_latest_time_is_in_the_document() -> None:
    sink, first = SummarySink(), replace(a_result(), findings={"addresses": ("10.0.0.7",)})
    sink.join(first.target)
    sink.observe(first)
    sink.observe(replace(first, findings={"addresses": ("10.0.0.8",)}))
    (document,) = summary_document(sink.summaries)["targets"]
    assert document["findings"] == {"addresses": ("10.0.0.8",)}
