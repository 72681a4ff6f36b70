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
        LOG.log(level, "%s", sentence(transition))


def sentence(transition: Transition) -> str:
    """Say it in one line: `nodes: kube-3 (10.0.0.7) is down since 03:12:44Z: timeout (3)`."""
    target = transition.target
    since = datetime.fromtimestamp(transition.since, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    line = f"{target.check.name}: {target} is {transition.after} since {since}"
    if transition.before is not Status.NEW:
        line += f", was {transition.before} for {format_seconds(transition.lasted)}"
    return f"{line}: {transition.detail}" if transition.detail else line
