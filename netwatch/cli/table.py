"""What the pings of a one-shot run measured, as a table for a terminal."""

from collections.abc import Sequence

from netwatch.cli.columns import Row, aligned, called
from netwatch.sinks.summary import PingSummary
from netwatch.wire.duration import format_seconds

_HEADS = ("target", "sent", "recv", "loss", "min", "mean", "p99", "max", "late", "dup", "hop")
_FIGURES = ("min", "mean", "p99", "max")


def table(summaries: Sequence[PingSummary], *, by_check: bool = False) -> list[str]:
    """Return the lines; where nothing came back the reason stands in place of the figures."""
    return aligned(_HEADS, [_cells(summary, by_check=by_check) for summary in summaries])


def _cells(summary: PingSummary, *, by_check: bool) -> Row:
    """Return one cell a column, empty where there is no figure, and the reasons of failures."""
    tally, figures = summary.tally, summary.figures()
    row = [called(summary.target, by_check=by_check)]
    row += [str(tally.sent), str(tally.received), _percent(summary.loss)]
    if figures is None:
        row += [""] * (len(_HEADS) - len(row))
    else:
        row += [format_seconds(figures[name]) for name in _FIGURES]
        row += [str(tally.late), str(tally.duplicate), str(tally.hop_limit or "")]
    return row, _reasons(summary)


def _reasons(summary: PingSummary) -> str:
    """Say why packets failed; a lone timeout is said by the loss already."""
    if set(summary.reasons) <= {"timeout"} and summary.tally.received:
        return ""
    return ", ".join(f"{reason} ({count})" for reason, count in summary.reasons.most_common())


def _percent(share: float | None) -> str:
    if share is None:
        return "-"
    exact = 100 * share
    return f"{exact:.1f} %" if 0 < exact < 1 else f"{exact:.0f} %"
