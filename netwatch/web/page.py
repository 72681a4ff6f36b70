"""The page at /: what is wrong now, since when, and where to look further."""

import html
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from netwatch import __version__
from netwatch.model import Status, Target
from netwatch.sinks.turns import Turn
from netwatch.tracking import Standing
from netwatch.wire.duration import format_seconds

MOST_ROWS = 300
"""More would make the page a burden to the agent; /metrics has them all."""

_WORST_FIRST = (Status.DOWN, Status.DEGRADED, Status.NEW, Status.UP, Status.LEAVING)

_WORDS = {
    Status.DOWN: "down",
    Status.DEGRADED: "degraded",
    Status.NEW: "not known yet",
    Status.LEAVING: "leaving",
}

_STYLE = """
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif; }
body { margin: 2rem auto; max-width: 64rem; padding: 0 1rem; }
h1 { font-size: 1.3rem; margin-bottom: .2rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; margin-top: 1rem; }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #8884; }
td { font-variant-numeric: tabular-nums; vertical-align: top; }
td:not(:last-child) { white-space: nowrap; }
.down { color: #d33; font-weight: 600; } .degraded { color: #c80; font-weight: 600; }
.up { color: #2a8; } .new, .leaving, small { opacity: .7; }
"""


def page(
    standings: Iterable[Standing], complaints: Iterable[str] = (), turns: Sequence[Turn] = ()
) -> str:
    """Return the page for the targets as they stand, the worst first.

    `complaints` say what is wrong with the agent itself, and come before all. `turns` are the
    worst of those targets that are probed in turns, and come last.
    """
    ordered = sorted(standings, key=_rank)
    rows = "".join(map(_row, ordered[:MOST_ROWS]))
    troubles = "".join(f"<li>{html.escape(complaint)}" for complaint in complaints)
    left_out = len(ordered) - MOST_ROWS
    more = f"<p><small>{left_out} more are in /metrics.</small></p>" if left_out > 0 else ""
    return (
        "<!doctype html><html lang=en><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width'><meta http-equiv=refresh content=10>"
        f"<title>netwatch</title><style>{_STYLE}</style>"
        f"<h1>{html.escape(summary(ordered))}</h1>"
        f"<ul class=degraded>{troubles}</ul>"
        f"<small>netwatch {__version__} · <a href='/metrics'>/metrics</a></small>"
        "<table><tr><th>check<th>target<th>zone<th>state<th>since<th>failed<th>why</tr>"
        f"{rows}</table>{more}{_turns(turns)}"
    )


def summary(standings: Sequence[Standing]) -> str:
    """Say how things are in one sentence."""
    count = Counter(standing.status for standing in standings)
    if not standings:
        return "Nothing is measured: no source names a target."
    if count[Status.UP] == len(standings):
        return "The only target is up." if len(standings) == 1 else f"All {len(standings)} are up."
    told = ", ".join(
        f"{count[status]} {words}" for status, words in _WORDS.items() if count[status]
    )
    return f"Of {len(standings)} targets: {told}."


def _rank(standing: Standing) -> tuple[int, str, str]:
    target = standing.target
    return (_WORST_FIRST.index(standing.status), target.check.name, str(target))


def _row(standing: Standing) -> str:
    status = standing.status
    return (
        f"<tr>{_who(standing.target)}<td class={status}>{status}"
        f"<td>{_time(standing.since)}<td>{standing.loss:.0%}<td>{html.escape(standing.why)}"
    )


def _turns(turns: Sequence[Turn]) -> str:
    if not turns:
        return ""
    return (
        "<h2>The worst of those that are probed in turns</h2>"
        "<table><tr><th>check<th>target<th>zone<th>last tried<th>mean<th>failed<th>why</tr>"
        f"{''.join(map(_turn, turns))}</table>"
    )


def _turn(turn: Turn) -> str:
    mean = "" if turn.mean_seconds is None else format_seconds(turn.mean_seconds)
    return (
        f"<tr>{_who(turn.target)}<td>{_time(turn.latest)}"
        f"<td>{mean}<td>{turn.loss:.0%}<td>{html.escape(turn.why)}"
    )


def _who(target: Target) -> str:
    told = (target.check.name, str(target), target.endpoint.zone)
    return "".join(f"<td>{html.escape(text)}" for text in told)


def _time(epoch_seconds: float) -> str:
    return datetime.fromtimestamp(epoch_seconds, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
