"""What the attempts of a one-shot run gave, for a terminal: a row a target, or one in full."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from netwatch.cli.columns import Row, aligned, called
from netwatch.exposition.family import Family
from netwatch.exposition.lines import number
from netwatch.model import Result
from netwatch.sinks.attempts import AttemptSummary, said
from netwatch.wire.duration import format_seconds

_HEADS = ("target", "attempts", "ok", "failed", "mean", "max")


def attempts_table(summaries: Sequence[AttemptSummary], *, by_check: bool = False) -> list[str]:
    """Return the lines: counts, durations, the mean of each phase, and why attempts failed."""
    phases = list(dict.fromkeys(phase for summary in summaries for phase in summary.phases))
    rows = [_row(summary, phases, by_check=by_check) for summary in summaries]
    return aligned([*_HEADS, *phases], rows)


def attempt_lines(result: Result, families: Iterable[Family]) -> list[str]:
    """Return all that one attempt gave, a line each, as curl's `--write-out` would.

    `families` are those of its values, and know their units.
    """
    known = {family.key: family for family in families}
    told = {"outcome": said(result)}
    told |= {phase: format_seconds(seconds) for phase, seconds in result.phases.items()}
    if result.duration is not None:
        told["total"] = format_seconds(result.duration)
    told |= {key: _value(value, known[key]) for key, value in result.values.items()}
    width = max(map(len, told))
    return [f" {result.target}", *(f"   {name:<{width}}  {text}" for name, text in told.items())]


def _row(summary: AttemptSummary, phases: Sequence[str], *, by_check: bool) -> Row:
    tally, figures, means = summary.tally, summary.figures(), summary.phases
    cells = [called(summary.target, by_check=by_check)]
    cells += [str(tally.attempts), str(tally.successes), str(sum(tally.failures.values()))]
    cells += [format_seconds(figures[name]) if figures else "" for name in ("mean", "max")]
    cells += [format_seconds(means[phase]) if phase in means else "" for phase in phases]
    reasons = (f"{reason} ({count})" for reason, count in summary.reasons.most_common())
    return cells, ", ".join(reasons)


def _value(value: float | Mapping[str, float], family: Family) -> str:
    match value:
        case Mapping():
            parts = list(value.items())
            # A lone 1 only says which: `version 1.3`. Where there are more, they are figures.
            only_named = len(parts) == 1 and parts[0][1] == 1
            return ", ".join(
                name if only_named else f"{name} {_figure(part, family)}" for name, part in parts
            )
        case _:
            return _figure(value, family)


def _figure(value: float, family: Family) -> str:
    if family.name.endswith("_timestamp_seconds"):
        return f"{datetime.fromtimestamp(value, UTC):%Y-%m-%dT%H:%M:%SZ}"
    if family.unit == "seconds":
        return format_seconds(value)
    return number(int(value) if float(value).is_integer() else value)
