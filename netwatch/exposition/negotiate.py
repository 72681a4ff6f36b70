"""What to answer a scraper with, by the Accept and Accept-Encoding headers (RFC 9110, 12.5)."""

import re
from collections.abc import Iterator

from netwatch.exposition.dialect import Dialect

_QUALITY = re.compile(r"1(\.0*)?|0(\.[0-9]*)?|\.[0-9]+")
_OFFERS = {
    Dialect.TEXT: ("text/plain", {"0.0.4"}),
    # 0.0.1 is what 1.0.0 was called before it was done.
    Dialect.OPENMETRICS: ("application/openmetrics-text", {"1.0.0", "0.0.1"}),
}


def choose_dialect(accept: str | None) -> Dialect:
    """Return the dialect that an Accept header prefers; Prometheus text for what we do not have.

    The most specific range that covers a dialect gives its quality: one with a version we know
    before one without, before `text/*`, before `*/*`; of equals, the highest. The dialect with
    the highest quality wins, on a tie the one whose range comes first in the header, and where
    one range covers both (`*/*`), text. Ranges of other versions and malformed ones are ignored,
    as is `escaping`: our names need none.
    """
    ranges = list(_elements(accept or ""))
    return max(_OFFERS, key=lambda dialect: _preference(dialect, ranges))


def accepts_gzip(accept_encoding: str | None) -> bool:
    """Whether an Accept-Encoding header allows gzip: by its name, else by `*`."""
    qualities = {coding: quality for coding, _, quality in _elements(accept_encoding or "")}
    fallback = qualities.get("x-gzip", qualities.get("*", 0.0))
    return qualities.get("gzip", fallback) > 0


def _preference(
    dialect: Dialect, ranges: list[tuple[str, dict[str, str], float]]
) -> tuple[float, int]:
    """Return the quality of a dialect and, to settle ties, how early the header names it."""
    specificity, quality, earliness = max(
        (
            (_specificity(dialect, media_range, parameters), quality, -position)
            for position, (media_range, parameters, quality) in enumerate(ranges)
        ),
        default=(0, 0.0, 0),
    )
    return (quality, earliness) if specificity and quality else (0.0, 0)


def _specificity(dialect: Dialect, media_range: str, parameters: dict[str, str]) -> int:
    """How exactly a media range means a dialect; 0 is not at all."""
    media_type, versions = _OFFERS[dialect]
    if media_range == media_type:
        version = parameters.get("version")
        return 3 if version is None else 4 * (version in versions)
    wildcards = {f"{media_type.partition('/')[0]}/*": 2, "*/*": 1}
    return wildcards.get(media_range, 0)


def _elements(header: str) -> Iterator[tuple[str, dict[str, str], float]]:
    """Yield value, parameters and quality (1 unless told) of each element that has a valid one."""
    for element in header.lower().split(","):
        value, *rest = element.split(";")
        pairs = (parameter.partition("=") for parameter in rest)
        parameters = {name.strip(): text.strip().strip('"') for name, _, text in pairs}
        quality = parameters.get("q", "1")
        if _QUALITY.fullmatch(quality):
            yield value.strip(), parameters, float(quality)
