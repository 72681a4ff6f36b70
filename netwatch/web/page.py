"""The page at /: what is wrong now, since when, and where to look further."""

import html
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from netwatch import __version__
from netwatch.model import Status
from netwatch.tracking import Standing

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
h1 { font-size: 1.3rem; margin-bottom: .2rem; }
table { border-collapse: collapse; width: 100%; margin-top: 1rem; }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #8884; }
td { font-variant-numeric: tabular-nums; vertical-align: top; }
td:not(:last-child) { white-space: nowrap; }
.down { color: #d33; font-weight: 600; } .degraded { color: #c80; font-weight: 600; }
.up { color: #2a8; } .new, .leaving, small { opacity: .7; }
"""


def page(standings: Iterable[Standing], complaints: Iterable[str] = ()) -> str:
    """Return the page for the targets as they stand, the worst first.

    `complaints` say what is wrong with the agent itself, and come before all.
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
        f"{rows}</table>{more}"
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
    target, status = standing.target, standing.status
    since = datetime.fromtimestamp(standing.since, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    check, name, zone, why = map(
        html.escape, (target.check.name, str(target), target.endpoint.zone, standing.why)
    )
    return (
        f"<tr><td>{check}<td>{name}<td>{zone}<td class={status}>{status}"
        f"<td>{since}<td>{standing.loss:.0%}<td>{why}"
    )
