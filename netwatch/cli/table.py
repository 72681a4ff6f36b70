"""What a one-shot run measured, as a table for a terminal."""

from collections.abc import Sequence

from netwatch.sinks.summary import PingSummary
from netwatch.wire.duration import format_seconds

_HEADS = ("target", "sent", "recv", "loss", "min", "mean", "p99", "max", "late", "dup", "hop")
_FIGURES = ("min", "mean", "p99", "max")
_COUNT_COLUMNS = 4
"""Columns before the first that needs a reply."""


def table(summaries: Sequence[PingSummary], *, by_check: bool = False) -> list[str]:
    """Return the lines; where nothing came back the reason stands in place of the figures."""
    rows = [_cells(summary, by_check=by_check) for summary in summaries]
    heads = list(_HEADS)
    columns = list(zip(heads, *(row for row, _ in rows), strict=True))
    widths = [max(map(len, column)) for column in columns]
    lines = [_line(heads, widths)]
    lines += [_line(row, widths, reasons) for row, reasons in rows]
    return lines


def _cells(summary: PingSummary, *, by_check: bool) -> tuple[list[str], str]:
    """Return one cell a column, empty where there is no figure, and the reasons of failures."""
    tally, figures = summary.tally, summary.figures()
    name = str(summary.target)
    row = [f"{summary.target.check.name}: {name}" if by_check else name]
    row += [str(tally.sent), str(tally.received), _percent(summary.loss)]
    if figures is None:
        row += [""] * (len(_HEADS) - len(row))
    else:
        row += [format_seconds(figures[name]) for name in _FIGURES]
        row += [str(tally.late), str(tally.duplicate), str(tally.hop_limit or "")]
    return row, _reasons(summary)


def _line(cells: Sequence[str], widths: Sequence[int], reasons: str = "") -> str:
    cells = list(cells)
    if reasons and not cells[_COUNT_COLUMNS]:
        cells, widths = cells[:_COUNT_COLUMNS], widths[:_COUNT_COLUMNS]
    first, *others = zip(cells, widths, strict=True)
    padded = [f"{first[0]:<{first[1]}}", *(f"{cell:>{width}}" for cell, width in others)]
    return " " + "  ".join([*padded, reasons]).rstrip()


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
