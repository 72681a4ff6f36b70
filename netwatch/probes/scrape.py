"""Scrape: is a Prometheus endpoint near this node well, and what does it say; shown beside ours."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from netwatch.attempt import Attempt
from netwatch.exposition.family import Family, Kind
from netwatch.httpclient.client import ClientOptions, HttpClient
from netwatch.httpclient.target_url import PathText
from netwatch.options import PositiveDuration
from netwatch.probe import AttemptOptions, Services
from netwatch.scraping.options import PassOptions, TargetLabel
from netwatch.scraping.passing import Passing
from netwatch.scraping.reading import page_url, read_page

FAMILIES = (
    Family(
        name="netwatch_scrape_body_bytes",
        kind=Kind.GAUGE,
        help="Size of the latest page of metrics, decompressed.",
        key="scrape_body_bytes",
        unit="bytes",
    ),
    Family(
        name="netwatch_scrape_samples",
        kind=Kind.GAUGE,
        help="Samples in the latest page of metrics, before any is left out.",
        key="scrape_samples",
    ),
)


class ScrapeOptions(PassOptions, ClientOptions, AttemptOptions):
    """Ask Prometheus endpoints for their metrics, and pass them on."""

    families: ClassVar[tuple[Family, ...]] = FAMILIES
    buckets: ClassVar[tuple[float, ...]] = (
        *(1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3, 100e-3, 250e-3, 500e-3),
        *(1.0, 2.5, 5.0, 10.0),
    )

    interval: Annotated[PositiveDuration, Field(ge=1, le=86400)] = 15.0
    """Time between two scrapes of one target; what is shown is up to so much older than ours."""
    timeout: Annotated[PositiveDuration, Field(ge=0.01, le=300)] = 5.0
    """A scrape that takes longer has failed."""
    histogram: Literal["auto", "target", "zone", "off"] = "auto"
    """Whose durations share a histogram: each target's own, all of a zone's, or none; `auto` is
    `target` up to 30 targets, and `zone` above."""
    scheme: Literal["http", "https"] = "http"
    """For targets that are no URLs."""
    path: PathText = "/metrics"
    """For targets that are no URLs, and URLs without a path."""
    max_body_bytes: Annotated[int, Field(ge=1, le=2**30)] = 10 * 2**20
    """A larger page, decompressed, is a failure, and is read no further."""
    target_label: TargetLabel = "target"
    """A label to add that holds the name of the target; empty for none."""

    def open(self, services: Services) -> "ScrapeProbe":
        return ScrapeProbe(self, HttpClient(self, services.resolve, services.contexts))


class ScrapeProbe:
    """Scrapes the targets of one check."""

    def __init__(self, options: ScrapeOptions, client: HttpClient) -> None:
        self._options = options
        self._client = client

    async def measure(self, attempt: Attempt) -> None:
        options, endpoint = self._options, attempt.endpoint
        passing = Passing(options, endpoint.name)
        page = await read_page(
            self._client,
            attempt,
            page_url(endpoint, options.scheme, options.path),
            max_bytes=options.max_body_bytes,
            take=passing.take,
        )
        attempt.values["scrape_body_bytes"] = float(page.size_bytes)
        attempt.values["scrape_samples"] = float(page.samples)
        attempt.passage = passing.passage(invalid_lines=page.invalid_lines)
