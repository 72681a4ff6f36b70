"""Checks, targets, results and batches to test with."""

import math

from netwatch.attempt import Values
from netwatch.endpoint import Endpoint
from netwatch.model import Batch, Check, Outcome, Result, Target


def a_check(name: str = "nodes", **others: object) -> Check:
    options: dict[str, object] = {"probe": "icmp", "interval": 1.0, "timeout": 1.0}
    return Check(name=name, **(options | others))  # type: ignore[arg-type]  # by keyword


def a_target(
    name: str = "wiki", address: str = "10.0.0.7", *, check: Check | None = None, zone: str = ""
) -> Target:
    endpoint = Endpoint(name=name, host=name, address=address, family=4, zone=zone)
    return Target(check or a_check(), endpoint)


def a_batch(
    target: Target,
    *outcomes: Outcome,
    started: float = 0.0,
    duration: float = 0.001,
    hop_limit: int = 64,
    detail: str = "",
    accepted: bool = True,
) -> Batch:
    """One row for each outcome, a second apart; those that are ok have the duration."""
    batch = Batch()
    for number, outcome in enumerate(outcomes):
        is_ok = outcome is Outcome.OK
        batch.add(
            target,
            started + number,
            outcome,
            duration=duration if is_ok else math.nan,
            hop_limit=hop_limit if is_ok else 0,
            detail=detail,
            accepted=accepted,
        )
    return batch


def a_result(
    outcome: Outcome = Outcome.OK,
    *,
    target: Target | None = None,
    started: float = 0.0,
    duration: float = 0.5,
    detail: str = "",
    phases: dict[str, float] | None = None,
    values: Values | None = None,
) -> Result:
    """The result of an attempt; one that is ok has the duration."""
    return Result(
        target=target or a_target(check=a_check("web", probe="knock")),
        started=started,
        duration=duration if outcome is Outcome.OK else None,
        outcome=outcome,
        detail=detail,
        phases=phases or {},
        values=values or {},
    )
