"""What the pings of a one-shot run measured, as a table for a terminal."""

from collections.abc import Callable, Mapping, Sequence

from netwatch.cli.columns import Row, aligned, called
from netwatch.endpoint import Endpoint
from netwatch.sinks.summary import PingSummary
from netwatch.wire.duration import format_seconds

_HEADS = ("target", "sent", "recv", "loss", "min", "mean", "p99", "max", "late", "dup", "hop")
_FIGURES = ("min", "mean", "p99", "max")

Words = Mapping[str, Callable[[Endpoint], str]]
"""What is told of each target, by the head of its column."""

_WORDS: Words = {
    "zone": lambda endpoint: endpoint.zone,
    "state": lambda endpoint: endpoint.state.replace("_", " "),
}


def table(summaries: Sequence[PingSummary], *, by_check: bool = False) -> list[str]:
    """Return the lines; where nothing came back the reason stands in place of the figures.

    Zones and states are told where any is known, and the targets are those of one check.
    """
    words = {} if by_check else _known_words(summaries)
    rows = [_cells(summary, words, by_check=by_check) for summary in summaries]
    return aligned([_HEADS[0], *words, *_HEADS[1:]], rows, words=1 + len(words))


def _known_words(summaries: Sequence[PingSummary]) -> Words:
    endpoints = [summary.target.endpoint for summary in summaries]
    return {head: word for head, word in _WORDS.items() if any(map(word, endpoints))}


def _cells(summary: PingSummary, words: Words, *, by_check: bool) -> Row:
    """Return one cell a column, empty where there is no figure, and the reasons of failures."""
    tally, figures = summary.tally, summary.figures()
    row = [called(summary.target, by_check=by_check)]
    row += [word(summary.target.endpoint) for word in words.values()]
    row += [str(tally.sent), str(tally.received), _percent(summary.loss)]
    if figures is None:
        row += [""] * (len(_HEADS) + len(words) - len(row))
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
