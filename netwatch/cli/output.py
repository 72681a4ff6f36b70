"""How a one-shot run is shown: a table that grows on a terminal, documents on a pipe."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import Self

from prometheus_client import CollectorRegistry

from netwatch.cli.attempts_table import attempt_lines, attempts_table
from netwatch.cli.documents import attempt_line, result_line, summary_document
from netwatch.cli.table import table
from netwatch.exposition.dialect import Dialect
from netwatch.exposition.store import Store
from netwatch.model import Batch, Result, Sink
from netwatch.probe import ProbeOptions
from netwatch.sinks.attempts import AttemptSummary
from netwatch.sinks.prometheus import PrometheusSink
from netwatch.sinks.summary import Summary, SummarySink, verdict
from netwatch.tally import ATTEMPT_FAMILIES

FORMATS = ("table", "json", "jsonl", "prometheus")


def default_format() -> str:
    """A table for people, JSON for programs."""
    return "table" if _is_terminal() else "json"


def _is_terminal() -> bool:
    return sys.stdout is not None and sys.stdout.isatty()


class Output:
    """Shows a run while it goes on and when it is over; a context manager.

    `sinks` must be told of the results. On a terminal `show` redraws the table.
    """

    def __init__(
        self,
        form: str,
        probes: Mapping[str, type[ProbeOptions]],
        *,
        by_check: bool,
        complaints: Sequence[str] = (),
        is_alone: bool = True,
    ) -> None:
        """`form` is one of `FORMATS`, `probes` are those of the checks that run.

        `by_check` names the checks, and puts the sentence first. `complaints` are of checks that
        could not run. Where somebody else writes to the terminal too, it is not `is_alone`.
        """
        self._complaints = complaints
        self._form = form
        self._by_check = by_check
        self._probes = probes
        self._summary = SummarySink()
        self._metrics = PrometheusSink(probes)
        self.sinks: list[Sink] = [self._summary]
        self.show: Callable[[], None] | None = None
        self._live: AbstractContextManager[object] = nullcontext()
        if form == "jsonl":
            self.sinks.append(_JsonLines())
        elif form == "prometheus":
            self.sinks.append(self._metrics)
        elif form == "table" and is_alone and _is_terminal():
            self._draw_live()

    @property
    def summaries(self) -> Sequence[Summary]:
        """What was measured of each target so far."""
        return self._summary.summaries

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.__exit__(kind, error, trace)

    def finish(self) -> None:
        """Print the result, in whole."""
        printers = {
            "table": self._print_table,
            "json": self._print_json,
            "jsonl": self._print_summary_line,
            "prometheus": self._print_metrics,
        }
        printers[self._form]()

    def _draw_live(self) -> None:
        from rich.live import Live  # noqa: PLC0415  # only where something is drawn
        from rich.text import Text  # noqa: PLC0415

        live = Live(auto_refresh=False, transient=True)
        self._live = live

        def show() -> None:
            live.update(Text("\n".join(self._table())), refresh=True)

        self.show = show

    def _table(self) -> list[str]:
        pings, attempts = self._summary.pings, self._summary.attempts
        lines = table(pings, by_check=self._by_check) if pings else []
        if attempts:
            lines += [""] if lines else []
            lines += attempts_table(attempts, by_check=self._by_check)
        return lines

    def _print_table(self) -> None:
        sentence = verdict(self.summaries)
        if self._by_check:
            lines = [sentence, "", *self._table()]
        else:
            lines = [*(self._only_attempt() or self._table()), sentence]
        print("\n".join(lines))

    def _only_attempt(self) -> list[str]:
        """Show all that there is, where it is only one attempt."""
        match self.summaries:
            case [AttemptSummary(latest=Result() as only) as summary]:
                families = (*ATTEMPT_FAMILIES, *self._probes[only.target.check.probe].families)
                return attempt_lines(only, families) if summary.tally.attempts == 1 else []
        return []

    def _print_json(self) -> None:
        print(json.dumps(summary_document(self.summaries, self._complaints), indent=2))

    def _print_summary_line(self) -> None:
        print(json.dumps(summary_document(self.summaries, self._complaints)))

    def _print_metrics(self) -> None:
        store = Store(CollectorRegistry())
        for part in self._metrics.tables:
            store.add(part)
        sys.stdout.flush()
        sys.stdout.buffer.write(b"".join(store.render(Dialect.TEXT)))


class _JsonLines(Sink):
    """Prints each result as it comes."""

    def take(self, batch: Batch) -> None:
        for result in batch.results():
            print(result_line(result), flush=True)

    def observe(self, result: Result) -> None:
        print(attempt_line(result), flush=True)
