"""One log line per Transition, with since when; none per packet."""

import logging
from datetime import UTC, datetime

from netwatch.model import Sink, Status, Transition
from netwatch.wire.duration import format_seconds

LOG = logging.getLogger("netwatch.state")

_LEVELS = {Status.DOWN: logging.ERROR, Status.DEGRADED: logging.WARNING}


class LogSink(Sink):
    """Writes what changed, and nothing else."""

    def note(self, transition: Transition) -> None:
        level = _LEVELS.get(transition.after, logging.INFO)
        LOG.log(level, "%s", sentence(transition), extra={"facts": facts(transition)})


def facts(transition: Transition) -> dict[str, object]:
    """Say it for machines; what is empty is left out."""
    target = transition.target
    told = {
        "check": target.check.name,
        "probe": target.check.probe,
        "target": target.endpoint.name,
        "address": target.endpoint.address,
        "zone": target.endpoint.zone,
        "state": str(transition.after),
        "was": str(transition.before),
        "since": _utc(transition.since),
        "lasted_seconds": round(transition.lasted, 3),
        "detail": transition.detail,
    }
    return {key: value for key, value in told.items() if value != ""}


def sentence(transition: Transition) -> str:
    """Say it in one line: `nodes: kube-3 (10.0.0.7) is down since …, was up for 3h: timeout (3)`.

    A target that was never up may be one that answers nobody, by policy: `was not up yet`.
    """
    target = transition.target
    line = f"{target.check.name}: {target} is {transition.after} since {_utc(transition.since)}"
    if transition.before is not Status.NEW:
        line += f", was {transition.before} for {format_seconds(transition.lasted)}"
    elif transition.after is Status.DOWN:
        line += ", was not up yet"
    return f"{line}: {transition.detail}" if transition.detail else line


def _utc(timestamp: float) -> str:
    return datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
