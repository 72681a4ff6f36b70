"""What a one-shot run measured, as documents for machines: JSON, JSON lines."""

import json
from collections.abc import Sequence
from typing import Any

from netwatch.model import Result, Target
from netwatch.sinks.attempts import AttemptSummary
from netwatch.sinks.summary import PingSummary, Summary, exit_code, verdict

SCHEMA = "netwatch.probe/1"
"""Grows by new keys only; a change of meaning gets another number."""


def summary_document(
    summaries: Sequence[Summary], complaints: Sequence[str] = ()
) -> dict[str, Any]:
    """Return the whole run as one JSON object; `complaints` are of checks that could not run."""
    return {
        "schema": SCHEMA,
        "type": "summary",
        "ok": not complaints and exit_code(summaries) == 0,
        "verdict": verdict(summaries),
        "complaints": list(complaints),
        "targets": [_target_document(summary) for summary in summaries],
    }


def result_line(result: Result) -> str:
    """Return one packet as a line of JSON."""
    return json.dumps(_result_document(result))


def attempt_line(result: Result) -> str:
    """Return one attempt as a line of JSON."""
    return json.dumps(
        {
            **_result_document(result),
            "failed_phase": result.phase,
            "phases_seconds": result.phases,
            "values": result.values,
            "findings": result.findings,
        }
    )


def _result_document(result: Result) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "type": "result",
        **_names(result.target),
        "started": result.started,
        "outcome": result.outcome,
        "duration_seconds": result.duration,
        "detail": result.detail,
    }


def _target_document(summary: Summary) -> dict[str, Any]:
    if isinstance(summary, AttemptSummary):
        return _attempts_document(summary)
    return _pings_document(summary)


def _attempts_document(summary: AttemptSummary) -> dict[str, Any]:
    tally = summary.tally
    return {
        **_names(summary.target),
        **_life(summary.target),
        "ok": summary.is_well,
        "attempts": tally.attempts,
        "successes": tally.successes,
        "failures": tally.failures,
        "duration_seconds": summary.figures(),
        "phases_seconds": summary.phases,
        "values": summary.latest.values if summary.latest else {},
        "findings": summary.latest.findings if summary.latest else {},
        "reasons": dict(summary.reasons),
    }


def _pings_document(summary: PingSummary) -> dict[str, Any]:
    tally = summary.tally
    return {
        **_names(summary.target),
        **_life(summary.target),
        "ok": summary.is_well,
        "sent": tally.sent,
        "received": tally.received,
        "lost": tally.lost,
        "errors": tally.errors,
        "unsent": tally.unsent,
        "late": tally.late,
        "duplicates": tally.duplicate,
        "corrupt": tally.corrupt,
        "reordered": tally.reordered,
        "loss_ratio": summary.loss,
        "rtt_seconds": summary.figures(),
        "hop_limit": tally.hop_limit,
        "reasons": dict(summary.reasons),
    }


def _life(target: Target) -> dict[str, Any]:
    """What the source knows of it; sources other than a cluster know little."""
    return {"zone": target.endpoint.zone or None, "state": target.endpoint.state or None}


def _names(target: Target) -> dict[str, Any]:
    endpoint = target.endpoint
    return {
        "check": target.check.name,
        "probe": target.check.probe,
        "target": endpoint.name,
        "address": endpoint.address or None,
    }
