"""How a one-shot run is shown: a table that grows on a terminal, documents on a pipe."""

import json
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import Self

from prometheus_client import CollectorRegistry

from netwatch.cli.documents import result_line, summary_document
from netwatch.cli.table import table
from netwatch.exposition.dialect import Dialect
from netwatch.exposition.store import Store
from netwatch.model import Batch, Check, Sink, Target, Transition
from netwatch.probes import PROBES
from netwatch.sinks.prometheus import PrometheusSink
from netwatch.sinks.summary import PingSummary, SummarySink, verdict

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

    def __init__(self, form: str, *, by_check: bool, complaints: Sequence[str] = ()) -> None:
        """`form` is one of `FORMATS`; `by_check` names the checks, and puts the sentence first.

        `complaints` are of checks that could not run.
        """
        self._complaints = complaints
        self._form = form
        self._by_check = by_check
        self._summary = SummarySink()
        self._metrics = PrometheusSink(PROBES)
        self.sinks: list[Sink] = [self._summary]
        self.show: Callable[[], None] | None = None
        self._live: AbstractContextManager[object] = nullcontext()
        if form == "jsonl":
            self.sinks.append(_JsonLines())
        elif form == "prometheus":
            self.sinks.append(self._metrics)
        elif form == "table" and _is_terminal():
            self._draw_live()

    @property
    def summaries(self) -> Sequence[PingSummary]:
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
        return table(self.summaries, by_check=self._by_check)

    def _print_table(self) -> None:
        sentence = verdict(self.summaries)
        lines = [sentence, "", *self._table()] if self._by_check else [*self._table(), sentence]
        print("\n".join(lines))

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


class _JsonLines:
    """Prints each result as it comes."""

    def begin(self, check: Check) -> None:
        pass

    def end(self, check: Check) -> None:
        pass

    def join(self, target: Target) -> None:
        pass

    def change(self, target: Target) -> None:
        pass

    def leave(self, target: Target) -> None:
        pass

    def take(self, batch: Batch) -> None:
        for result in batch.results():
            print(result_line(result), flush=True)

    def note(self, transition: Transition) -> None:
        pass
