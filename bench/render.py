"""What a scrape of a hundred thousand lines costs, and for how long it holds up everything else."""

import json
import time
from http.client import HTTPConnection
from statistics import median

from prometheus_client import disable_created_metrics, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from bench.compared import ratio_cells, serving
from bench.lab import Lab
from bench.series import as_registry, as_table, records
from bench.table import Table
from netwatch.exposition.dialect import Dialect
from netwatch.exposition.text import render

LINES = 100_000


def measure(lab: Lab) -> list[Table]:
    """Render in turns, then scrape a server over and over."""
    disable_created_metrics()  # type: ignore[no-untyped-call]  # the library's; for all registries
    lines, rounds = lab.choose(LINES, LINES // 10), lab.choose(9, 3)
    return [_cost(lines, rounds), _blocks(lines, rounds)]


def _cost(lines: int, rounds: int) -> Table:
    counted = records(lines)
    table, registry = as_table(counted), as_registry(counted)

    def ours() -> bytes:
        return b"".join(render([table], Dialect.TEXT))

    def theirs() -> bytes:
        return generate_latest(registry)

    assert _samples(ours()) == _samples(theirs()), "they do not render the same data"
    cells = ratio_cells(ours, theirs, rounds)
    rendered = ours().count(b"\n")
    caption = f"CPU of rendering {rendered:,} lines, in ms:"
    return Table(caption, ["", "netwatch", "generate_latest", "ratio"], [["median", *cells]])


def _samples(text: bytes) -> set[tuple[str, frozenset[tuple[str, str]], float]]:
    families = text_string_to_metric_families(text.decode())
    samples = (sample for family in families for sample in family.samples)
    return {(one.name, frozenset(one.labels.items()), one.value) for one in samples}


def _blocks(lines: int, rounds: int) -> Table:
    """Return how long a task that wants to run every millisecond had to wait at most."""
    rows = []
    with serving("bench.render_server", lines) as port:
        for coding in ("no scrape", "identity", "gzip"):
            worst = [_worst_ms(port, coding) for _ in range(rounds)]
            columns = list(zip(*worst, strict=True))
            cells = [f"{summary(column):.1f}" for column in columns for summary in (median, max)]
            rows.append([coding, *cells])
    caption = "Longest block of the event loop by a scrape of that over HTTP, in ms:"
    headings = ["", "median scrape", "worst scrape", "CPU, median", "CPU, worst"]
    return Table(caption, headings, rows)


def _worst_ms(port: int, coding: str) -> tuple[float, float]:
    """Return the longest block, and the most CPU time in one."""
    _get(port, "/worst")
    if coding == "no scrape":
        time.sleep(1)
    else:
        _get(port, "/metrics", coding)
    waited, used = json.loads(_get(port, "/worst"))
    return waited * 1e3, used * 1e3


def _get(port: int, path: str, coding: str = "identity") -> bytes:
    connection = HTTPConnection("127.0.0.1", port)
    try:
        connection.request("GET", path, headers={"Accept-Encoding": coding})
        return connection.getresponse().read()
    finally:
        connection.close()
