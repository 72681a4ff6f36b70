"""What kube-proxy answers to /healthz and /livez, in the forms of all its versions.

Up to 1.27 there is /healthz alone, with two times as Go prints them. 1.28 adds /livez and whether
the node is eligible for load balancers, 1.33 times of RFC 3339 and a verdict for each IP family.
The verdict is the status of the response; while that is 200, `lastUpdated` is the present.
Source: pkg/proxy/healthcheck/proxy_health.go of Kubernetes.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

IP_FAMILIES = ("IPv4", "IPv6")

# `2006-01-02T15:04:05.999999999Z` or `2006-01-02 15:04:05.999999999 -0700 MST m=+0.1`.
_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,9}))?"
    r" ?(?:Z|([+-])([0-9]{2}):?([0-9]{2}))(?: .*)?"
)
_NEVER = 0.0


class MalformedHealthError(ValueError):
    """The body is no answer of kube-proxy."""


@dataclass(frozen=True, slots=True)
class Health:
    """`node_eligible` is None where it is not said.

    `stale_seconds` says for how long there was no update, by IP family where that is told and else
    as `all`; of the unhealthy ones alone.
    """

    node_eligible: bool | None = None
    stale_seconds: Mapping[str, float] = field(default_factory=dict)


def parse_health(body: bytes) -> Health:
    """Return what a body says. Raises MalformedHealthError."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise MalformedHealthError("found no JSON, expected the health of kube-proxy") from None
    if not isinstance(said, dict) or "currentTime" not in said:
        raise MalformedHealthError("found other JSON, expected the health of kube-proxy")
    eligible = said.get("nodeEligible")
    return Health(eligible if isinstance(eligible, bool) else None, _stale(said))


def parse_go_time(text: object) -> float | None:
    """Return seconds since the epoch; None for what is no time, or the time that means never."""
    match = _TIME.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return None
    date, time, fraction, sign, hours, minutes = match.groups()
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    try:
        zone = timezone(-offset if sign == "-" else offset) if sign else UTC
        seconds = datetime.fromisoformat(f"{date}T{time}").replace(tzinfo=zone).timestamp()
    except ValueError:
        return None
    return seconds + float(f"0.{fraction or 0}") if seconds > _NEVER else None


def _stale(said: dict[str, Any]) -> dict[str, float]:
    now = parse_go_time(said["currentTime"])
    status = said.get("status")
    if isinstance(status, dict):
        told = {family: status[family] for family in IP_FAMILIES if family in status}
        unhealthy = {
            family: one.get("lastUpdated")
            for family, one in told.items()
            if isinstance(one, dict) and one.get("healthy") is False
        }
    else:
        unhealthy = {"all": said.get("lastUpdated")}
    times = {family: parse_go_time(updated) for family, updated in unhealthy.items()}
    return {family: now - then for family, then in times.items() if now and then}
